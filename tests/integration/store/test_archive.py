"""Which files does the archive have, and which row is in which? Every row in one place, whatever happens between."""

import errno
import hashlib
import os
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Connection

from octy.model.tags import ChangeKind
from octy.store import erasures, events, message_ids, profiles, tags
from octy.store.archive import ledger
from octy.store.archive.archive import Archive
from octy.store.archive.making import new_run
from octy.store.archive.run_writer import UNFINISHED, RunWriter, WrittenRun
from octy.store.blocks import CHANGE_BLOCKS, EVENT_BLOCKS, UncutRows
from octy.store.folder import Store, open_store
from octy.store.lines import Lines
from octy.store.log_shape import CHANGES, EVENTS
from tests.integration.store.archiving import NAMES, merge, move, path_of, rows_of, write
from tests.integration.store.making import (
    MINUTE_US,
    NOON_US,
    apply_changes,
    change,
    event,
    event_columns,
    insert_events,
    profile,
)


def files_in(archive: Archive) -> set[str]:
    """The names of all files of the folder."""
    return {path.name for path in archive.folder.iterdir()}


def named(written: WrittenRun, file: str) -> WrittenRun:
    return msgspec.structs.replace(written, file=file)


def numbers(connection: Connection, account: int) -> list[tuple[int, int, int]]:
    """(first number, last number, how many rows) of an account's files of events."""
    return [(run.first_number, run.last_number, run.row_count) for run in ledger.runs(connection, EVENTS, account)]


# Files


def test_a_file_has_its_name_once_it_is_whole(archive: Archive) -> None:
    rows = [event(1, 1, properties='{"a":1}')]
    with RunWriter(archive.folder, "events-1-new.parquet", EVENTS, [], {}) as writer:
        assert files_in(archive) == {f"events-1-new.parquet{UNFINISHED}"}
        writer.finish()
        assert files_in(archive) == {"events-1-new.parquet"}
    assert files_in(archive) == {"events-1-new.parquet"}
    assert write(archive, rows).name in files_in(archive)


def test_a_file_that_is_given_up_leaves_nothing(archive: Archive) -> None:
    with suppress(ZeroDivisionError), RunWriter(archive.folder, "new.parquet", EVENTS, [], {}) as writer:
        writer.write(event_columns([event(1, 1)]), {})
        raise ZeroDivisionError
    assert files_in(archive) == set()


@pytest.mark.parametrize("syncs", [0, 1])
def test_a_file_that_cannot_be_made_durable_leaves_nothing(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, syncs: int
) -> None:
    """Neither before it has its name nor after."""
    left = iter([True] * syncs + [False])

    def sync(_: int) -> None:
        if not next(left):
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", sync)
    with suppress(OSError), RunWriter(archive.folder, "new.parquet", EVENTS, [], {}) as writer:
        writer.finish()
    assert not list(left), "that sync was asked for"
    assert not files_in(archive)


def test_a_file_whose_rows_cannot_be_read_leaves_nothing(archive: Archive) -> None:
    rows = UncutRows(event_columns([event(1, 1), event(2, 1)]), Lines.of([b'{"a":1}', b"no JSON"]))
    with pytest.raises(ValueError, match="malformed"):
        new_run(archive, EVENTS, 1, rows, NAMES, ["a"])
    assert files_in(archive) == set()


def test_what_is_said_of_a_file_is_so(writer: Connection, archive: Archive, account: int) -> None:
    insert_events(
        writer, [event(3, account, 9, 5, at=7), event(5, account, 2, 4, at=-3), event(8, account, 4, 5, at=2)]
    )
    path = path_of(archive, move(writer, archive, account))
    (run,) = ledger.runs(writer, EVENTS, account)
    assert (run.file, run.account_id, run.row_count) == (path.name, account, 3)
    assert (run.first_number, run.last_number) == (3, 8)
    assert (run.created_min_us, run.created_max_us) == (NOON_US - 3 * MINUTE_US, NOON_US + 7 * MINUTE_US)
    assert run.type_ids == (4, 5)
    assert run.file_bytes == path.stat().st_size
    assert run.file_sha256 == hashlib.sha256(path.read_bytes()).digest()


def test_no_two_files_have_one_name(archive: Archive) -> None:
    names = {archive.new_file(shape, 7) for shape in (EVENTS, CHANGES) for _ in range(50)}
    assert len(names) == 100
    assert all(name.startswith(("events-7-", "changes-7-")) and name.endswith(".parquet") for name in names)


