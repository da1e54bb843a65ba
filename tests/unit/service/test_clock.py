"""What time it is where somebody sets the clock (C37): the system's word, as far as what has elapsed bears it out."""

from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from octy.model.instants import US_PER_DAY, US_PER_HOUR, US_PER_SECOND
from tests.unit.service.machine import MachineClock

START_US = 1_700_000_000 * US_PER_SECOND
YEAR_US = 365 * US_PER_DAY
SLEEPS_US = 500_000


class Machine:
    """A machine on which a server has been started, and what time it is for that, since then."""

    def __init__(self) -> None:
        self.clock = MachineClock(START_US)

    def passes(self, us: int) -> int:
        """Time elapses, and the clock is looked at."""
        return self.clock.passes(us) - START_US

    def steps(self, us: int) -> int:
        """The clock is set, and looked at."""
        return self.clock.steps(us) - START_US


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def said() -> Iterator[list[Any]]:
    """What is logged."""
    with capture_logs() as lines:
        yield lines


def test_time_passes(machine: Machine, said: list[Any]) -> None:
    assert [machine.passes(us) for us in (0, 1, 10 * YEAR_US)] == [0, 1, 10 * YEAR_US + 1]
    assert said == []


def test_a_step_forward_of_up_to_an_hour_is_followed_at_once(machine: Machine, said: list[Any]) -> None:
    assert machine.steps(US_PER_HOUR) == US_PER_HOUR
    assert machine.passes(5) == US_PER_HOUR + 5
    assert said == [{"event": "clock.stepped", "seconds": 3600.0, "is_followed": True, "log_level": "warning"}]


def test_a_step_back_of_up_to_an_hour_is_waited_for(machine: Machine, said: list[Any]) -> None:
    machine.passes(7)
    assert machine.steps(-US_PER_HOUR) == 7
    assert machine.passes(US_PER_HOUR - 1) == 7
    assert machine.passes(2) == 8
    assert [line["is_followed"] for line in said] == [True], "told once"


@pytest.mark.parametrize("step_us", [US_PER_DAY, -US_PER_DAY, 10 * YEAR_US, -10 * YEAR_US, -START_US, -2 * START_US])
def test_a_larger_step_is_not_followed_nor_its_way_back(machine: Machine, said: list[Any], step_us: int) -> None:
    """Nothing falls due early, and nothing waits: time elapses."""
    assert machine.steps(step_us) == 0
    assert [machine.passes(1) for _ in range(3)] == [1, 2, 3]
    assert [(line["seconds"], line["is_followed"]) for line in said] == [(step_us / US_PER_SECOND, False)]
    assert machine.steps(-step_us) == 3
    assert machine.passes(1) == 4
    assert [line["is_followed"] for line in said] == [False, True]


def test_a_clock_that_comes_within_an_hour_is_followed_again(machine: Machine) -> None:
    machine.steps(US_PER_DAY)
    assert machine.steps(US_PER_HOUR // 2 - US_PER_DAY) == US_PER_HOUR // 2


@pytest.mark.parametrize("ppm", [500, -500])
def test_drift_is_followed_and_not_told(machine: Machine, said: list[Any], ppm: int) -> None:
    looks = 20_000
    drift_us = SLEEPS_US * ppm // 1_000_000
    before = -1
    for _ in range(looks):
        now = machine.clock.drifts(SLEEPS_US, ppm) - START_US
        assert now > before
        before = now
    assert before == looks * (SLEEPS_US + drift_us)
    assert said == []


def test_a_leap_second_is_a_step_back_of_one(machine: Machine, said: list[Any]) -> None:
    machine.passes(US_PER_SECOND)
    assert machine.steps(-US_PER_SECOND) == US_PER_SECOND
    assert machine.passes(US_PER_SECOND + 1) == US_PER_SECOND + 1
    assert len(said) == 1


@pytest.mark.parametrize("behind_us", [1, US_PER_HOUR])
def test_a_store_a_little_ahead_is_waited_for(machine: Machine, said: list[Any], behind_us: int) -> None:
    machine.clock.not_before(START_US + behind_us)
    assert machine.passes(behind_us) == behind_us
    assert machine.passes(1) == behind_us + 1
    assert said == []


def test_from_a_store_that_is_far_ahead_time_goes_on(machine: Machine, said: list[Any]) -> None:
    """A server that was started with a clock of the future leaves no standing time to the next."""
    machine.clock.not_before(START_US + US_PER_DAY)
    assert machine.passes(1) == US_PER_DAY + 1
    assert machine.passes(1) == US_PER_DAY + 2
    assert [line["event"] for line in said] == ["clock.behind_the_store"]


def test_a_store_that_is_behind_changes_nothing(machine: Machine) -> None:
    machine.clock.not_before(START_US - US_PER_DAY)
    assert machine.passes(1) == 1


def test_a_start_takes_the_systems_word(machine: Machine) -> None:
    machine.steps(US_PER_DAY)
    machine.clock = MachineClock(machine.clock.system_us)
    assert machine.passes(1) == US_PER_DAY + 1
