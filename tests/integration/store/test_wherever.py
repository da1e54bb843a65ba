"""Is every row found, wherever it is: in a block, in a file, in a file of files, or some here and some there?

Two accounts' logs grow, are archived, merged and erased in any order; a plain list of rows says what should be found.
"""

import json
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from octy.model.tags import ChangeKind
from octy.model.values import canonical
from octy.store import accounts, erasures, events, profiles, tags
from octy.store.archive import ledger, merging, parquet, run_writer
from octy.store.archive.archive import Archive
from octy.store.archive.run_file import RunFile
from octy.store.event_runs import WantedEvents, accepted_after, archived_of_profiles, runs_of
from octy.store.events import StoredEvent
from octy.store.folder import Store
from octy.store.log_shape import CHANGES, EVENTS, LogShape
from tests.integration.store.archiving import merge, move, run_codes, run_rows
from tests.integration.store.making import (
    MINUTE_US,
    NOON_US,
    ChangeRow,
    EventRow,
    apply_changes,
    change,
    event,
    insert_events,
)

OURS, THEIRS = 0, 1
PROFILES = range(5)
TYPES = range(1, 4)
KEYS = ("colour", "size")
CODES = {"red": 1, "30": 2, "true": 3}


class Accepted(NamedTuple):
    """Events of both accounts in one commit, and a change of a tag for each."""

    rows: list[tuple[int, int, int, int, str | None]]
    """(whose, profile, type, minute, properties)."""
    seqs_lost: int
    """How many numbers nobody got."""


class Moved(NamedTuple):
    """An account's blocks became a file."""

    whose: int
    shape: LogShape


class Merged(NamedTuple):
    """Some neighbouring files of an account became one."""

    whose: int
    shape: LogShape
    which: slice


class Deleted(NamedTuple):
    """A profile went (X3), and is still in the archive."""

    whose: int
    profile: int


class Erased(NamedTuple):
    """An account's deleted profiles left its files."""

    whose: int


Step: TypeAlias = Accepted | Moved | Merged | Deleted | Erased

