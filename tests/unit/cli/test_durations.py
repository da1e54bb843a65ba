"""Durations as people write them."""

from datetime import timedelta

import pytest

from octy.cli.durations import duration
from octy.cli.failures import WrongUsage


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("90s", timedelta(seconds=90)),
        ("6m", timedelta(minutes=6)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("2d", timedelta(days=2)),
    ],
)
def test_a_duration_is_numbers_with_units(text: str, meant: timedelta) -> None:
    assert duration(text) == meant


@pytest.mark.parametrize("text", ["", "6", "m", "-6m", "6 m", "6w", "0s", "6m!", "1.5h"])
def test_anything_else_is_told_of(text: str) -> None:
    with pytest.raises(WrongUsage, match="expected a duration such as"):
        duration(text)
