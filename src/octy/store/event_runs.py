"""Stored events as the engine takes many of them (`engine.runs`): an account's files, and its newest ones from memory.

Also what a late event's evaluation asks for: the events of a few profiles, wherever they are.
"""

from collections.abc import Iterator, Sequence
from math import nan

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection

from octy.engine.batch import Bools, Floats, Ints, Longs
from octy.engine.kernels.translation import translate
from octy.engine.runs import Codes, ColumnName, NumberOf
from octy.store.archive.archive import Archive
from octy.store.archive.run_file import RunFile
from octy.store.blocks import EVENT_BLOCKS, Rows, UncutRows
from octy.store.lines import Lines, texts_of
from octy.store.log_shape import EVENTS, PROFILE, Column, Columns, chosen, joined
from octy.store.numbered_texts import NumberedTexts

_NAMES: dict[ColumnName, str] = {
    "profile": PROFILE,
    "event_type": "type_id",
    "created_us": "created_us",
    "accepted_us": "accepted_us",
    "seq": "seq",
}


class FileRun:
    """A file of the archive, as a run."""

    def __init__(self, file: RunFile) -> None:
        self._file = file
        self.row_count = file.row_count
        self.rows_before = file.rows_before

    def read(self, name: ColumnName, first: int, out: Ints | Longs) -> None:
        """Fills `out` with a column, from row `first` on."""
        self._file.read(_NAMES[name], first, out)

    def read_codes(self, key: str, codes: Codes, first: int, out: Ints) -> None:
        """The same of a property's codes, from its column, or where the file has none from the JSON."""
        if self._file.has(key):
            self._file.read_codes(key, codes, first, out)
        else:
            out[:] = 0
            for row, text in self._texts(key, first, len(out)):
                out[row] = codes.get(text, 0)

    def read_numbers(self, key: str, number_of: NumberOf, first: int, out: Floats) -> None:
        """Fills `out` with what a property's texts count, from row `first` on; NaN where there is none."""
        if self._file.has(key):
            self._file.read_numbers(key, number_of, first, out)
        else:
            out[:] = nan
            for row, text in self._texts(key, first, len(out)):
                out[row] = number_of(text)

    def _texts(self, key: str, first: int, count: int) -> Iterator[tuple[int, str]]:
        properties = self._file.properties(first, first + count)
        return texts_of(Lines.of([(text or "").encode() for text in properties]), key)


class MemoryRun:
    """Rows of blocks, put in a run's order."""

    def __init__(self, rows: UncutRows) -> None:
        self._order = EVENTS.order(rows.columns)
        self._columns = chosen(rows.columns, self._order)
        self._lines = rows.lines
        self._codes: dict[str, tuple[NumberedTexts, Ints]] = {}
        self.row_count = len(rows)

    def rows_before(self, profile: int) -> int:
        """How many rows belong to profiles with smaller keys."""
        return int(np.searchsorted(self._columns[PROFILE], np.int32(profile)))

    def read(self, name: ColumnName, first: int, out: Ints | Longs) -> None:
        """Fills `out` with a column, from row `first` on."""
        out[:] = self._columns[_NAMES[name]][first : first + len(out)]

    def read_codes(self, key: str, codes: Codes, first: int, out: Ints) -> None:
        """The same of a property's codes. Its lines are decoded when somebody first asks for it."""
        texts, numbers = self._texts(key)
        translate(texts.known(codes), numbers[first : first + len(out)], out)

    def read_numbers(self, key: str, number_of: NumberOf, first: int, out: Floats) -> None:
        """The same of what a property's texts count."""
        texts, numbers = self._texts(key)
        out[:] = texts.numbers(number_of)[numbers[first : first + len(out)]]

    def _texts(self, key: str) -> tuple[NumberedTexts, Ints]:
        found = self._codes.get(key)
        if found is None:
            found = self._codes[key] = self._numbered(key)
        return found

    def _numbered(self, key: str) -> tuple[NumberedTexts, Ints]:
        texts: dict[str, int] = {}
        of_line = np.zeros(self.row_count, np.int32)
        for row, text in texts_of(self._lines, key):
            of_line[row] = texts.setdefault(text, len(texts) + 1)
        return NumberedTexts(list(texts)), of_line[self._order]


