"""Do the tests start commands as quickly as they can? What they say of a command is the same either way."""

import subprocess

import pytest

from tests.acceptance.nursery import Born
from tests.acceptance.processes import KEYS, Machine


def test_a_command_is_forked(machine: Machine) -> None:
    assert isinstance(machine.serve().popen, Born)
    assert isinstance(machine.start("octy-cli", "--help", environment=KEYS).popen, Born)


def test_what_is_asked_once_of_an_environment_takes_a_new_interpreter(machine: Machine) -> None:
    assert isinstance(machine.start("octy", "--help", environment={"NO_COLOR": "1"}).popen, subprocess.Popen)


@pytest.mark.new_interpreters
def test_so_does_a_test_that_wants_one(machine: Machine) -> None:
    assert isinstance(machine.start("octy", "--help").popen, subprocess.Popen)