def test_a_sweep_removes_what_the_ledger_does_not_know_and_nothing_else(
    writer: Connection, archive: Archive, account: int, stranger: int
) -> None:
    for whose, seq in ((account, 1), (stranger, 2)):
        insert_events(writer, [event(seq, whose)])
        apply_changes(writer, whose, [change(ChangeKind.CREATED)])
    known = {move(writer, archive, whose, shape) for whose in (account, stranger) for shape in (EVENTS, CHANGES)}
    write(archive, [event(9, account)])
    for name in (f"events-1-half.parquet{UNFINISHED}", ".hidden", "notes.txt"):
        (archive.folder / name).touch()
    archive.sweep(writer)
    assert files_in(archive) == known == ledger.files(writer)


def test_opening_a_store_sweeps_its_archive(store: Store) -> None:
    with store.writer.begin():
        insert_events(store.writer, [event(1, 1)])
        known = move(store.writer, store.archive, 1)
    with suppress(ZeroDivisionError), store.writer.begin():
        insert_events(store.writer, [event(2, 1)])
        move(store.writer, store.archive, 1)
        raise ZeroDivisionError
    assert len(files_in(store.archive)) == 2
    store.close()
    again = open_store(store.folder)
    assert files_in(again.archive) == {known}
    with again.reading() as snapshot:
        assert [one.seq for one in events.of_profile(snapshot, again.archive, 1, 0, 10)] == [1]
    again.close()


def test_a_file_is_opened_once_and_can_be_read_after_it_was_dropped(
    writer: Connection, archive: Archive, account: int
) -> None:
    insert_events(writer, [event(1, account, properties='{"a":1}')])
    path = path_of(archive, move(writer, archive, account))
    ((run, file),) = archive.runs(writer, EVENTS, account)
    assert archive.opened(run, EVENTS) is file
    before = rows_of(file)
    archive.drop(run.file)
    archive.drop(run.file)
    assert not path.exists()
    assert rows_of(file) == before


def test_a_file_is_open_only_while_it_is_read_or_held_after_its_end(
    archive: Archive, writer: Connection, account: int
) -> None:
    insert_events(writer, [event(1, account)])
    file = move(writer, archive, account)
    assert file is not None

    def descriptors() -> int:
        links = (Path("/proc/self/fd") / name for name in os.listdir("/proc/self/fd"))  # noqa: PTH208
        return sum(file in str(link.readlink()) for link in links if link.is_symlink())

    ((_, held),) = archive.runs(writer, EVENTS, account)
    assert len(rows_of(held)) == 1
    assert descriptors() == 0
    archive.drop(file)
    assert descriptors() == 1
    assert len(rows_of(held)) == 1
    assert descriptors() == 1
    del held
    assert descriptors() == 0


