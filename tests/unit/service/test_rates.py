"""So much of each account in a second, and no more in the long run (C32). Time stands still unless a test moves it."""

from random import Random

import pytest

from octy.model.clock import ManualClock
from octy.model.errors import TooMuch
from octy.model.instants import US_PER_SECOND
from octy.service.rates import Rate
from tests.integration.service.serving import StandingClock

START_US = 1_700_000_000_000_000
ANA, BEN = 1, 2


def passes(rate: Rate, account_id: int, count: int = 1) -> bool:
    if rate.refusal(account_id) is not None:
        return False
    rate.take(account_id, count)
    return True


def refusal(rate: Rate, account_id: int) -> TooMuch:
    told = rate.refusal(account_id)
    assert told is not None
    return told


def test_a_seconds_worth_passes_at_once_and_no_more() -> None:
    clock = StandingClock(START_US)
    rate = Rate(clock, 10, "requests")
    assert [passes(rate, ANA) for _ in range(12)] == [True] * 10 + [False] * 2
    assert "10 requests a second" in str(refusal(rate, ANA))
    assert passes(rate, BEN), "another account has its own"
    clock.move_to(START_US + US_PER_SECOND // 10)
    assert [passes(rate, ANA) for _ in range(2)] == [True, False]


def test_a_batch_of_more_than_a_second_passes_and_is_paid_for() -> None:
    clock = StandingClock(START_US)
    rate = Rate(clock, 100, "events")
    assert passes(rate, ANA, 500)
    pause_seconds = refusal(rate, ANA).retry_after_seconds
    assert pause_seconds == 5
    clock.move_to(START_US + (pause_seconds - 1) * US_PER_SECOND)
    assert not passes(rate, ANA, 500)
    clock.move_to(START_US + pause_seconds * US_PER_SECOND)
    assert passes(rate, ANA, 500)


def test_an_account_may_have_a_limit_of_its_own() -> None:
    clock = StandingClock(START_US)
    rate = Rate(clock, 2, "requests")
    rate.limit(ANA, 5)
    assert [[passes(rate, one) for _ in range(6)].count(True) for one in (ANA, BEN)] == [5, 2]
    assert "5 requests a second" in str(refusal(rate, ANA))
    rate.limit(ANA, 0)
    assert all(passes(rate, ANA) for _ in range(100)), "any number"
    rate.limit(ANA, None)
    clock.move_to(START_US + US_PER_SECOND)
    assert [passes(rate, ANA) for _ in range(6)].count(True) == 2, "what others may"


def test_one_account_alone_may_be_limited() -> None:
    rate = Rate(StandingClock(START_US), 0, "requests")
    rate.limit(ANA, 1)
    assert [passes(rate, ANA) for _ in range(2)] == [True, False]
    assert all(passes(rate, BEN) for _ in range(100))


@pytest.mark.parametrize("clock", [StandingClock(START_US), ManualClock(START_US)])
def test_there_is_no_limit_unless_one_is_set_and_none_in_a_sandbox(clock: StandingClock | ManualClock) -> None:
    rate = Rate(clock, 1 if clock.is_sandbox else 0, "requests")
    assert all(passes(rate, ANA) for _ in range(1_000))


def test_of_200_accounts_one_asks_for_a_hundred_times_too_much() -> None:
    """For a minute: it gets its rate to within a hundredth after its first second, the others are never refused."""
    clock, chance = StandingClock(START_US), Random(32)
    rate, per_second, seconds = Rate(clock, 20, "requests"), 20, 60
    passed = 0
    for step in range(seconds * 100):
        clock.move_to(START_US + step * US_PER_SECOND // 100)
        passed += sum(passes(rate, ANA) for _ in range(per_second))
        for account_id in chance.sample(range(BEN, 201), 20):  # each ten times a second, more or less
            assert passes(rate, account_id)
    assert abs(passed - per_second * (seconds + 1)) <= per_second * seconds * 0.01


def test_whoever_waits_as_told_is_accepted() -> None:
    clock, chance = StandingClock(START_US), Random(9)
    rate = Rate(clock, 30, "events")
    now_us, sent, began = START_US, 0, START_US
    for _ in range(1_000):
        count = chance.randrange(1, 100)
        if not passes(rate, ANA, count):
            now_us += refusal(rate, ANA).retry_after_seconds * US_PER_SECOND
            clock.move_to(now_us)
            assert passes(rate, ANA, count)
        sent += count
    assert sent / (now_us - began) * US_PER_SECOND == pytest.approx(30, rel=0.05)
