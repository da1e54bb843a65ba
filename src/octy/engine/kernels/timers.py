"""When does what fall due? A binary heap of (instant, segment and profile), earliest first.

Entries are hints: what is due is a function of the segments' states, and an entry that no longer agrees with them is
dropped when it comes up. So nothing is ever searched for or taken out of the middle.
"""

from typing import NamedTuple

import numpy as np

from octy.engine.batch import Longs
from octy.engine.kernels.compiled import kernel, part
from octy.engine.kernels.memory import lent
from octy.model.instants import NEVER

_PROFILE_BITS = 32
_PROFILE = (1 << _PROFILE_BITS) - 1


class Timers(NamedTuple):
    """The heap's columns; `size[0]` entries are in use, and `size[1]` were added since somebody set that to 0."""

    due_us: Longs
    who: Longs
    """A segment's place and a profile in one word."""
    size: Longs


def timers_for(capacity: int) -> Timers:
    """An empty heap with room for `capacity` entries."""
    return Timers(np.empty(capacity, np.int64), np.empty(capacity, np.int64), np.zeros(2, np.int64))


def with_room(timers: Timers, more: int) -> Timers:
    """The same heap with room for `more` entries beyond those it holds."""
    size, capacity = int(timers.size[0]), len(timers.due_us)
    if size + more <= capacity:
        return timers
    grown = timers_for(max(size + more, 2 * capacity))
    grown.due_us[:size] = timers.due_us[:size]
    grown.who[:size] = timers.who[:size]
    grown.size[:] = timers.size
    return grown


def earliest_us(timers: Timers) -> int:
    """When the next entry comes up; NEVER for an empty heap."""
    return int(timers.due_us[0]) if timers.size[0] else NEVER


@part
def is_due(timers: Timers, now_us: int) -> bool:
    """Whether an entry comes up at or before an instant."""
    return bool(timers.size[0] > 0 and timers.due_us[0] <= now_us)


@part
def can_take(timers: Timers, more: int) -> bool:
    """Whether there is room for so many entries."""
    return bool(timers.size[0] + more <= timers.due_us.size)


@part
def push(timers: Timers, due_us: int, place: int, profile: int) -> None:
    """Adds an entry. The caller has seen to the room."""
    who = place << _PROFILE_BITS | profile
    hole = timers.size[0]
    timers.size[0] = hole + 1
    timers.size[1] += 1
    while hole > 0:
        parent = (hole - 1) >> 1
        if timers.due_us[parent] <= due_us:
            break
        timers.due_us[hole] = timers.due_us[parent]
        timers.who[hole] = timers.who[parent]
        hole = parent
    timers.due_us[hole] = due_us
    timers.who[hole] = who


@part
def pop(timers: Timers) -> tuple[int, int, int]:
    """Takes the earliest entry out of a heap that has one: (instant, place, profile)."""
    due_us, who = timers.due_us[0], timers.who[0]
    last = timers.size[0] - 1
    timers.size[0] = last
    sink(timers, 0, timers.due_us[last], timers.who[last])
    return due_us, who >> _PROFILE_BITS, who & _PROFILE


@part
def sink(timers: Timers, hole: int, due_us: int, who: int) -> None:
    """Puts an entry into a hole, or as far below as it belongs."""
    size = timers.size[0]
    while True:
        child = 2 * hole + 1
        if child >= size:
            break
        if child + 1 < size and timers.due_us[child + 1] < timers.due_us[child]:
            child += 1
        if timers.due_us[child] >= due_us:
            break
        timers.due_us[hole] = timers.due_us[child]
        timers.who[hole] = timers.who[child]
        hole = child
    timers.due_us[hole] = due_us
    timers.who[hole] = who


@kernel
def take_due(timers: Timers, until_us: int, at_most: int) -> Longs:
    """Takes out all entries that come up at or before an instant, in no order: their profiles.

    Nothing where that is nobody, or more than `at_most`.

    They are the top of the heap, each but the first below another one, so no others are looked at. The holes are
    filled from the bottom up, as a heap is made (Floyd 1964).
    """
    timers = lent(timers)
    holes, count = places_due(timers, until_us, at_most)
    profiles = np.empty(count, np.int64)
    for place in range(count - 1, -1, -1):
        hole = holes[place]
        profiles[place] = timers.who[hole] & _PROFILE
        last = timers.size[0] - 1
        timers.size[0] = last
        if hole < last:
            sink(timers, hole, timers.due_us[last], timers.who[last])
    return profiles


@part
def places_due(timers: Timers, until_us: int, at_most: int) -> tuple[Longs, int]:
    """Where in the heap the entries are that come up by then, ascending, and how many: 0 for more than `at_most`."""
    size = timers.size[0]
    found = np.empty(min(at_most, size) + 2, np.int64)
    found[0] = 0
    count = 1 if is_due(timers, until_us) else 0
    seen = 0
    while seen < count <= at_most:
        below = 2 * found[seen] + 1
        for child in range(below, min(below + 2, size)):
            if timers.due_us[child] <= until_us:
                found[count] = child
                count += 1
        seen += 1
    return found, count if count <= at_most else 0
