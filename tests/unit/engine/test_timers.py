"""The heap of what falls due: what comes up when, one by one and all at once."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from octy.engine.batch import Longs
from octy.engine.kernels.compiled import kernel
from octy.engine.kernels.timers import Timers, can_take, earliest_us, pop, push, take_due, timers_for, with_room
from octy.model.instants import NEVER

Entry = tuple[int, int]
"""An instant and a profile."""

entries = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 9)), max_size=60)


@kernel
def fill(timers: Timers, due_us: Longs, profile: Longs) -> None:
    """Pushes them one after another."""
    for place in range(due_us.size):
        push(timers, due_us[place], 3, profile[place])


@kernel
def emptied(timers: Timers) -> Longs:
    """Pops what there is: rows of (instant, place, profile)."""
    rows = np.empty((timers.size[0], 3), np.int64)
    for row in range(len(rows)):
        rows[row] = pop(timers)
    return rows


def heap_of(given: list[Entry]) -> Timers:
    """A heap that has just room for them."""
    timers = timers_for(len(given))
    fill(timers, np.array([due_us for due_us, _ in given], np.int64), np.array([one for _, one in given], np.int64))
    return timers


def rest_of(timers: Timers) -> list[Entry]:
    """What comes up, in its order."""
    rows = emptied(timers).tolist()
    assert all(place == 3 for _, place, _ in rows)
    instants = [due_us for due_us, _, _ in rows]
    assert instants == sorted(instants)
    return sorted((due_us, profile) for due_us, _, profile in rows)


@settings(deadline=None)  # the first call compiles
@given(entries)
def test_what_is_pushed_comes_up_earliest_first(given: list[Entry]) -> None:
    timers = heap_of(given)
    assert earliest_us(timers) == min((due_us for due_us, _ in given), default=NEVER)
    assert rest_of(timers) == sorted(given)


@settings(deadline=None)  # the first call compiles
@given(entries, st.integers(0, 21))
def test_what_is_due_is_taken_out_at_once_and_the_rest_comes_up_in_order(given: list[Entry], until_us: int) -> None:
    timers = heap_of(given)
    assert sorted(take_due(timers, until_us, NEVER).tolist()) == sorted(
        one for due_us, one in given if due_us <= until_us
    )
    assert rest_of(timers) == sorted(entry for entry in given if entry[0] > until_us)


@settings(deadline=None)  # the first call compiles
@given(entries, st.integers(0, 21), st.integers(1, 8))
def test_of_too_much_nothing_is_taken(given: list[Entry], until_us: int, at_most: int) -> None:
    timers = heap_of(given)
    due = [one for due_us, one in given if due_us <= until_us]
    taken = take_due(timers, until_us, at_most)
    assert sorted(taken.tolist()) == (sorted(due) if len(due) <= at_most else [])
    assert len(rest_of(timers)) == len(given) - len(taken)


def test_there_is_room_to_the_last_entry_and_more_is_made_without_losing_any() -> None:
    full = heap_of([(due_us, 0) for due_us in range(1, 11)])
    assert can_take(full, 0)
    assert not can_take(full, 1)
    assert with_room(full, 0) is full
    doubled = with_room(full, 1)
    assert (len(doubled.due_us), can_take(doubled, 10), can_take(doubled, 11)) == (20, True, False)
    assert len(with_room(full, 25).who) == 35
    assert with_room(doubled, 10) is doubled
    assert rest_of(doubled) == [(due_us, 0) for due_us in range(1, 11)]
