"""Puts a mistake into the product for as long as pytest runs: `pytest -p tests.mistakes.plugin --mistake NAME`."""

import pytest

from tests.mistakes.catalogue import MISTAKES
from tests.mistakes.making import Patch


def pytest_addoption(parser: pytest.Parser) -> None:
    """The switch."""
    parser.addoption("--mistake", choices=list(MISTAKES), required=True)


def pytest_configure(config: pytest.Config) -> None:
    """Before any test is read."""
    patch = Patch()
    MISTAKES[config.getoption("mistake")].make(patch)
    config.add_cleanup(patch.undo)
