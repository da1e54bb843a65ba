"""A machine for each test, as in the acceptance tests, and on it a webhook sink of its own process."""

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.acceptance.conftest import machine
from tests.acceptance.processes import Machine
from tests.crash import sink as program
from tests.crash.sink import Received, received

__all__ = ["machine", "sink"]


class Sink(NamedTuple):
    """A running one."""

    url: str
    file: Path

    @property
    def received(self) -> list[Received]:
        """All that has arrived."""
        return received(self.file)


@pytest.fixture
def sink(machine: Machine) -> Sink:
    file = machine.file("webhooks.jsonl", "")
    process = machine.start("python", str(program.__file__), str(file))
    process.wait_until_it_says("octy\n")
    return Sink(process.stdout.strip(), file)
