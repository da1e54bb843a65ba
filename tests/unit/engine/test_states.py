"""Segments' states grow with the account, keep what is known of each profile, and let go of whoever goes."""

import numpy as np
import pytest

from octy.engine import states
from octy.engine.batch import Longs
from octy.engine.kernels.layout import ACTING_US, KIND, LIVE_ACTION, NOTHING, SPEC_COLUMNS, WIDTH
from octy.engine.states import States, empty_state, grown


def spec(width: int) -> Longs:
    made = np.zeros(SPEC_COLUMNS, np.int64)
    made[KIND], made[WIDTH] = LIVE_ACTION, width
    return made


def numbered(rows: int, width: int) -> Longs:
    """A state whose words all differ."""
    return np.arange(1, rows * width + 1, dtype=np.int64).reshape(rows, width)


def test_an_empty_state_has_room_for_all_profiles_and_more() -> None:
    state = empty_state(spec(3), 1_000)
    assert state.shape == (1_564, 3)
    assert not state.any()


@pytest.mark.parametrize("rows", [1, 3, 4, 5, 8, 9])
def test_whoever_grows_keeps_every_row_whatever_the_blocks_are(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "_ROWS_PER_BLOCK", 4)
    before = numbered(rows, 2)
    before[2:3] = 0
    after = grown(before, 2 * rows)
    assert after.shape == (3 * rows + 64, 2)
    assert np.array_equal(after[:rows], before)
    assert not after[rows:].any()


def test_places_know_where_each_state_is_after_each_change() -> None:
    held = States()
    places = [held.add(spec(width), numbered(2, width)) for width in (1, 2)]
    assert places == [0, 1]
    held.ensure_profiles(2)
    assert len(held[0]) == 2, "there was room"
    held.ensure_profiles(3)
    assert [len(held[place]) for place in places] == [68, 68]
    assert np.array_equal(held[1][:2], numbered(2, 2))
    held.forget(1)
    assert held[1].ravel()[:4].tolist() == [1, 2, 0, 0]
    held.forget(68)
    held.act_from(1, 30)
    assert held.segments.spec[:, [KIND, WIDTH, ACTING_US]].tolist() == [[LIVE_ACTION, 1, 0], [LIVE_ACTION, 2, 30]]
    assert held.segments.address.tolist() == [held[place].ctypes.data for place in places]


def test_a_place_that_is_free_stays_so_and_takes_no_room() -> None:
    held = States()
    held.add(spec(2), numbered(2, 2))
    held.remove(0)
    held.ensure_profiles(100)
    held.forget(0)
    assert held[0].size == 0
    assert held.segments.spec[0, KIND] == NOTHING
    assert held.add(spec(1), numbered(1, 1)) == 1
