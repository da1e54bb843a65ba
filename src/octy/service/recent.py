"""An account's newest events in memory: those that the archive does not have yet.

A late event's evaluation asks for all events of its profile, and a comparison of a million integers answers it in a
millisecond. Their columns take 28 bytes each, their properties what the JSON takes.
"""

from bisect import bisect_right

import numpy as np

from octy.store.blocks import Rows
from octy.store.event_runs import EventsOfProfiles, WantedEvents, events_of_profiles
from octy.store.log_shape import EVENTS, PROFILE, Column, Columns, chosen

_ROWS_MIN = 1_024
_BYTES_PER_ROW = sum(np.dtype(kind).itemsize for kind in EVENTS.types.values())


class Recent:
    """Rows in the order of their seqs. The writer's thread alone touches it."""

    def __init__(self) -> None:
        self._columns = EVENTS.empty()
        self._count = 0
        self._lines_bytes = 0
        self._blocks: list[bytes] = []
        self._starts: list[int] = []
        """Where each block's rows begin."""

    def __len__(self) -> int:
        return self._count

    @property
    def size_bytes(self) -> int:
        """How much memory the rows take, about."""
        return self._count * _BYTES_PER_ROW + self._lines_bytes

    def append(self, columns: Columns, lines: bytes) -> None:
        """More rows, with a line of JSON each."""
        count = self._count + len(columns[PROFILE])
        if count > len(self._columns[PROFILE]):
            capacity = max(count + count // 2, _ROWS_MIN)
            self._columns = {name: np.resize(column, capacity) for name, column in self._columns.items()}
        for name, column in self._columns.items():
            column[self._count : count] = columns[name]
        self._starts.append(self._count)
        self._blocks.append(lines)
        self._lines_bytes += len(lines)
        self._count = count

    def load(self, rows: Rows) -> None:
        """The rows that the store has at the start."""
        self.append(rows.columns, b"\n".join([*rows.properties, b""]))

    def drop_through(self, seq: int) -> None:
        """The archive has the rows up to a seq."""
        gone = int(np.searchsorted(self._columns["seq"][: self._count], seq, "right"))
        kept = {name: column[gone : self._count].copy() for name, column in self._columns.items()}
        block = bisect_right(self._starts, gone) - 1
        cut = b"\n".join(self._blocks[block].split(b"\n")[gone - self._starts[block] :]) if gone < self._count else b""
        self._starts = [0, *(start - gone for start in self._starts[block + 1 :])]
        self._blocks = [cut, *self._blocks[block + 1 :]]
        self._lines_bytes = sum(map(len, self._blocks))
        self._columns, self._count = kept, len(kept[PROFILE])

    def of_profiles(self, wanted: WantedEvents) -> EventsOfProfiles:
        """Those that are asked for."""
        profile = self._columns[PROFILE][: self._count]
        asked = np.zeros(max(int(profile.max(initial=0)), int(wanted.profiles.max(initial=0))) + 1, np.bool_)
        asked[wanted.profiles] = True
        rows: Column = np.flatnonzero(asked[profile])
        rows = rows[wanted.among(chosen(self._columns, rows))]
        lines = self._properties(rows) if wanted.with_properties else [b""] * len(rows)
        return events_of_profiles(chosen(self._columns, rows), lines)

    def _properties(self, rows: Column) -> list[bytes]:
        found: list[bytes] = []
        block, lines = -1, [b""]
        for row in rows.tolist():
            its_block = bisect_right(self._starts, row) - 1
            if its_block != block:
                block, lines = its_block, self._lines(its_block)
            found.append(lines[row - self._starts[block]])
        return found

    def _lines(self, block: int) -> list[bytes]:
        return self._blocks[block].split(b"\n")[:-1]