def test_a_file_that_goes_while_it_is_being_opened_is_read(
    archive: Archive, writer: Connection, account: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert_events(writer, [event(1, account)])
    file = move(writer, archive, account)
    assert file is not None
    ((_, held),) = archive.runs(writer, EVENTS, account)
    open_ = os.open

    def late(path: Path, flags: int) -> int:
        monkeypatch.undo()
        archive.drop(file)
        return open_(path, flags)

    monkeypatch.setattr(os, "open", late)
    assert len(rows_of(held)) == 1
    assert file not in files_in(archive)


# The ledger


def test_runs_are_each_accounts_and_each_logs_own_in_the_order_of_their_numbers(
    writer: Connection, archive: Archive, account: int, stranger: int
) -> None:
    written = new_run(archive, EVENTS, account, UncutRows(event_columns([event(1, account)]), Lines.of([b"{}"])), NAMES)
    for shape, whose, first in ((EVENTS, account, 20), (EVENTS, stranger, 10), (CHANGES, account, 5)):
        name = f"{shape.name} {whose}"
        ledger.add(writer, shape, whose, first, first + 4, named(written, name))
    ledger.add(writer, EVENTS, account, 11, 19, named(written, "earlier"))
    assert [run.file for run in ledger.runs(writer, EVENTS, account)] == ["earlier", f"events {account}"]
    assert [run.file for run in ledger.runs(writer, EVENTS, stranger)] == [f"events {stranger}"]
    assert [run.file for run in ledger.runs(writer, CHANGES, account)] == [f"changes {account}"]
    assert ledger.runs(writer, CHANGES, stranger) == []
    assert ledger.files(writer) == {"earlier", f"events {account}", f"events {stranger}", f"changes {account}"}
    assert (ledger.last_number(writer, EVENTS), ledger.last_number(writer, CHANGES)) == (24, 9)


def test_a_removed_run_is_in_no_list(writer: Connection, archive: Archive, account: int) -> None:
    for seq in (1, 2, 3):
        insert_events(writer, [event(seq, account)])
        move(writer, archive, account)
    first, second, third = ledger.runs(writer, EVENTS, account)
    ledger.remove(writer, [first.run_id, third.run_id])
    assert ledger.runs(writer, EVENTS, account) == [second]
    ledger.remove(writer, [])
    assert ledger.files(writer) == {second.file}


def test_a_new_ledger_has_no_numbers(writer: Connection) -> None:
    assert ledger.last_number(writer, EVENTS) == ledger.last_number(writer, CHANGES) == 0
    assert ledger.files(writer) == set()


def test_a_merged_file_stands_for_all_the_numbers_of_its_files(
    writer: Connection, archive: Archive, account: int
) -> None:
    for seqs in ((1, 3), (5, 6), (9, 10)):
        insert_events(writer, [event(seq, account) for seq in seqs])
        move(writer, archive, account)
    assert numbers(writer, account) == [(1, 3, 2), (5, 6, 2), (9, 10, 2)]
    merge(writer, archive, account, which=slice(0, 2))
    assert numbers(writer, account) == [(1, 6, 4), (9, 10, 2)]
    merge(writer, archive, account)
    assert numbers(writer, account) == [(1, 10, 6)]
    assert files_in(archive) == ledger.files(writer)


# Numbers and what is gone (T2, X3)


def test_numbers_go_on_after_the_last_row_was_archived_and_erased(
    writer: Connection, archive: Archive, account: int
) -> None:
    # T2, X3
    insert_events(writer, [event(7, account), event(8, account)])
    apply_changes(writer, account, [change(ChangeKind.CREATED), change(ChangeKind.REMOVED)])
    for shape in (EVENTS, CHANGES):
        move(writer, archive, account, shape)
    assert (EVENT_BLOCKS.last_number(writer), CHANGE_BLOCKS.last_number(writer)) == (0, 0)
    for _ in range(2):
        assert (events.last_seq(writer), tags.last_change_id(writer)) == (8, 2)
        for shape in (EVENTS, CHANGES):
            merge(writer, archive, account, shape, erased=[0])
    assert numbers(writer, account) == [(7, 8, 0)]
    assert archive.runs(writer, EVENTS, account) == [], "there is nothing to read in it"


def test_numbers_go_on_where_rows_went_before_they_were_archived(
    writer: Connection, archive: Archive, account: int
) -> None:
    """T2: the emptied block at the end is as far as the file goes."""
    insert_events(writer, [event(1, account, 0)])
    insert_events(writer, [event(2, account, 1)])
    EVENT_BLOCKS.drop_profiles(writer, account, [1])
    move(writer, archive, account)
    assert numbers(writer, account) == [(1, 2, 1)]
    assert EVENT_BLOCKS.last_number(writer) == 0
    assert events.last_seq(writer) == 2


def test_what_came_after_a_move_began_stays_in_its_block(writer: Connection, archive: Archive, account: int) -> None:
    insert_events(writer, [event(1, account)])
    rows, last = EVENT_BLOCKS.read_uncut(writer, account), EVENT_BLOCKS.ends(writer, account)
    written = new_run(archive, EVENTS, account, rows, NAMES)
    insert_events(writer, [event(2, account)])
    ledger.add(writer, EVENTS, account, 1, last, written)
    EVENT_BLOCKS.drop_through(writer, account, last)
    assert EVENT_BLOCKS.read(writer, account).columns["seq"].tolist() == [2]
    assert [one.seq for one in events.of_profile(writer, archive, account, 0, 10)] == [2, 1]


def test_an_event_type_is_used_until_its_last_event_is_erased(
    writer: Connection, archive: Archive, account: int
) -> None:
    # E7
    insert_events(writer, [event(1, account, 0, type_id=1), event(2, account, 1, type_id=2)])
    move(writer, archive, account)
    merge(writer, archive, account, erased=[1])
    assert events.has_type(writer, account, 1)
    assert not events.has_type(writer, account, 2)


def test_message_ids_go_with_their_profile_wherever_its_events_are(
    writer: Connection, archive: Archive, account: int
) -> None:
    # E8, X3
    profiles.insert_many(writer, account, [profile(0), profile(1)])
    for seq in range(1, 7):
        insert_events(writer, [event(seq, account, seq % 2)])
        message_ids.add_many(writer, account, [(f"m{seq}", seq)], NOON_US)
        if seq in (2, 4):
            move(writer, archive, account)
    profiles.delete(writer, archive, account, [1], NOON_US)
    found = message_ids.find_many(writer, account, [f"m{seq}" for seq in range(1, 7)])
    assert found == {"m2": 2, "m4": 4, "m6": 6}
    assert [one.seq for one in events.of_profile(writer, archive, account, 0, 10)] == [6, 4, 2]


def test_erasures_are_remembered_until_they_are_done(writer: Connection, account: int, stranger: int) -> None:
    # X3
    assert erasures.requested(writer) == {}
    for whose, key in ((account, 3), (account, 5), (stranger, 3)):
        erasures.request(writer, whose, [key], NOON_US)
    assert erasures.requested(writer) == {account: {3, 5}, stranger: {3}}
    erasures.done(writer, account, [])
    erasures.done(writer, account, [3, 9])
    assert erasures.requested(writer) == {account: {5}, stranger: {3}}
