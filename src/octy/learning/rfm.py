"""Which RFM score has each customer? Recency, frequency, monetary: a digit from 1 to 4 for each, 4 the best quarter.

A digit is 1 plus the number of whole quarters of the customers that do strictly worse, so customers with the same value
have the same digit, and the better ones of a tie never lose by it. Where many tie, a digit may be rare or absent. Those
who have never charged are no customers yet: they have no score, and count for nobody's.
"""

import numpy as np

from octy.learning.columns import Columns
from octy.learning.dataset import Floats, numbers


def rfm_scores(latest: Columns) -> list[int | None]:
    """The score of each row of one instant, from 111 to 444. Without values, every charge is worth the same."""
    charges = numbers(latest["charged_total"])
    is_customer = charges > 0
    monetary = numbers(latest["value_total"]) if "value_total" in latest.column_names else charges
    digits = zip(
        _quarters(-numbers(latest["charged_recency_days"])[is_customer]),
        _quarters(charges[is_customer]),
        _quarters(np.nan_to_num(monetary[is_customer])),
        strict=True,
    )
    scores = iter([100 * recency + 10 * frequency + value for recency, frequency, value in digits])
    return [next(scores) if is_one else None for is_one in is_customer]


def _quarters(values: Floats) -> list[int]:
    worse = np.searchsorted(np.sort(values), values, side="left")
    return [1 + int(4 * count // len(values)) for count in worse]
