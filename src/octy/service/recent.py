"""An account's newest events in memory: those that the archive does not have yet.

A late event's evaluation asks for all events of its profile, and a comparison of a million integers answers it in a
millisecond. Their columns take 28 bytes each, their properties what the JSON takes.
"""

import numpy as np

from octy.store.blocks import UncutRows
from octy.store.event_runs import EventsOfProfiles, WantedEvents, events_of_profiles
from octy.store.lines import Lines
from octy.store.log_shape import EVENTS, PROFILE, Column, Columns, chosen

ROWS_PER_STRETCH = 16_384
"""So few that nobody waits while room is made for more of them."""
_ROWS_MIN = 1_024
_BYTES_PER_ROW = sum(np.dtype(kind).itemsize for kind in EVENTS.types.values())


class Recent:
    """Rows in the order of their seqs. The writer's thread alone touches it."""

    def __init__(self) -> None:
        self._stretches: list[_Stretch] = []
        self._lines = Lines()

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def size_bytes(self) -> int:
        """How much memory the rows take, about."""
        return len(self) * _BYTES_PER_ROW + self._lines.size_bytes

    def append(self, columns: Columns, lines: bytes) -> None:
        """More rows, with a line of JSON each."""
        count = self._take(columns)
        self._lines.append(count, lines)

    def load(self, rows: UncutRows) -> None:
        """The rows that the store has at the start."""
        self._take(rows.columns)
        self._lines = rows.lines.copy()

    def drop_through(self, seq: int) -> None:
        """The archive has the rows up to a seq."""
        gone = 0
        while self._stretches and (some := self._stretches[0].drop_through(seq)):
            gone += some
            if self._stretches[0]:
                break
            self._stretches.pop(0)
        self._lines.drop(gone)

    def of_profiles(self, wanted: WantedEvents) -> EventsOfProfiles:
        """Those that are asked for."""
        asked = np.zeros(int(wanted.profiles.max(initial=-1)) + 2, np.bool_)  # the last one is nobody's
        asked[wanted.profiles] = True
        found = [(np.zeros(0, np.int64), EVENTS.empty())]
        first = 0
        for stretch in self._stretches:
            columns = stretch.columns()
            some: Column = np.flatnonzero(asked.take(columns[PROFILE], mode="clip"))
            if len(some):
                found.append((first + some, chosen(columns, some)))
            first += len(stretch)
        columns = {name: np.concatenate([part[name] for _, part in found]) for name in EVENTS.types}
        are_wanted = wanted.among(columns)
        rows = np.concatenate([some for some, _ in found])[are_wanted]
        lines = self._lines.at(rows.tolist()) if wanted.with_properties else [b""] * len(rows)
        return events_of_profiles(chosen(columns, are_wanted), lines)

    def _take(self, columns: Columns) -> int:
        count, taken = len(columns[PROFILE]), 0
        while taken < count:
            if not self._stretches or self._stretches[-1].is_full:
                self._stretches.append(_Stretch())
            taken += self._stretches[-1].take(columns, taken)
        return count


class _Stretch:
    """The columns of some rows. It has room for twice as many whenever it needs more, until it is full."""

    def __init__(self) -> None:
        self._columns = EVENTS.empty()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def is_full(self) -> bool:
        """Whether it takes no more."""
        return self._count >= ROWS_PER_STRETCH

    def columns(self) -> Columns:
        """Those of its rows."""
        return chosen(self._columns, slice(self._count))

    def take(self, columns: Columns, first: int) -> int:
        """As many of these rows, from that one on, as there is place for. How many."""
        count = min(self._count + len(columns[PROFILE]) - first, ROWS_PER_STRETCH)
        some = count - self._count
        if count > len(self._columns[PROFILE]):
            capacity = min(max(count, 2 * self._count, _ROWS_MIN), ROWS_PER_STRETCH)
            self._columns = {name: np.resize(column, capacity) for name, column in self._columns.items()}
        for name, column in self._columns.items():
            column[self._count : count] = columns[name][first : first + some]
        self._count = count
        return some

    def drop_through(self, seq: int) -> int:
        """How many rows of it had come by a seq; they go."""
        gone = int(np.searchsorted(self.columns()[EVENTS.number], seq, "right"))
        self._columns = {name: column[gone:].copy() for name, column in self.columns().items()}
        self._count -= gone
        return gone
