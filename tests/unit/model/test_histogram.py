"""A histogram counts what is at most as large as each bound, by itself or from another's counts."""

from octy.model.histogram import Histogram


def test_a_value_at_a_bound_is_counted_there_and_one_beyond_all_last() -> None:
    histogram = Histogram((0.5, 2.0))
    for value in (0.25, 0.5, 1.0, 2.0, 3.0):
        histogram.add(value)
    assert list(histogram.cumulated()) == [("0.5", 2), ("2.0", 4), ("+Inf", 5)]
    assert histogram.sum == 6.75


def test_what_somebody_else_has_counted_is_added() -> None:
    histogram = Histogram((0.5, 2.0))
    histogram.add(1.0)
    histogram.absorb([1, 2, 3], 12.5)
    histogram.absorb([0, 0, 1], 4.0)
    assert list(histogram.cumulated()) == [("0.5", 1), ("2.0", 4), ("+Inf", 8)]
    assert histogram.sum == 17.5
