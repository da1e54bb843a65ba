"""When is a webhook tried again?"""

from random import Random

import pytest

from octy.model.instants import US_PER_HOUR, US_PER_MINUTE, US_PER_SECOND, rfc1123
from octy.webhooks.schedule import PAUSES_MAX, PAUSES_US, Schedule, pauses_of, retry_after_seconds

NOW_US = 1_704_067_200_000_000
SCHEDULE = Schedule()


class Middle(Random):
    """Chance that always takes the middle."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def test_pauses_grow_from_seconds_to_a_day() -> None:
    pauses = [SCHEDULE.pause_us(failed, Middle()) for failed in range(1, SCHEDULE.attempts_max)]
    hours = [hours * US_PER_HOUR for hours in (2, 5, 10, 14, 20, 24)]
    assert pauses == [5 * US_PER_SECOND, 5 * US_PER_MINUTE, 30 * US_PER_MINUTE, *hours]


def test_after_the_tenth_attempt_there_is_no_further_one() -> None:
    assert SCHEDULE.attempts_max == 10
    assert SCHEDULE.pause_us(9, Middle()) is not None
    assert SCHEDULE.pause_us(10, Middle()) is None
    assert SCHEDULE.pause_us(11, Middle(), retry_after_seconds=60) is None


def test_a_pause_is_up_to_a_fifth_shorter_or_longer() -> None:
    chance = Random(1)
    for failed, pause in enumerate(PAUSES_US, start=1):
        drawn = [SCHEDULE.pause_us(failed, chance) or 0 for _ in range(500)]
        assert 0.8 * pause <= min(drawn) < 0.85 * pause
        assert 1.15 * pause < max(drawn) <= 1.2 * pause


def test_a_receiver_may_ask_for_a_longer_pause_but_not_for_a_shorter_one() -> None:
    assert SCHEDULE.pause_us(1, Middle(), retry_after_seconds=60) == 60 * US_PER_SECOND
    assert SCHEDULE.pause_us(1, Middle(), retry_after_seconds=1) == 5 * US_PER_SECOND


def test_the_pauses_and_their_jitter_are_a_setting() -> None:
    schedule = Schedule(pauses_of("1s, 2m,3h,4d"), jitter=0.0)
    pauses = [schedule.pause_us(failed, Random(1)) for failed in range(1, schedule.attempts_max + 1)]
    assert pauses == [US_PER_SECOND, 2 * US_PER_MINUTE, 3 * US_PER_HOUR, 96 * US_PER_HOUR, None]
    assert pauses_of("5s,5m,30m,2h,5h,10h,14h,20h,24h") == PAUSES_US


@pytest.mark.parametrize(
    "text",
    ["", "5", "5 s", "5s,", "0s", "-1s", "1.5h", "5S", "31d", "1w", "5s;5m", ",".join(["1s"] * (PAUSES_MAX + 1))],
)
def test_pauses_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        pauses_of(text)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("0", 0),
        ("86401", 86_400),
        ("9" * 10_000, 86_400),
        (rfc1123(NOW_US + 90 * US_PER_SECOND), 90),
        (rfc1123(NOW_US - 90 * US_PER_SECOND), 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        (None, None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("\uff11\uff12", None),
        ("Fri, 99 Dec 2024 23:59:59 GMT", None),
    ],
)
def test_retry_after_is_understood_in_both_forms_and_at_most_a_day(header: str | None, seconds: int | None) -> None:
    assert retry_after_seconds(header, NOW_US) == seconds


def test_an_instant_within_a_second_is_waited_for_to_its_end() -> None:
    asked = retry_after_seconds(rfc1123(NOW_US + 60 * US_PER_SECOND), NOW_US + US_PER_SECOND // 2)
    assert (asked, type(asked)) == (60, int)
