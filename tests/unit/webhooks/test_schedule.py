"""When is a webhook tried again?"""

from random import Random

import pytest

from octy.model.instants import US_PER_HOUR, US_PER_MINUTE, US_PER_SECOND, rfc1123
from octy.webhooks.schedule import ATTEMPTS_MAX, PAUSES_US, pause_us, retry_after_seconds

NOW_US = 1_704_067_200_000_000


class Middle(Random):
    """Chance that always takes the middle."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def test_pauses_grow_from_seconds_to_a_day() -> None:
    pauses = [pause_us(failed, Middle()) for failed in range(1, ATTEMPTS_MAX)]
    hours = [hours * US_PER_HOUR for hours in (2, 5, 10, 14, 20, 24)]
    assert pauses == [5 * US_PER_SECOND, 5 * US_PER_MINUTE, 30 * US_PER_MINUTE, *hours]


def test_after_the_tenth_attempt_there_is_no_further_one() -> None:
    assert ATTEMPTS_MAX == 10
    assert pause_us(9, Middle()) is not None
    assert pause_us(10, Middle()) is None
    assert pause_us(11, Middle(), retry_after_seconds=60) is None


def test_a_pause_is_up_to_a_fifth_shorter_or_longer() -> None:
    chance = Random(1)
    for failed, pause in enumerate(PAUSES_US, start=1):
        drawn = [pause_us(failed, chance) or 0 for _ in range(500)]
        assert 0.8 * pause <= min(drawn) < 0.85 * pause
        assert 1.15 * pause < max(drawn) <= 1.2 * pause


def test_a_receiver_may_ask_for_a_longer_pause_but_not_for_a_shorter_one() -> None:
    assert pause_us(1, Middle(), retry_after_seconds=60) == 60 * US_PER_SECOND
    assert pause_us(1, Middle(), retry_after_seconds=1) == 5 * US_PER_SECOND


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
