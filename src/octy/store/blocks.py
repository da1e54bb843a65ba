"""The newest rows of a log: one database row for each account's part of a commit, with its columns as bytes.

A row of a table for each event costs 2 µs, and an index by profile more than that. As columns, 500 events cost as much
as one row does; and whoever looks for a profile compares a million integers in a millisecond.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, Table, and_, bindparam, func, or_, select

from octy.store.free_pages import moving
from octy.store.lines import Lines
from octy.store.log_shape import CHANGES, EVENTS, PROFILE, Column, Columns, LogShape, chosen, joined
from octy.store.rows import insert_rows
from octy.store.schema import change_blocks, event_blocks

BLOCK_BYTES = 262_144
"""A block of so many bytes of properties is full: the database takes several times its largest row in memory."""


class Rows(Struct, frozen=True):
    """Rows of a log in the order of their numbers; of events, with their properties as JSON."""

    columns: Columns
    properties: list[bytes]

    def __len__(self) -> int:
        return len(self.columns[PROFILE])


class UncutRows(Struct, frozen=True):
    """As `Rows`, with the lines as they lie in the store."""

    columns: Columns
    lines: Lines

    def __len__(self) -> int:
        return len(self.columns[PROFILE])


class Blocks:
    """One log's."""

    def __init__(self, shape: LogShape, table: Table) -> None:
        self._shape = shape
        self._table = table
        first, last = list(table.columns)[:2]
        self._last = last
        self._insert = table.insert()
        self._greatest = select(func.max(last))
        self._read = self._question(first)
        self._read_columns = self._question(first, with_properties=False)

    def append(self, connection: Connection, account_id: int, columns: Columns, lines: bytes = b"") -> None:
        """Adds an account's rows, whose numbers rise and are greater than all before; `lines` has a line for each."""
        if len(lines) <= BLOCK_BYTES:
            self._append(connection, account_id, columns, lines)
            return
        begin = first = 0
        while begin < len(lines):
            end = lines.find(b"\n", begin + BLOCK_BYTES) + 1 or len(lines)
            last = first + lines.count(b"\n", begin, end)
            self._append(connection, account_id, chosen(columns, slice(first, last)), lines[begin:end])
            begin, first = end, last

    def _append(self, connection: Connection, account_id: int, columns: Columns, lines: bytes) -> None:
        numbers = columns[self._shape.number]
        row = (int(numbers[0]), int(numbers[-1]), account_id, len(numbers), _packed(self._shape, columns))
        insert_rows(connection, self._insert, [(*row, lines) if self._shape.has_properties else row])

    def last_number(self, connection: Connection) -> int:
        """The greatest number among the blocks, though its row may be gone; 0 where there are no blocks."""
        last: int | None = connection.scalar(self._greatest)
        return last or 0

    def ends(self, connection: Connection, account_id: int) -> int:
        """The last number of an account's blocks, though its row may be gone; 0 where it has none."""
        question = select(func.max(self._last)).where(self._table.c.account_id == account_id)
        last: int | None = connection.scalar(question)
        return last or 0

    def ends_with(self, connection: Connection, account_id: int, rows: int, bytes_: int) -> int:
        """As `ends`, of the first of them that hold so many rows, or so many bytes of properties."""
        first, table = next(iter(self._table.columns)), self._table
        held = func.sum(func.length(table.c.properties)) if self._shape.has_properties else func.sum(0)
        so_far = select(
            self._last.label("last"),
            func.sum(table.c.row_count).over(order_by=first).label("rows"),
            held.over(order_by=first).label("bytes"),
        ).where(table.c.account_id == account_id)
        found = so_far.subquery().c
        enough = select(func.min(found.last)).where(or_(found.rows >= rows, found.bytes >= bytes_))
        last: int | None = connection.scalar(enough)
        return self.ends(connection, account_id) if last is None else last

    def of_profiles(self, connection: Connection, account_id: int, profile_keys: Sequence[int]) -> Rows:
        """Some profiles' rows. The properties of others are not looked at, which makes it several times as fast."""
        parts, lines = [], []
        beyond = max(profile_keys, default=-1) + 1
        is_asked = np.zeros(beyond + 1, np.bool_)
        is_asked[list(profile_keys)] = True
        for columns, text in self._found(connection, self._read, account_id, 0, None):
            mine = np.flatnonzero(is_asked[np.minimum(columns[PROFILE], beyond)])
            if len(mine):
                parts.append(chosen(columns, mine))
                if self._shape.has_properties:
                    said = text.split(b"\n")
                    lines += [said[row] for row in mine.tolist()]
        return Rows(joined(self._shape, parts), lines)

    def read(self, connection: Connection, account_id: int, after: int = 0, through: int | None = None) -> Rows:
        """An account's rows with `after` < number <= `through`."""
        parts, lines = [], []
        for columns, text in self._found(connection, self._read, account_id, after, through):
            parts.append(columns)
            lines += text.split(b"\n")[:-1]
        rows = Rows(joined(self._shape, parts), lines)
        numbers = rows.columns[self._shape.number]
        if len(rows) and (numbers[0] <= after or (through is not None and numbers[-1] > through)):
            wanted = (numbers > after) & (numbers <= (numbers[-1] if through is None else through))
            kept = np.flatnonzero(wanted)
            rows = Rows(chosen(rows.columns, kept), [lines[row] for row in kept.tolist()] if lines else [])
        return rows

    def read_uncut(self, connection: Connection, account_id: int, through: int | None = None) -> UncutRows:
        """An account's rows, or those of its blocks up to the one that ends there; no line of properties is touched."""
        parts: list[Columns] = []

        def texts() -> Iterator[tuple[int, bytes]]:
            for columns, text in self._found(connection, self._read, account_id, 0, through):
                parts.append(columns)
                yield len(columns[PROFILE]) if self._shape.has_properties else 0, text

        lines = Lines.joined(texts())
        return UncutRows(joined(self._shape, parts), lines)

    def read_columns(self, connection: Connection, account_id: int) -> dict[str, Column]:
        """All of an account's rows without their properties, which is ten times as fast."""
        found = self._found(connection, self._read_columns, account_id, 0, None)
        return joined(self._shape, [columns for columns, _ in found])

    def counts(self, connection: Connection) -> dict[int, int]:
        """How many rows each account has here; accounts without any are left out."""
        table = self._table
        question = select(table.c.account_id, func.sum(table.c.row_count)).group_by(table.c.account_id)
        return {row[0]: row[1] for row in connection.execute(question)}

    def drop_through(self, connection: Connection, account_id: int, through: int) -> None:
        """Removes an account's blocks that end at or before a number: the archive has them."""
        gone = self._table.delete().where(self._table.c.account_id == account_id, self._last <= through)
        with moving(connection):
            connection.execute(gone)

    def drop_profiles(self, connection: Connection, account_id: int, profile_keys: Sequence[int]) -> int:
        """Removes profiles' rows, and counts them. Their blocks stay, if empty: no number is given again (T2)."""
        table, first = self._table, next(iter(self._table.columns))
        looked_at = select(first, table.c.row_count, table.c.columns).where(table.c.account_id == account_id)
        dropped = 0
        for number, count, packed in connection.execute(looked_at).all():
            columns = unpacked(self._shape, count, packed)
            kept = np.flatnonzero(~np.isin(columns[PROFILE], profile_keys))
            if len(kept) < count:
                dropped += count - len(kept)
                changed = {"row_count": len(kept), "columns": _packed(self._shape, chosen(columns, kept))}
                if self._shape.has_properties:
                    said: bytes = connection.execute(select(table.c.properties).where(first == number)).scalar_one()
                    lines = said.split(b"\n")
                    changed["properties"] = b"".join(lines[row] + b"\n" for row in kept.tolist())
                connection.execute(table.update().where(first == number), changed)
        return dropped

    def _question(self, first: ColumnElement[int], *, with_properties: bool = True) -> Select[Any]:
        table = self._table
        wanted = [table.c.row_count, table.c.columns]
        if with_properties and self._shape.has_properties:
            wanted.append(table.c.properties)
        mine = and_(table.c.account_id == bindparam("account"), first <= bindparam("through"))
        return select(*wanted).where(mine, self._last > bindparam("after")).order_by(first)

    def _found(
        self, connection: Connection, question: Select[Any], account_id: int, after: int, through: int | None
    ) -> Iterable[tuple[Columns, bytes]]:
        end = np.iinfo(np.int64).max if through is None else through
        for row in connection.execute(question, {"account": account_id, "after": after, "through": int(end)}):
            yield unpacked(self._shape, row[0], row[1]), row[2] if len(row) > 2 else b""


EVENT_BLOCKS = Blocks(EVENTS, event_blocks)
CHANGE_BLOCKS = Blocks(CHANGES, change_blocks)


def _packed(shape: LogShape, columns: Columns) -> bytes:
    return b"".join(np.ascontiguousarray(columns[name], kind).tobytes() for name, kind in shape.types.items())


def unpacked(shape: LogShape, count: int, packed: bytes) -> dict[str, Column]:
    """The columns in a block's bytes."""
    columns, offset = {}, 0
    for name, kind in shape.types.items():
        columns[name] = np.frombuffer(packed, kind, count, offset)
        offset += columns[name].nbytes
    return columns
