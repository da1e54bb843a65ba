"""Does the log come back exactly as it went in, and in the order in which it is asked for?

Here with events in blocks; `test_wherever` has them in the archive too.
"""

import numpy as np
import pytest
from sqlalchemy import Connection

from octy.engine.runs import Run
from octy.store import events, profiles
from octy.store.archive.archive import Archive
from octy.store.event_runs import EventsOfProfiles, accepted_after, runs_of
from octy.store.events import StoredEvent
from octy.store.folder import open_store
from tests.integration.store.archiving import move, run_rows
from tests.integration.store.making import MINUTE_US, NOON_US, event, insert_events, profile


def accepted(connection: Connection, archive: Archive, account: int, *, after: int = 0) -> list[int]:
    """The seqs."""
    seqs: list[int] = accepted_after(connection, archive, account, after).seq.tolist()
    return seqs


def ran(run: Run) -> list[tuple[int, int]]:
    """(profile, seq) of all rows."""
    return [(row[0], row[2]) for row in run_rows(run)]


def assert_lengths(columns: EventsOfProfiles, length: int) -> None:
    for name in columns.__struct_fields__:
        assert len(getattr(columns, name)) == length, name


def test_every_column_comes_back_as_it_was(writer: Connection, archive: Archive, account: int) -> None:
    properties = '{"produkt":"Schuhe ✓","price":30.0,"nested":{"a":[1,null]}}'
    insert_events(writer, [event(1, account, 5, 2, at=3, properties=properties), event(2**40, account, 6, 3, at=-3)])
    columns = accepted_after(writer, archive, account, 0)
    assert columns.profile.tolist() == [5, 6]
    assert columns.type_id.tolist() == [2, 3]
    assert columns.created_us.tolist() == [NOON_US + 3 * MINUTE_US, NOON_US - 3 * MINUTE_US]
    assert columns.accepted_us.tolist() == [NOON_US + 63 * MINUTE_US, NOON_US + 57 * MINUTE_US]
    assert columns.seq.tolist() == [1, 2**40]
    assert [events.text(line) for line in columns.properties] == [properties, None]


def test_columns_have_the_types_that_the_kernels_take(writer: Connection, archive: Archive, account: int) -> None:
    insert_events(writer, [event(1, account)])
    for after, length in ((0, 1), (1, 0)):
        columns = accepted_after(writer, archive, account, after)
        assert_lengths(columns, length)
        assert columns.profile.dtype == columns.type_id.dtype == np.int32
        assert columns.created_us.dtype == columns.accepted_us.dtype == columns.seq.dtype == np.int64
        assert columns.created_us.flags.c_contiguous


def test_a_runs_reader_has_its_own_rows(writer: Connection, archive: Archive, account: int) -> None:
    """Whatever the reader does to them, and wherever they are."""
    insert_events(writer, [event(1, account), event(2, account, 1)])
    for _ in range(2):
        (run,) = runs_of(writer, archive, account)
        out = np.zeros(2, np.int32)
        run.read("profile", 0, out)
        assert out.tolist() == [0, 1]
        out[:] = 9
        assert ran(run) == [(0, 1), (1, 2)]
        move(writer, archive, account)


def test_the_log_is_read_in_order_of_acceptance_whatever_the_events_instants(
    writer: Connection, archive: Archive, account: int
) -> None:
    # T2
    insert_events(writer, [event(seq, account, seq % 3, at=-seq) for seq in range(1, 8)])
    assert accepted(writer, archive, account) == [1, 2, 3, 4, 5, 6, 7]


def test_the_log_is_read_strictly_after_a_seq(writer: Connection, archive: Archive, account: int) -> None:
    insert_events(writer, [event(seq, account) for seq in range(1, 5)])
    insert_events(writer, [event(seq, account) for seq in range(5, 8)])
    assert accepted(writer, archive, account, after=2) == [3, 4, 5, 6, 7]
    assert accepted(writer, archive, account, after=4) == [5, 6, 7]
    assert accepted(writer, archive, account, after=7) == []


