"""RFM scores: quarters of the customers, 4 the best, with a rule for ties."""

import numpy as np
import pyarrow as pa
import pytest

from octy.learning.rfm import rfm_scores


def scored(days: list[float | None], charges: list[int], value: list[float] | None = None) -> list[int | None]:
    columns = {"charged_recency_days": pa.array(days, pa.float64()), "charged_total": pa.array(charges)}
    return rfm_scores(pa.table(columns | ({} if value is None else {"value_total": pa.array(value)})))


def test_each_quarter_of_each_measure_has_its_digit() -> None:
    assert scored([40, 30, 20, 10], [1, 2, 3, 4], [9, 8, 7, 6]) == [114, 223, 332, 441]


def test_the_best_is_444_and_the_worst_111() -> None:
    days = np.arange(100.0)[::-1].tolist()
    scores = scored(days, list(range(1, 101)), np.arange(100.0).tolist())
    assert (scores[0], scores[-1]) == (111, 444)
    assert [scores.count(one) for one in (111, 222, 333, 444)] == [25] * 4


def test_equal_values_have_equal_digits() -> None:
    assert scored([5, 5, 5, 5], [1, 1, 1, 7], [1, 1, 1, 1]) == [111, 111, 111, 141]


def test_who_has_never_charged_has_no_score_and_counts_for_nobodys() -> None:
    assert scored([None, 40, None, 30, 20, 10], [0, 1, 0, 2, 3, 4], [0, 1, 0, 2, 3, 4]) == [
        None,
        111,
        None,
        222,
        333,
        444,
    ]


def test_without_values_every_charge_is_worth_the_same() -> None:
    assert scored([1, 1], [1, 2]) == [111, 133]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 97])
def test_scores_are_made_of_digits_from_1_to_4(count: int) -> None:
    chance = np.random.default_rng(count)
    scores = scored(chance.exponential(9, count).tolist(), chance.integers(1, 4, count).tolist())
    assert all(set(str(one)) <= set("1234") and len(str(one)) == 3 for one in scores)