class WantedEvents(Struct, frozen=True, eq=False):
    """Which events of an account are asked for."""

    profiles: Ints
    """Ascending."""
    type_ids: frozenset[int]
    after_us: int
    """Only events that happened later."""
    with_properties: bool

    def among(self, columns: Columns) -> Bools:
        """Which of these profiles' rows they are."""
        types = np.isin(columns["type_id"], np.array(sorted(self.type_ids), np.int32))
        found: Bools = types & (columns["created_us"] > self.after_us)
        return found


class EventsOfProfiles(Struct, frozen=True, eq=False):
    """Events as columns of equal length."""

    profile: Ints
    type_id: Ints
    created_us: Longs
    accepted_us: Longs
    seq: Longs
    properties: list[bytes]
    """JSON, undecoded; may be empty."""

    @classmethod
    def joined_in_order(cls, parts: Sequence["EventsOfProfiles"]) -> "EventsOfProfiles":
        """All of them, ordered by profile, created_us and seq (T2)."""
        profile, type_id, created_us, accepted_us, seq = (
            np.concatenate([getattr(part, name) for part in parts]) for name in cls.__struct_fields__[:-1]
        )
        lines = [line for part in parts for line in part.properties]
        order = np.lexsort((seq, created_us, profile))
        return cls(
            profile[order],
            type_id[order],
            created_us[order],
            accepted_us[order],
            seq[order],
            [lines[row] for row in order.tolist()],
        )


def runs_of(
    connection: Connection, archive: Archive, account_id: int, newest: UncutRows | None = None
) -> list[FileRun | MemoryRun]:
    """All of an account's events; the runs' seqs rise from one to the next. `newest`: the blocks' rows, if at hand."""
    files = [FileRun(file) for _, file in archive.runs(connection, EVENTS, account_id)]
    rows = EVENT_BLOCKS.read_uncut(connection, account_id) if newest is None else newest
    return [*files, MemoryRun(rows)] if len(rows) else [*files]


def accepted_after(connection: Connection, archive: Archive, account_id: int, seq: int) -> EventsOfProfiles:
    """The account's events with a greater seq, in the order of their seqs."""
    parts = [EVENT_BLOCKS.read(connection, account_id, seq)]
    for run, file in archive.runs(connection, EVENTS, account_id):
        if run.last_number > seq:
            later = np.flatnonzero(file.column("seq", 0, file.row_count) > seq)
            parts.append(Rows(chosen(file.columns(0, file.row_count), later), file.properties_of(later)))
    columns = joined(EVENTS, [part.columns for part in parts])
    lines = [line for part in parts for line in part.properties]
    order = np.argsort(columns["seq"])
    return events_of_profiles(chosen(columns, order), [lines[row] for row in order.tolist()])


def archived_of_profiles(
    connection: Connection, archive: Archive, account_id: int, wanted: WantedEvents
) -> list[EventsOfProfiles]:
    """What the archive has of them."""
    return [
        _of_profiles(file, wanted)
        for run, file in archive.runs(connection, EVENTS, account_id)
        if run.created_max_us > wanted.after_us and not wanted.type_ids.isdisjoint(run.type_ids)
    ]


def _of_profiles(file: RunFile, wanted: WantedEvents) -> EventsOfProfiles:
    ranges = [(file.rows_before(profile), file.rows_before(profile + 1)) for profile in wanted.profiles.tolist()]
    columns = joined(EVENTS, [file.columns(first, last) for first, last in ranges if first < last])
    rows: Column = np.concatenate([np.empty(0, np.int64), *(np.arange(first, last) for first, last in ranges)])
    kept = np.flatnonzero(wanted.among(columns))
    lines = file.properties_of(rows[kept]) if wanted.with_properties else [b""] * len(kept)
    return events_of_profiles(chosen(columns, kept), lines)


def events_of_profiles(columns: Columns, lines: list[bytes]) -> EventsOfProfiles:
    """Rows by their columns in the log."""
    return EventsOfProfiles(
        columns[PROFILE], columns["type_id"], columns["created_us"], columns["accepted_us"], columns["seq"], lines
    )
