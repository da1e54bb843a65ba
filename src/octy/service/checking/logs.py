"""One account's rows of a log, some profiles at a time, wherever they lie."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from octy.engine.batch import Bools, Longs
from octy.store.archive.archive import Archive
from octy.store.blocks import CHANGE_BLOCKS, EVENT_BLOCKS
from octy.store.log_shape import EVENTS, PROFILE, Column, Columns, LogShape, chosen, joined


class Part(NamedTuple):
    """Rows that lie together: columns, and where their properties are."""

    columns: Columns
    source: int
    """The file's place; -1 for the blocks."""
    first: int
    """The first row's, there."""


class AccountLog:
    """The rows of blocks are in memory, in the files' order; of the files is read what is asked for."""

    def __init__(
        self,
        connection: Connection,
        archive: Archive,
        shape: LogShape,
        account_id: int,
        profile_keys: Sequence[int] | None = None,
    ) -> None:
        """`profile_keys`: those that will be asked for, where they are few."""
        self._shape = shape
        self._files = [file for _, file in archive.runs(connection, shape, account_id)]
        blocks = EVENT_BLOCKS if shape is EVENTS else CHANGE_BLOCKS
        if profile_keys is None:
            rows = blocks.read(connection, account_id)
        else:
            rows = blocks.of_profiles(connection, account_id, profile_keys)
        order = shape.order(rows.columns)
        self._columns = chosen(rows.columns, order)
        self._lines = [rows.properties[row] for row in order.tolist()] if shape.has_properties else []
        self.row_count = len(rows) + sum(file.row_count for file in self._files)
        last = int(self._columns[PROFILE][-1]) if len(rows) else -1
        self.last_profile = max([last, *(file.last_profile for file in self._files)])

    def parts(self, first: int, end: int) -> list[Part]:
        """The rows of the profiles with `first` <= key < `end`."""
        found = []
        for place, file in enumerate(self._files):
            begin, stop = file.rows_before(first), file.rows_before(end)
            if begin < stop:
                found.append(Part(file.columns(begin, stop), place, begin))
        begin, stop = np.searchsorted(self._columns[PROFILE], np.array([first, end], np.int32)).tolist()
        if begin < stop:
            found.append(Part({name: column[begin:stop] for name, column in self._columns.items()}, -1, begin))
        return found

    def properties(self, part: Part, wanted: Bools) -> list[bytes]:
        """The properties of some of a part's rows, as JSON."""
        rows: Longs = np.flatnonzero(wanted) + part.first
        if part.source < 0:
            return [self._lines[row] for row in rows.tolist()]
        return self._files[part.source].properties_of(rows)

    def columns(self, parts: list[Part]) -> dict[str, Column]:
        """All rows of parts, by profile, then in the order of their numbers."""
        columns = joined(self._shape, [part.columns for part in parts])
        return chosen(columns, np.lexsort((columns[self._shape.number], columns[PROFILE])))
