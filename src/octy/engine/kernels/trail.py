"""Trails: the events of some profiles, each profile's in order (T2), as far as the order of events still matters.

A profile gets a trail with its first late event, from the log; from then on its events enter as they are accepted. So a
late event finds its place, and what lies before and after it, in memory (`weave`). A trail holds what matches an action
of an ordered segment and lies within the longest window of those.

All trails lie in one pool of rows, each in a block: a header, then room for some events. A trail that outgrows its
block moves to the end of the pool, and leaves a block behind that is nobody's until the next `sweep`.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from octy.engine.batch import Ints, Longs
from octy.engine.kernels.columns import Columns
from octy.engine.kernels.compiled import kernel, part
from octy.engine.kernels.matching import Index, entries_of, fits
from octy.engine.kernels.memory import lent

Words: TypeAlias = NDArray[np.uint32]

BITS_PER_WORD = 32
HEADER = 3
PROFILE, CAPACITY, COUNT = range(HEADER)
"""The rows of a header; what they say stands in `Trails.at_us`."""
FIRST = 1
"""Where the first block begins: no block begins at row 0."""
SPARE = 5
"""How many events find room in a block beyond those that it is made for, at least."""
USED, LARGEST, WINDOW_US = range(3)
"""Words of `Trails.state`: rows in use from the first on, the greatest capacity of a block, the longest window."""


class Order(NamedTuple):
    """The actions of all ordered segments, numbered through."""

    first: Ints
    """int32[places]: the number of a segment's first action."""
    actions: Index
    """They alone; the step of an entry is the action's number."""


class Trails(NamedTuple):
    """The pool, and where in it each profile's trail is."""

    order: Order
    of: Ints
    """int32[profiles]: where a profile's block begins; 0 where it has none."""
    at_us: Longs
    """int64[rows]: an event's instant, counted from 1."""
    steps: Words
    """uint32[rows, words]: which actions an event matches, a bit for each in the order of their numbers."""
    state: Longs


def trails_for(order: Order, window_us: int, profiles: int, rows: int) -> Trails:
    """No trails yet, and a pool of so many rows."""
    state = np.array([FIRST, 0, window_us], np.int64)
    return Trails(order, np.zeros(profiles, np.int32), *_rows(rows, _words(order)), state)


def rows_in(order: Order, size_bytes: int) -> int:
    """How many rows a pool of a size has."""
    return size_bytes // sum(column.nbytes for column in _rows(1, _words(order)))


def with_room(trails: Trails, more: int) -> Trails:
    """The same trails with room for `more` rows beyond those in use, and then for any one event."""
    used, rows = int(trails.state[USED]), len(trails.at_us)
    if used + more + growth_max(trails) <= rows:
        return trails
    rows = max(used + more + growth_max(trails), 2 * rows)
    assert rows <= np.iinfo(np.int32).max, "`Trails.of` holds rows"
    at_us, steps = _rows(rows, trails.steps.shape[1])
    at_us[:used] = trails.at_us[:used]
    steps[:used] = trails.steps[:used]
    return trails._replace(at_us=at_us, steps=steps)


