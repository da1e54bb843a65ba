"""C05: the checks are known to notice mistakes: three of them here, all with `make mistakes`."""

from pathlib import Path

import pytest

from tests.mistakes.catalogue import MISTAKES, caught_by
from tests.mistakes.making import Patch

SOME = (
    "how far time has come is not stored",
    "message ids are kept in memory alone",
    "message ids are forgotten after a minute",
)


def test_there_are_at_least_forty() -> None:
    assert len(MISTAKES) >= 40


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_can_still_be_made_and_whoever_is_to_notice_is_there(name: str) -> None:
    with Patch.context() as patch:
        MISTAKES[name].make(patch)
    file, _, test = (MISTAKES[name].tests or __file__).partition("::")
    assert f"def {test}" in Path(file).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SOME)
def test_a_mistake_is_caught(name: str) -> None:
    assert caught_by(name)
