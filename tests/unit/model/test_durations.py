"""A duration is said as a person would write it, and is read as it was said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octy.model.durations import duration, parse_duration
from octy.model.instants import US_PER_DAY, US_PER_SECOND


@pytest.mark.parametrize("text", ["7d", "36h", "90s", "45m", "2000d", "30d30m", "41d16h40m1s"])
def test_what_a_person_writes_is_said_so(text: str) -> None:
    assert duration(parse_duration(text)) == text


@given(st.integers(1, 400 * US_PER_DAY // US_PER_SECOND))
def test_what_is_said_is_read_back(seconds: int) -> None:
    assert parse_duration(duration(seconds * US_PER_SECOND)) == seconds * US_PER_SECOND