def _words(order: Order) -> int:
    """How many words hold a bit for each action."""
    return -(-int(order.actions.step.max(initial=0) + 1) // BITS_PER_WORD)


def _rows(count: int, words: int) -> tuple[Longs, Words]:
    """`Trails.at_us` and `Trails.steps`."""
    return np.empty(count, np.int64), np.empty((count, words), np.uint32)


@part
def growth_max(trails: Trails) -> int:
    """How many rows one event may need."""
    return int(HEADER + 2 * trails.state[LARGEST])


@part
def can_enter(trails: Trails) -> bool:
    """Whether there is room for any one event."""
    return bool(trails.state[USED] + growth_max(trails) <= trails.at_us.size)


@part
def enter(trails: Trails, columns: Columns, event: int) -> int:
    """Gives an event its row in its profile's trail. 0 where there is no trail, or its order does not matter."""
    profile, created_us = columns.profile[event], columns.created_us[event]
    if trails.of[profile] == 0:
        return 0
    oldest_us = columns.accepted_us[event] - trails.state[WINDOW_US]
    if created_us <= oldest_us or not matters(trails.order.actions, columns, event):
        return 0
    row = inserted(trails, profile, created_us, oldest_us)
    write_steps(trails, row, columns, event)
    return row


@part
def matters(index: Index, columns: Columns, event: int) -> bool:
    """Whether an event matches any of the index's steps."""
    entry, last = entries_of(index, columns.event_type[event])
    while entry < last and not fits(index, entry, columns, event):
        entry += 1
    return bool(entry < last)


@part
def write_steps(trails: Trails, row: int, columns: Columns, event: int) -> None:
    """Says which actions the event at a row matches."""
    index = trails.order.actions
    for word in range(trails.steps.shape[1]):
        trails.steps[row, word] = 0
    first, last = entries_of(index, columns.event_type[event])
    for entry in range(first, last):
        if fits(index, entry, columns, event):
            trails.steps[row, index.step[entry] // BITS_PER_WORD] |= 1 << index.step[entry] % BITS_PER_WORD


@part
def matches(trails: Trails, row: int, number: int) -> bool:
    """Whether the event at a row matches an action."""
    return bool(trails.steps[row, number // BITS_PER_WORD] >> number % BITS_PER_WORD & 1)


@part
def rows_of(trails: Trails, profile: int) -> tuple[int, int]:
    """The row of the first event of a trail, and the one after its last."""
    first = trails.of[profile] + HEADER
    return first, first + trails.at_us[trails.of[profile] + COUNT]


@part
def inserted(trails: Trails, profile: int, created_us: int, oldest_us: int) -> int:
    """Makes a row for an event behind all that are not later, so that of equal instants the first comes first (T2)."""
    block = trails.of[profile]
    if trails.at_us[block + COUNT] == trails.at_us[block + CAPACITY]:
        make_room(trails, block, oldest_us)
    first, row = rows_of(trails, profile)
    while row > first and trails.at_us[row - 1] > created_us:
        copy(trails, row - 1, row)
        row -= 1
    trails.at_us[row] = created_us
    trails.at_us[trails.of[profile] + COUNT] += 1
    return row


@part
def copy(trails: Trails, source: int, target: int) -> None:
    """Copies a row."""
    trails.at_us[target] = trails.at_us[source]
    for word in range(trails.steps.shape[1]):
        trails.steps[target, word] = trails.steps[source, word]


@kernel
def make_room(trails: Trails, block: int, oldest_us: int) -> None:
    """Room in a full block: by dropping what has left the longest window, or else in a block of twice the size."""
    drop_until(trails, block, oldest_us)
    count = trails.at_us[block + COUNT]
    if 2 * count > trails.at_us[block + CAPACITY]:
        move(trails, block, trails.state[USED], 2 * count)
        trails.state[USED] += HEADER + 2 * count


@kernel
def drop_until(trails: Trails, block: int, oldest_us: int) -> None:
    """Drops what happened at or before an instant."""
    first = block + HEADER
    end = first + trails.at_us[block + COUNT]
    kept = first
    while kept < end and trails.at_us[kept] <= oldest_us:
        kept += 1
    if kept > first:
        for row in range(kept, end):
            copy(trails, row, row - kept + first)
        trails.at_us[block + COUNT] = end - kept


@part
def move(trails: Trails, block: int, target: int, capacity: int) -> None:
    """Moves a trail to a row before its block, or behind it; there must be room for the capacity."""
    for row in range(HEADER + trails.at_us[block + COUNT]):
        copy(trails, block + row, target + row)
    trails.at_us[target + CAPACITY] = capacity
    trails.of[trails.at_us[target + PROFILE]] = target
    trails.state[LARGEST] = max(trails.state[LARGEST], capacity)


@kernel
def admit(trails: Trails, profiles: Ints, first: Longs, columns: Columns) -> None:
    """Gives profiles their trails: profile i has the stored events first[i] to first[i + 1], in T2's order.

    The caller has seen to the room: for each profile `HEADER` + `SPARE` rows, and one for each event.
    """
    trails = lent(trails)
    columns = lent(columns)
    for found in range(profiles.size):
        capacity = first[found + 1] - first[found] + SPARE
        block = trails.state[USED]
        trails.at_us[block + PROFILE] = profiles[found]
        trails.at_us[block + CAPACITY] = capacity
        trails.at_us[block + COUNT] = 0
        trails.of[profiles[found]] = block
        trails.state[LARGEST] = max(trails.state[LARGEST], capacity)
        trails.state[USED] = block + HEADER + capacity
        for event in range(first[found], first[found + 1]):
            enter(trails, columns, event)


@kernel
def sweep(trails: Trails, oldest_us: int) -> None:
    """Moves the trails together, in place, without what happened at or before an instant."""
    trails = lent(trails)
    block = target = FIRST
    trails.state[LARGEST] = 0
    while block < trails.state[USED]:
        capacity = trails.at_us[block + CAPACITY]
        if trails.of[trails.at_us[block + PROFILE]] == block:
            drop_until(trails, block, oldest_us)
            count = trails.at_us[block + COUNT]
            roomy = min(capacity, count + count // 4 + SPARE)
            move(trails, block, target, roomy)
            target += HEADER + roomy
        block += HEADER + capacity
    trails.state[USED] = target
