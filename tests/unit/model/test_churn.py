"""Levels: every probability has one, and the bounds belong to the higher."""

import pytest

from octy.model.churn import ChurnLevel, level_of
from tests.unit.model.churn_reports import report


@pytest.mark.parametrize(
    ("probability", "level"),
    [(0.0, "low"), (0.2999, "low"), (0.3, "medium"), (0.6999, "medium"), (0.7, "high"), (1.0, "high")],
)
def test_a_probability_has_its_word(probability: float, level: str) -> None:
    assert level_of(probability) is ChurnLevel(level)


def test_what_was_observed_last_and_before() -> None:
    assert report().observed == (0.4, 0.5)