whose = st.sampled_from([OURS, THEIRS])
shapes = st.sampled_from([EVENTS, CHANGES])
properties = st.none() | st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["red", 30, 30.0, True, None])).map(
    json.dumps
)
rows = st.tuples(whose, st.sampled_from(PROFILES), st.sampled_from(TYPES), st.integers(0, 20), properties)
accepted = st.builds(Accepted, st.lists(rows, max_size=12), st.sampled_from([0, 0, 3]))
slices = st.builds(slice, st.integers(0, 2), st.integers(1, 5))
steps = st.lists(
    accepted
    | accepted
    | st.builds(Moved, whose, shapes)
    | st.builds(Merged, whose, shapes, slices)
    | st.builds(Deleted, whose, st.sampled_from(PROFILES))
    | st.builds(Erased, whose),
    min_size=3,
    max_size=20,
)


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few rows make several row groups, and three texts of a property are too many for codes."""
    for module in (merging, run_writer):
        monkeypatch.setattr(module, "ROWS_PER_GROUP", 4)
    for module in (merging, parquet):
        monkeypatch.setattr(module, "CODED_TEXTS_MAX", 2)
    monkeypatch.setattr(RunFile, "ROWS_PER_MARK", 2)


class Logs:
    """A store's two accounts, and beside them what they should hold, in plain lists."""

    def __init__(self, connection: Connection, archive: Archive) -> None:
        self.connection = connection
        self.archive = archive
        self.accounts = [accounts.create(connection, f"account {who}", NOON_US) for who in (OURS, THEIRS)]
        self.events: list[EventRow] = []
        self.changes: list[tuple[int, ChangeRow]] = []
        """(account, change)."""
        self.archived_through = dict.fromkeys(self.accounts, 0)
        self.deleted: set[tuple[int, int]] = set()
        """(account, profile), whose keys are never given again."""
        self.last_seq = 0

    def take(self, step: Step) -> None:
        """The store and the lists do the same."""
        match step:
            case Accepted():
                self._accept(step)
            case Moved(who, shape):
                account = self.accounts[who]
                if move(self.connection, self.archive, account, shape, keys=KEYS) and shape is EVENTS:
                    self.archived_through[account] = self.last_seq
            case Merged(who, shape, which):
                merge(self.connection, self.archive, self.accounts[who], shape, which=which)
            case Deleted(who, profile) if (self.accounts[who], profile) not in self.deleted:
                profiles.delete(self.connection, self.archive, self.accounts[who], [profile], NOON_US)
                self.deleted.add((self.accounts[who], profile))
                self.events = [row for row in self.events if (row.account_id, row.profile_key) not in self.deleted]
                self.changes = [one for one in self.changes if (one[0], one[1].profile_key) not in self.deleted]
            case Erased(who):
                self._erase(self.accounts[who])

    def _accept(self, step: Accepted) -> None:
        new = [
            event(seq, self.accounts[who], profile, type_id, at=at, properties=text)
            for seq, (who, profile, type_id, at, text) in enumerate(step.rows, self.last_seq + 1)
            if (self.accounts[who], profile) not in self.deleted
        ]
        insert_events(self.connection, new)
        self.events += new
        self.last_seq = max([self.last_seq, *(row.seq for row in new)]) + (step.seqs_lost if new else 0)
        for row in new:
            caused = change(ChangeKind.CREATED, row.profile_key, row.type_id, at=row.seq % 7, seq=row.seq)
            apply_changes(self.connection, row.account_id, [caused])
            self.changes.append((row.account_id, caused))

    def _erase(self, account: int) -> None:
        gone = erasures.requested(self.connection).get(account, set())
        for shape in (EVENTS, CHANGES):
            for place in range(len(ledger.runs(self.connection, shape, account))):
                merge(self.connection, self.archive, account, shape, which=slice(place, place + 1), erased=gone)
        erasures.done(self.connection, account, gone)

    def mine(self, account: int) -> list[EventRow]:
        """An account's events."""
        return [row for row in self.events if row.account_id == account]

    def gone(self, account: int) -> set[int]:
        """An account's deleted profiles of which files may still tell."""
        return erasures.requested(self.connection).get(account, set())


def whole(row: EventRow) -> tuple[int, ...]:
    """An event in a run's order."""
    return row.profile_key, row.created_us, row.seq, row.type_id, row.accepted_us


def said(row: EventRow) -> str | None:
    return None if row.properties == "{}" else row.properties


def check_profiles(logs: Logs, account: int) -> None:
    """`of_profile` and `history` say what the lists do (T2, G5)."""
    for profile in PROFILES:
        if (account, profile) in logs.deleted:
            continue
        mine = sorted(
            (row for row in logs.mine(account) if row.profile_key == profile),
            key=lambda row: (row.created_us, row.seq),
            reverse=True,
        )
        latest = [StoredEvent(row.seq, row.type_id, row.created_us, row.accepted_us, said(row)) for row in mine]
        for limit in (1, 3, 100):
            assert events.of_profile(logs.connection, logs.archive, account, profile, limit) == latest[:limit]
        history = tags.history(logs.connection, logs.archive, account, profile)
        assert [
            (one.segment_key, one.kind, one.effective_us, one.recorded_us, one.cause, one.event_seq) for one in history
        ] == [
            (row.segment_key, row.kind, row.effective_us, row.recorded_us, row.cause, row.event_seq)
            for whose, row in logs.changes
            if whose == account and row.profile_key == profile
        ]


