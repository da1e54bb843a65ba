"""Are the archive's files what its ledger says? Every byte is read."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

from octy.service.checking.findings import Findings
from octy.service.checking.remedies import LedgerLine, StrayFile
from octy.store.archive import ledger
from octy.store.archive.ledger import ArchivedRun
from octy.store.archive.run_file import RunFile
from octy.store.archive.run_writer import digest
from octy.store.folder import Snapshot
from octy.store.log_shape import ARCHIVED, PROFILE, Columns, LogShape

ROWS_AT_ONCE = 1 << 20


class Contents(Struct):
    """What a file holds, as its ledger's line should say it."""

    row_count: int = 0
    created_min_us: int = 0
    created_max_us: int = 0
    type_ids: tuple[int, ...] = ()
    first_number: int = 0
    last_number: int = 0
    is_in_order: bool = True


def check_files(snapshot: Snapshot, findings: Findings) -> set[int]:
    """Notes every difference; returns the accounts of whose logs a part cannot be read."""
    unreadable: set[int] = set()
    known: set[str] = set()
    for shape in ARCHIVED:
        for run in ledger.all_runs(snapshot.connection, shape):
            known.add(run.file)
            findings.checked["archive files"] += 1
            path = snapshot.archive.folder / run.file
            if not _is_whole(path, run, findings) or not _agrees(path, shape, run, findings):
                unreadable.add(run.account_id)
    for path in sorted(snapshot.archive.folder.glob("*")):
        if path.name not in known:
            findings.differ(
                "archive file", path.name, "no file that the ledger does not know", "one", StrayFile(path.name)
            )
    return unreadable


def _is_whole(path: Path, run: ArchivedRun, findings: Findings) -> bool:
    """Whether the file's bytes are those that were written."""
    if not path.is_file():
        findings.differ("archive file", run.file, f"a file of {run.file_bytes:,} bytes", "no file")
        return False
    found_bytes = path.stat().st_size
    findings.checked["bytes in archive files"] += found_bytes
    if found_bytes != run.file_bytes:
        findings.differ("archive file", run.file, f"{run.file_bytes:,} bytes", f"{found_bytes:,} bytes")
        return False
    found = digest(path)
    if found != run.file_sha256:
        findings.differ("archive file", run.file, f"SHA-256 {run.file_sha256.hex()}", found.hex())
        return False
    return True


def _agrees(path: Path, shape: LogShape, run: ArchivedRun, findings: Findings) -> bool:
    """Whether the ledger's line says what the file holds, and the file is in order."""
    try:
        held = contents(RunFile(path, shape))
    except (ValueError, OSError, AssertionError) as error:
        findings.differ("archive file", run.file, "a file of the archive", f"none ({error})")
        return False
    said = {name: getattr(run, name) for name in LedgerLine.__struct_fields__[1:]}
    is_right = {name: getattr(held, name) for name in said}
    for name, value in said.items():
        if value != is_right[name]:
            remedy = LedgerLine(run.run_id, **is_right)
            findings.differ("archive ledger", f"{run.file}, {name}", _told(is_right[name]), _told(value), remedy)
    if held.row_count and not run.first_number <= held.first_number <= held.last_number <= run.last_number:
        wanted = f"rows numbered {run.first_number:,} to {run.last_number:,}"
        findings.differ("archive file", run.file, wanted, f"{held.first_number:,} to {held.last_number:,}")
        return False
    if not held.is_in_order:
        wanted = f"rows ordered by profile, {shape.instant} and {shape.number}"
        findings.differ("archive file", run.file, wanted, "rows in another order")
        return False
    return True


def contents(file: RunFile) -> Contents:
    """What a file holds. Some rows are in memory at a time."""
    shape, labels, found = file.shape, set[int](), Contents(row_count=file.row_count)
    for columns in _slices(file):
        numbers, instants = columns[shape.number], columns[shape.instant]
        is_first = not labels
        labels.update(np.unique(columns[shape.label]).tolist())
        low, high = int(instants.min()), int(instants.max())
        found.created_min_us = low if is_first else min(low, found.created_min_us)
        found.created_max_us = high if is_first else max(high, found.created_max_us)
        low, high = int(numbers.min()), int(numbers.max())
        found.first_number = low if is_first else min(low, found.first_number)
        found.last_number = high if is_first else max(high, found.last_number)
        found.is_in_order &= _is_in_order(shape, columns)
    found.type_ids = tuple(sorted(labels))
    return found


def _slices(file: RunFile) -> Iterator[Columns]:
    """Each begins with the last row of the one before, so that no neighbours are missed."""
    names = {PROFILE, file.shape.number, file.shape.instant, file.shape.label}
    for first in range(0, file.row_count, ROWS_AT_ONCE):
        last = min(first + ROWS_AT_ONCE, file.row_count)
        yield {name: file.column(name, max(first - 1, 0), last) for name in names}


def _is_in_order(shape: LogShape, columns: Columns) -> bool:
    profile, instant, number = columns[PROFILE], columns[shape.instant], columns[shape.number]
    same_profile = profile[1:] == profile[:-1]
    same_instant = instant[1:] == instant[:-1]
    rises = (profile[1:] > profile[:-1]) | (
        same_profile & ((instant[1:] > instant[:-1]) | (same_instant & (number[1:] > number[:-1])))
    )
    return bool(rises.all())


def _told(value: object) -> str:
    return msgspec.json.encode(value).decode()
