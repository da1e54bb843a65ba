"""Whose events come out of order, and what does the engine keep in memory for them (P7)?

A profile whose event comes late for the first time is named, so that the caller fetches its stored events; from then
on its trail has them (`kernels.trail`). Trails are a cache: they may go between two batches, and whoever is late again
is named again.
"""

from typing import TypeVar

import numpy as np

from octy.engine.batch import Bools, EventBatch, Ints, Longs
from octy.engine.kernels.compiled import kernel
from octy.engine.kernels.matching import Index, entries_of
from octy.engine.kernels.past import Lookback
from octy.engine.kernels.trail import FIRST, HEADER, SPARE, USED, Trails, admit, rows_in, sweep, trails_for, with_room
from octy.engine.outlook import Outlook

TRAIL_BYTES_MAX = 120 * 1024 * 1024
"""How large the pool of an account's trails grows, unless a single batch needs more."""
DOUBLINGS = 13
"""How often the pool doubles until it is as large: it then never holds and copies more than that at once."""
FULL = 7 / 8
"""Above which part of the pool it is swept, when a batch has been taken."""
SWEPT = 3 / 4
"""Above which part, when it has been swept, all trails are given up: to sweep again so soon would not be worth it."""

Column = TypeVar("Column", Ints, Longs)


class Latecomers:
    """Each profile's newest event, and the trails of those that have had a late one."""

    def __init__(self, known: Outlook) -> None:
        self._newest_us: Longs = np.zeros(0, np.int64)
        """Counted from 1."""
        self._known = known
        self._trails = self._no_trails()

    @property
    def trails(self) -> Trails:
        """What kernels take, with room for any one event."""
        self._trails = with_room(self._trails, 0)
        return self._trails

    def ensure_profiles(self, count: int) -> None:
        """Makes room for profile keys 0 to count - 1."""
        if count > len(self._newest_us):
            room = count + count // 2 + 64
            self._newest_us = _longer(self._newest_us, room)
            self._trails = self._trails._replace(of=_longer(self._trails.of, room))

    def watch(self, known: Outlook) -> None:
        """Other segments are at work. What a trail holds and leaves out goes by those that are ordered."""
        if known.ordered != self._known.ordered:
            self._known = known
            self._trails = self._no_trails()

    def strangers(self, batch: EventBatch) -> Ints:
        """The profiles, ascending, without a trail whose events in the batch make one necessary."""
        late = np.zeros(len(batch.profile), np.bool_)
        order, window_us = self._trails.order, self._known.ordered_window_us
        mark_strangers(order.actions, window_us, self._trails.of, self._newest_us, *batch[:4], late)
        return np.unique(batch.profile[late])

    def admit(self, history: Lookback) -> None:
        """Gives the strangers their trails, from all their stored events that matter."""
        profiles, first, columns = history
        self._trails = with_room(self._trails, len(columns.profile) + (HEADER + SPARE) * len(profiles))
        admit(self._trails, profiles, first, columns)

    def note(self, batch: EventBatch) -> None:
        """A batch has been taken."""
        note_newest(batch.profile, batch.created_us, self._newest_us)
        if self._trails.state[USED] > self._rows_max * FULL:
            self.tidy(int(batch.accepted_us[-1]))

    def note_newest(self, newest_us: Longs) -> None:
        """Each profile's newest event as a backfill found it, counted from 1; 0 where it found none."""
        newest = self._newest_us[: len(newest_us)]
        np.maximum(newest, newest_us, out=newest)

    def forget(self, profile: int) -> None:
        """The profile is deleted (X3)."""
        self._newest_us[profile] = 0
        self._trails.of[profile] = 0

    def tidy(self, now_us: int) -> None:
        """Gives up what no trail needs any more, and where that is too little, all trails."""
        sweep(self._trails, now_us + 1 - self._known.ordered_window_us)
        if self._trails.state[USED] > self._rows_max * SWEPT:
            self._trails = self._no_trails()

    @property
    def _rows_max(self) -> int:
        return rows_in(self._known.order, TRAIL_BYTES_MAX)

    def _no_trails(self) -> Trails:
        window_us, rows = self._known.ordered_window_us, max(self._rows_max >> DOUBLINGS, FIRST)
        return trails_for(self._known.order, window_us, len(self._newest_us), rows)


@kernel
def mark_strangers(
    index: Index,
    window_us: int,
    trail_of: Ints,
    newest_us: Longs,
    profile: Ints,
    event_type: Ints,
    created_us: Longs,
    accepted_us: Longs,
    late: Bools,
) -> None:
    """Marks the events that are older than an earlier one of their profile, if it has no trail and they may matter.

    `newest_us` is counted from 1, and left as it is.
    """
    before_us = np.empty(profile.size, np.int64)
    for event in range(profile.size):
        who = profile[event]
        before_us[event] = newest_us[who]
        if created_us[event] + 1 < before_us[event] and created_us[event] + window_us > accepted_us[event]:
            first, last = entries_of(index, event_type[event])
            late[event] = first < last and trail_of[who] == 0
        newest_us[who] = max(before_us[event], created_us[event] + 1)
    for event in range(profile.size - 1, -1, -1):
        newest_us[profile[event]] = before_us[event]


@kernel
def note_newest(profile: Ints, created_us: Longs, newest_us: Longs) -> None:
    """Keeps each profile's newest event."""
    for event in range(profile.size):
        newest_us[profile[event]] = max(newest_us[profile[event]], created_us[event] + 1)


def _longer(column: Column, room: int) -> Column:
    grown = np.zeros(room, column.dtype)
    grown[: len(column)] = column
    return grown
