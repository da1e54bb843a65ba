"""A machine for each test, whose commands are new interpreters, and on it a webhook sink of its own process."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.acceptance.processes import Machine
from tests.crash import sink as program
from tests.crash.sink import Received, received


class Sink(NamedTuple):
    """A running one."""

    url: str
    file: Path

    @property
    def received(self) -> list[Received]:
        """All that has arrived."""
        return received(self.file)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    try:
        yield machine
    finally:
        machine.close()


@pytest.fixture
def sink(machine: Machine) -> Sink:
    file = machine.file("webhooks.jsonl", "")
    process = machine.start("python", str(program.__file__), str(file))
    process.wait_until_it_says("octy\n")
    return Sink(process.stdout.strip(), file)
