"""When a live segment rested is known to whoever relives it, to the last event and the last microsecond (X1, T7)."""

import numpy as np
import pytest

from octy.engine.kernels.rests import Rests, acting_at, is_at_rest
from octy.model.instants import NEVER

BORN_US = 5
RESTS = Rests(
    first=np.array([0, 0, 2]),
    after_us=np.array([100, 300]),
    until_us=np.array([200, NEVER]),
    after_seq=np.array([10, 30]),
    until_seq=np.array([20, NEVER]),
)
"""The segment at place 0 never rested; the one at place 1 did twice, and does."""


@pytest.mark.parametrize(
    ("seq", "acting_us"), [(1, BORN_US), (10, BORN_US), (11, NEVER), (20, NEVER), (21, 200), (30, 200), (31, NEVER)]
)
def test_an_event_is_accepted_while_the_segment_acts_or_rests(seq: int, acting_us: int) -> None:
    assert acting_at(RESTS, 1, seq, BORN_US) == acting_us
    assert acting_at(RESTS, 0, seq, BORN_US) == BORN_US


@pytest.mark.parametrize(
    ("due_us", "rests"), [(99, False), (100, False), (101, True), (200, True), (201, False), (300, False), (301, True)]
)
def test_a_window_ends_at_rest_or_not(due_us: int, rests: bool) -> None:
    assert is_at_rest(RESTS, 1, due_us) == rests
    assert not is_at_rest(RESTS, 0, due_us)
