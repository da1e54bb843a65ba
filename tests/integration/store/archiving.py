"""What the archiver does between two commits, done at once and by hand; and what a file says, row by row."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from octy.engine.batch import Ints, Longs
from octy.engine.runs import ColumnName, Run, Wanted
from octy.store.archive import ledger
from octy.store.archive.archive import Archive
from octy.store.archive.making import merged_run, new_run
from octy.store.archive.merging import Leaving
from octy.store.archive.run_file import RunFile
from octy.store.blocks import CHANGE_BLOCKS, EVENT_BLOCKS, UncutRows
from octy.store.lines import Lines
from octy.store.log_shape import CHANGES, EVENTS, PROFILE, LogShape
from tests.integration.store.making import EventRow, event_columns, lines

BLOCKS = {EVENTS.name: EVENT_BLOCKS, CHANGES.name: CHANGE_BLOCKS}
NAMES = {number: f"type {number}" for number in range(10)}


class FileRow(NamedTuple):
    """An event as it lies in a file."""

    profile_key: int
    created_us: int
    seq: int
    type_id: int
    accepted_us: int
    properties: str | None


def move(
    connection: Connection,
    archive: Archive,
    account: int,
    shape: LogShape = EVENTS,
    *,
    keys: Sequence[str] = (),
    names: Mapping[int, str] = NAMES,
) -> str | None:
    """All rows that an account has in blocks become a file, whose name this is, if there are any."""
    blocks = BLOCKS[shape.name]
    rows, last = blocks.read_uncut(connection, account), blocks.ends(connection, account)
    if not len(rows):
        return None
    written = new_run(archive, shape, account, rows, names, keys)
    ledger.add(connection, shape, account, int(rows.columns[shape.number][0]), last, written)
    blocks.drop_through(connection, account, last)
    return written.file


def merge(
    connection: Connection,
    archive: Archive,
    account: int,
    shape: LogShape = EVENTS,
    *,
    which: slice = slice(None),
    erased: Collection[int] = (),
) -> str | None:
    """Some neighbouring files of an account become one, whose name this is."""
    runs = ledger.runs(connection, shape, account)[which]
    if not runs:
        return None
    files = [archive.opened(run, shape) for run in runs]
    written = merged_run(archive, shape, account, files, Leaving(frozenset(erased)))
    ledger.remove(connection, [run.run_id for run in runs])
    ledger.add(connection, shape, account, runs[0].first_number, runs[-1].last_number, written)
    for run in runs:
        archive.drop(run.file)
    return written.file


def write(archive: Archive, rows: Sequence[EventRow], *, keys: Sequence[str] = ()) -> Path:
    """A file of events, in no ledger."""
    held = UncutRows(event_columns(rows), Lines.joined([(len(rows), lines(rows))]))
    return archive.folder / new_run(archive, EVENTS, 1, held, NAMES, keys).file


def file_of(archive: Archive, rows: Sequence[EventRow], *, keys: Sequence[str] = ()) -> RunFile:
    """The same, open."""
    return RunFile(write(archive, rows, keys=keys), EVENTS)


def merged(archive: Archive, files: Sequence[RunFile], erased: Collection[int] = ()) -> RunFile:
    """A file of the rows of others, in no ledger."""
    return RunFile(archive.folder / merged_run(archive, EVENTS, 1, files, Leaving(frozenset(erased))).file, EVENTS)


def path_of(archive: Archive, file: str | None) -> Path:
    assert file is not None, "there was something to write"
    return archive.folder / file


def file_rows(rows: Sequence[EventRow]) -> list[FileRow]:
    """Events in the order of a file (T2), where properties that say nothing are none."""
    return sorted(
        FileRow(
            row.profile_key,
            row.created_us,
            row.seq,
            row.type_id,
            row.accepted_us,
            None if row.properties in ("", "null", "{}") else row.properties,
        )
        for row in rows
    )


def rows_of(file: RunFile, first: int = 0, last: int | None = None) -> list[FileRow]:
    """What a file says."""
    end = file.row_count if last is None else last
    columns = file.columns(first, end)
    named = (columns[name].tolist() for name in (PROFILE, "created_us", "seq", "type_id", "accepted_us"))
    return [FileRow(*row) for row in zip(*named, file.properties(first, end), strict=True)]


def run_rows(run: Run, first: int = 0, last: int | None = None) -> list[tuple[int, ...]]:
    """(profile, created_us, seq, event type, accepted_us) of some rows of a run."""
    count = (run.row_count if last is None else last) - first
    profile, event_type = np.full((2, count), -7, np.int32)
    created_us, seq, accepted_us = np.full((3, count), -7, np.int64)
    named: dict[ColumnName, Ints | Longs] = {
        "profile": profile,
        "created_us": created_us,
        "seq": seq,
        "event_type": event_type,
        "accepted_us": accepted_us,
    }
    for name, out in named.items():
        run.read(name, first, out)
    return list(zip(*(out.tolist() for out in named.values()), strict=True))


def run_codes(run: Run, wanted: Wanted, first: int = 0, last: int | None = None) -> list[list[int]]:
    """The codes of some rows of a run, for each key in turn."""
    found = []
    for key, codes in wanted:
        out = np.full((run.row_count if last is None else last) - first, -7, np.int32)
        run.read_codes(key, codes, first, out)
        found.append(out.tolist())
    return found