def test_only_the_accounts_own_events_are_read(
    writer: Connection, archive: Archive, account: int, stranger: int
) -> None:
    insert_events(writer, [event(1, account), event(2, stranger), event(3, account)])
    assert accepted(writer, archive, account) == [1, 3]
    assert accepted(writer, archive, stranger) == [2]
    (run,) = runs_of(writer, archive, account)
    assert ran(run) == [(0, 1), (0, 3)]
    assert [one.seq for one in events.of_profile(writer, archive, account, 0, 10)] == [3, 1]


def test_a_run_is_ordered_by_profile_then_instant_then_acceptance(
    writer: Connection, archive: Archive, account: int
) -> None:
    # T2: of two events with the same instant the one accepted first is before
    rows = [
        event(1, account, 9, at=5),
        event(2, account, 4, at=7),
        event(3, account, 9, at=1),
        event(4, account, 4, at=7),
        event(5, account, 4, at=-2),
        event(6, account, 5, at=0),
    ]
    insert_events(writer, rows)
    (run,) = runs_of(writer, archive, account)
    assert ran(run) == [(4, 5), (4, 2), (4, 4), (5, 6), (9, 3), (9, 1)]
    assert [run.rows_before(key) for key in (0, 4, 5, 6, 9, 10)] == [0, 0, 3, 4, 4, 6]


def test_an_account_without_events_has_no_run(writer: Connection, archive: Archive, account: int) -> None:
    assert runs_of(writer, archive, account) == []


def test_a_profiles_latest_events_come_newest_first(
    writer: Connection, archive: Archive, account: int, stranger: int
) -> None:
    insert_events(writer, [event(1, account, at=5), event(2, account, at=1), event(3, account, at=5)])
    insert_events(writer, [event(4, account, 1, at=9), event(5, stranger, at=9)])
    found = events.of_profile(writer, archive, account, 0, limit=2)
    assert [one.seq for one in found] == [3, 1]
    assert found[0] == StoredEvent(3, 1, NOON_US + 5 * MINUTE_US, NOON_US + 65 * MINUTE_US, None)


def test_the_last_seq_counts_over_all_accounts(writer: Connection, account: int, stranger: int) -> None:
    assert events.last_seq(writer) == 0
    insert_events(writer, [event(3, account), event(8, stranger)])
    insert_events(writer, [])
    assert events.last_seq(writer) == 8


def test_a_seq_is_not_given_again_when_its_event_is_gone(writer: Connection, archive: Archive, account: int) -> None:
    # T2, X3: a segment that was created after event 8 must not take a later event for an earlier one
    profiles.insert_many(writer, account, [profile(0), profile(1)])
    insert_events(writer, [event(7, account, 1), event(8, account, 0)])
    profiles.delete(writer, archive, account, [0], NOON_US)
    profiles.delete(writer, archive, account, [1], NOON_US)
    assert events.last_seq(writer) == 8
    insert_events(writer, [event(9, account, 1)])
    assert events.last_seq(writer) == 9


def test_the_log_survives_the_server(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("data")
    store = open_store(folder)
    with store.writer.begin():
        insert_events(store.writer, [event(seq, 1, properties='{"a":1}') for seq in range(1, 501)])
        move(store.writer, store.archive, 1)
        insert_events(store.writer, [event(seq, 1, properties='{"a":1}') for seq in range(501, 1001)])
    store.close()
    again = open_store(folder)
    with again.reading() as snapshot:
        columns = accepted_after(snapshot, again.archive, 1, 0)
    again.close()
    assert columns.seq.tolist() == list(range(1, 1001))
    assert set(columns.properties) == {b'{"a":1}'}


def test_an_event_type_knows_whether_it_is_used(
    writer: Connection, archive: Archive, account: int, stranger: int
) -> None:
    # E7
    insert_events(writer, [event(1, account, type_id=1), event(2, stranger, type_id=2)])
    for _ in range(2):
        assert events.has_type(writer, account, 1)
        assert not events.has_type(writer, account, 2)
        assert not events.has_type(writer, account, 3)
        move(writer, archive, account)
