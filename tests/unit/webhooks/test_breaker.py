"""How much may a receiver be sent at once?"""

import pytest

from octy.model.instants import NEVER, US_PER_SECOND
from octy.webhooks.breaker import BUSY_STATUSES, OUTCOMES_MIN, PAUSE_US_MAX, PAUSE_US_MIN, Breaker

NOON_US = 1_704_110_400_000_000
MANY = 10


def fails(breaker: Breaker, times: int = 1, at_us: int = NOON_US, status: int | None = 500) -> None:
    for _ in range(times):
        breaker.failed(1, at_us, status=status, retry_after_seconds=None)


def test_of_a_receiver_that_takes_all_nothing_is_remembered() -> None:
    breaker = Breaker()
    fails(breaker, 3)
    for _ in range(20):
        breaker.succeeded(1)
    assert breaker.room(1, NOON_US, MANY) == MANY
    assert not breaker._receivers


def test_ten_attempts_of_which_seven_failed_bring_a_pause() -> None:
    """C24."""
    breaker = Breaker()
    fails(breaker, 6)
    for _ in range(3):
        breaker.succeeded(1)
    assert breaker.room(1, NOON_US, MANY) == MANY
    fails(breaker)
    assert breaker.room(1, NOON_US, MANY) == 0
    assert breaker.paused(NOON_US) == {1}
    assert breaker.next_end_us(NOON_US, NEVER) == NOON_US + PAUSE_US_MIN
    assert breaker.room(2, NOON_US, MANY) == MANY


def test_fewer_failures_than_seven_in_ten_do_not() -> None:
    breaker = Breaker()
    for _ in range(20):
        fails(breaker, 2)
        breaker.succeeded(1)
    assert breaker.room(1, NOON_US, MANY) == MANY


def test_after_a_pause_one_attempt_decides() -> None:
    breaker = Breaker()
    fails(breaker, OUTCOMES_MIN)
    now_us = NOON_US
    pauses: list[int] = []
    while not pauses or pauses[-1] < PAUSE_US_MAX:
        end_us = breaker.next_end_us(now_us, NEVER)
        pauses.append(end_us - now_us)
        now_us = end_us
        assert breaker.room(1, now_us, MANY) == 1
        fails(breaker, at_us=now_us)
    assert pauses == [seconds * US_PER_SECOND for seconds in (5, 10, 20, 40, 60)]
    now_us = breaker.next_end_us(now_us, NEVER)
    breaker.succeeded(1)
    assert breaker.room(1, now_us, MANY) == MANY


def test_attempts_that_were_under_way_when_the_pause_began_do_not_prolong_it() -> None:
    breaker = Breaker()
    fails(breaker, OUTCOMES_MIN)
    fails(breaker, 9, at_us=NOON_US + 1)
    assert breaker.next_end_us(NOON_US, NEVER) == NOON_US + PAUSE_US_MIN


@pytest.mark.parametrize("status", sorted(BUSY_STATUSES))
def test_a_receiver_that_has_too_much_to_do_gets_a_pause_at_once(status: int) -> None:
    """C22."""
    breaker = Breaker()
    fails(breaker, status=status)
    assert breaker.room(1, NOON_US, MANY) == 0
    assert breaker.room(1, NOON_US + US_PER_SECOND, MANY) == 1


def test_a_receiver_may_say_how_long_a_pause_it_needs() -> None:
    breaker = Breaker()
    breaker.failed(1, NOON_US, status=429, retry_after_seconds=600)
    assert breaker.next_end_us(NOON_US, NEVER) == NOON_US + 600 * US_PER_SECOND


def test_a_receiver_that_was_mended_is_sent_everything_at_once() -> None:
    breaker = Breaker()
    fails(breaker, OUTCOMES_MIN)
    breaker.forget(1)
    assert breaker.room(1, NOON_US, MANY) == MANY
