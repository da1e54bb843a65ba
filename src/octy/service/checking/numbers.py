"""Is every row of the two logs in exactly one place, and is none missing?

Each number that was ever given gets a mark when its row is met, wherever that is. A second meeting is a difference; and
the rows that were met, with those that left with deleted profiles or for their age, must be as many as the last number
says.
"""

from collections import defaultdict
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from octy.engine.batch import Bools, Longs
from octy.service.checking.findings import Findings
from octy.store import events, inspection, meta, tags, tallies
from octy.store.archive import ledger
from octy.store.blocks import unpacked
from octy.store.folder import Snapshot
from octy.store.inspection import RawBlock
from octy.store.log_shape import CHANGES, EVENTS, Columns, LogShape

WORDS = {EVENTS.name: "event", CHANGES.name: "tag change"}


class Place(NamedTuple):
    """Where an account's rows lie, and from which number to which."""

    where: str
    first: int
    last: int


class Met:
    """Which numbers of a log were met so far."""

    def __init__(self, shape: LogShape, last: int, findings: Findings) -> None:
        self._shape = shape
        self._findings = findings
        self._marks: Bools = np.zeros(last + 1, np.bool_)
        self.places: dict[int, list[Place]] = defaultdict(list)
        """By account, in their order."""

    @property
    def count(self) -> int:
        """How many there are of them."""
        return int(self._marks.sum())

    def has(self, number: int) -> bool:
        """Whether a row with the number was met."""
        return 0 <= number < len(self._marks) and bool(self._marks[number])

    def take(self, place: Place, account_id: int, numbers: Longs) -> None:
        """Rows are met."""
        self.places[account_id].append(place)
        within = (numbers >= 1) & (numbers < len(self._marks))
        for number in numbers[~within].tolist():
            wanted = f"numbers up to the last one that was given, {len(self._marks) - 1:,}"
            self._findings.differ(f"{self._shape.name} log", place.where, wanted, f"{number:,}")
        known = numbers[within]
        order = np.sort(known)
        twice = set(known[self._marks[known]].tolist()) | set(order[1:][order[1:] == order[:-1]].tolist())
        for number in sorted(twice):
            where = f"{self._shape.number} {number:,}, {place.where}"
            self._findings.differ(WORDS[self._shape.name], where, "one row in one place", "another one before it")
        self._marks[known] = True


def check_numbers(snapshot: Snapshot, findings: Findings, unreadable: set[int]) -> Met:
    """Notes every difference, and adds the accounts of whose logs a part cannot be read; which events were met."""
    last = tallies.given(snapshot.connection) or tallies.Given(
        events.last_seq(snapshot.connection), tags.last_change_id(snapshot.connection)
    )
    met = {}
    for shape, number in ((EVENTS, last.seq), (CHANGES, last.change_id)):
        met[shape.name] = _walk(snapshot, shape, Met(shape, number, findings), findings, unreadable)
    _check_counts(snapshot, findings, met, last, whole=not unreadable)
    return met[EVENTS.name]


def _walk(snapshot: Snapshot, shape: LogShape, met: Met, findings: Findings, unreadable: set[int]) -> Met:
    for run in ledger.all_runs(snapshot.connection, shape):
        if run.account_id not in unreadable:
            file = snapshot.archive.opened(run, shape)
            numbers = file.column(shape.number, 0, file.row_count)
            met.take(Place(run.file, run.first_number, run.last_number), run.account_id, numbers)
    now_us = int(meta.get_value(snapshot.connection, "now_us") or 0)
    for block in inspection.blocks(snapshot.connection, shape):
        findings.checked["blocks"] += 1
        place = Place(f"block {block.first:,}", block.first, block.last)
        columns = _columns(shape, block, place, findings)
        if columns is None:
            unreadable.add(block.account_id)
            continue
        _check_block(shape, block, columns, place, findings, now_us)
        met.take(place, block.account_id, columns[shape.number])
    for places in met.places.values():
        for one, next_ in pairwise(places):
            if next_.first <= one.last:
                wanted = f"numbers after {one.last:,}, the last of {one.where}"
                findings.differ(f"{shape.name} log", next_.where, wanted, f"{next_.first:,}")
    findings.checked[f"{WORDS[shape.name]}s"] += met.count
    return met


def _columns(shape: LogShape, block: RawBlock, place: Place, findings: Findings) -> Columns | None:
    """A block's columns; None where it holds something else."""
    wanted_bytes = block.row_count * sum(np.dtype(kind).itemsize for kind in shape.types.values())
    if len(block.columns) != wanted_bytes:
        where = f"{place.where} of the {shape.name} log"
        findings.differ("block", where, f"{wanted_bytes:,} bytes of columns", f"{len(block.columns):,}")
        return None
    line_count = block.properties.count(b"\n") if shape.has_properties else block.row_count
    if line_count != block.row_count:
        where = f"{place.where} of the {shape.name} log"
        findings.differ("block", where, f"{block.row_count:,} lines of properties", f"{line_count:,}")
        return None
    return unpacked(shape, block.row_count, block.columns)


def _check_block(
    shape: LogShape, block: RawBlock, columns: Columns, place: Place, findings: Findings, now_us: int
) -> None:
    """The numbers rise and are the block's, and no instant is ahead of the store's."""
    numbers = columns[shape.number]
    where = f"{place.where} of the {shape.name} log"
    if len(numbers) and not (
        block.first <= numbers[0] and numbers[-1] <= block.last and bool((numbers[1:] > numbers[:-1]).all())
    ):
        wanted = f"numbers that rise from {block.first:,} to {block.last:,}"
        findings.differ("block", where, wanted, f"{int(numbers.min()):,} to {int(numbers.max()):,} in some order")
    instants = columns["accepted_us" if shape is EVENTS else "recorded_us"]
    if len(instants) and not (bool((instants[1:] >= instants[:-1]).all()) and instants[-1] <= now_us):
        findings.differ("block", where, "instants that rise to the store's own", "others")


def _check_counts(
    snapshot: Snapshot, findings: Findings, met: dict[str, Met], last: tallies.Given, *, whole: bool
) -> None:
    """Whether what is there and what has left are as many as were ever given."""
    connection = snapshot.connection
    stored = tallies.Given(events.last_seq(connection), tags.last_change_id(connection))
    for what, said, found in (
        ("event", last.seq, stored.seq),
        ("tag change", last.change_id, stored.change_id),
    ):
        if found != said:
            findings.differ(f"last {what}", "number", f"{said:,}, the last that was given", f"{found:,}")
    gone = tallies.gone(connection)
    if gone is None or not whole:
        return  # a part that cannot be read is told of already
    leaving = {shape.name: tallies.rows_leaving(connection, snapshot.archive, shape) for shape in (EVENTS, CHANGES)}
    for word, wanted, found in (
        ("profiles", gone.profiles, tallies.keys_without_profile(connection)),
        ("events", gone.events, last.seq - met[EVENTS.name].count + leaving[EVENTS.name]),
        ("tag changes", gone.changes, last.change_id - met[CHANGES.name].count + leaving[CHANGES.name]),
    ):
        if found != wanted:
            findings.differ(
                "count", word, f"{wanted:,} that are gone, deleted or removed for their age", f"{found:,} gone"
            )