def check_runs(logs: Logs, account: int) -> None:
    """The runs have every event once, each run in its order, and the codes of its properties (T2, V2)."""
    gone = logs.gone(account)
    by_seq = {row.seq: row for row in logs.mine(account)}
    seen: list[int] = []
    for run in runs_of(logs.connection, logs.archive, account):
        rows = run_rows(run)
        assert rows == sorted(rows)
        assert run.row_count == len(rows) > 0
        assert run_rows(run, len(rows) // 3, len(rows) // 2) == rows[len(rows) // 3 : len(rows) // 2]
        assert [run.rows_before(key) for key in range(7)] == [sum(row[0] < key for row in rows) for key in range(7)]
        codes = run_codes(run, [(key, CODES) for key in KEYS])
        for row, *found in zip(rows, *codes, strict=True):
            if row[0] not in gone:
                stored = by_seq[row[2]]
                assert row == whole(stored)
                texts = [canonical(json.loads(stored.properties or "{}").get(key)) for key in KEYS]
                assert found == [CODES.get(text or "", 0) for text in texts]
        assert min(row[2] for row in rows) > max(seen, default=0)
        seen += [row[2] for row in rows if row[0] not in gone]
    assert sorted(seen) == sorted(by_seq)


def check_what_was_accepted(logs: Logs, account: int) -> None:
    """`accepted_after` has the events of every seq in their order."""
    mine, gone = logs.mine(account), logs.gone(account)
    for after in {0, logs.last_seq // 2, logs.archived_through[account], logs.last_seq}:
        found = accepted_after(logs.connection, logs.archive, account, after)
        columns = (found.profile, found.created_us, found.seq, found.type_id, found.accepted_us)
        rows = list(zip(*(column.tolist() for column in columns), map(events.text, found.properties), strict=True))
        expected = [(*whole(row), said(row)) for row in mine if row.seq > after]
        assert [row for row in rows if row[0] not in gone] == expected


def wanted_events() -> Iterator[WantedEvents]:
    for keys in ([], [0], [1, 3, 4], [*PROFILES]):
        for type_ids in ({1}, {2, 3}, {9}):
            for minute in (-1, 10):
                profile, after_us = np.array(keys, np.int32), NOON_US + minute * MINUTE_US
                yield WantedEvents(profile, frozenset(type_ids), after_us, with_properties=minute == 10)


def check_what_is_archived(logs: Logs, account: int) -> None:
    """`archived_of_profiles` has the wanted ones of those events that are in no block."""
    gone = logs.gone(account)
    archived = [row for row in logs.mine(account) if row.seq <= logs.archived_through[account]]
    for wanted in wanted_events():
        found = [
            (*row[:5], events.text(row[5]))
            for part in archived_of_profiles(logs.connection, logs.archive, account, wanted)
            for row in zip(
                *(column.tolist() for column in (part.profile, part.created_us, part.seq, part.type_id)),
                part.accepted_us.tolist(),
                part.properties,
                strict=True,
            )
            if row[0] not in gone
        ]
        assert sorted(found, key=lambda row: row[2]) == [
            (*whole(row), said(row) if wanted.with_properties else None)
            for row in archived
            if row.profile_key in wanted.profiles.tolist()
            and row.type_id in wanted.type_ids
            and row.created_us > wanted.after_us
        ]


def check(logs: Logs) -> None:
    for account in logs.accounts:
        check_profiles(logs, account)
        check_runs(logs, account)
        check_what_was_accepted(logs, account)
        check_what_is_archived(logs, account)
        used = {row.type_id for row in logs.mine(account)}
        assert all(events.has_type(logs.connection, account, type_id) for type_id in used)
        if not logs.gone(account):
            assert [type_id for type_id in TYPES if events.has_type(logs.connection, account, type_id)] == sorted(used)
    assert events.last_seq(logs.connection) >= max((row.seq for row in logs.events), default=0)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=steps)
def test_every_row_is_found_wherever_it_is(store: Store, steps: list[Step]) -> None:
    """T2, V2, G5, X3: after every step."""
    with store.writer.begin() as transaction:
        logs = Logs(store.writer, store.archive)
        for step in steps:
            seq_before = events.last_seq(store.writer)
            logs.take(step)
            assert events.last_seq(store.writer) >= seq_before, "a number is given once (T2)"
            check(logs)
        transaction.rollback()
