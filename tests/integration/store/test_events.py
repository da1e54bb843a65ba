"""Does the log come back exactly as it went in, and in the order in which it is asked for?"""

import numpy as np
import pytest
from sqlalchemy import Connection

from octy.store import event_types, events, profiles
from octy.store.events import EventColumns, StoredEvent
from octy.store.folder import open_store
from tests.integration.store.making import MINUTE_US, NOON_US, event, profile

ALL_TYPES = [1, 2, 3]


def in_order(
    connection: Connection, account: int, types: list[int], *, after: int = 0, through: int = 1000, chunk: int = 1000
) -> list[list[int]]:
    """The seqs, chunk by chunk."""
    chunks = events.read_in_order(connection, account, types, after, through, chunk_rows=chunk)
    return [columns.seq.tolist() for columns in chunks]


def of_profiles(
    connection: Connection, account: int, keys: list[int], types: list[int], *, after: int = -1000
) -> list[tuple[int, int]]:
    """(profile, seq) of the events later than `after` minutes after noon."""
    columns = events.read_profiles(connection, account, keys, types, NOON_US + after * MINUTE_US)
    return list(zip(columns.profile.tolist(), columns.seq.tolist(), strict=True))


def assert_lengths(columns: EventColumns, length: int) -> None:
    for name in columns.__struct_fields__:
        assert len(getattr(columns, name)) == length, name


def test_every_column_comes_back_as_it_was(writer: Connection, account: int) -> None:
    properties = '{"produkt":"Schuhe ✓","price":30.0,"nested":{"a":[1,null]}}'
    events.insert(writer, [event(1, account, 5, 2, at=3, properties=properties), event(2**40, account, 6, 3, at=-3)])
    (columns,) = events.read_in_order(writer, account, ALL_TYPES, 0, 2**50, chunk_rows=10)
    assert columns.profile.tolist() == [5, 6]
    assert columns.type_id.tolist() == [2, 3]
    assert columns.created_us.tolist() == [NOON_US + 3 * MINUTE_US, NOON_US - 3 * MINUTE_US]
    assert columns.accepted_us.tolist() == [NOON_US + 63 * MINUTE_US, NOON_US + 57 * MINUTE_US]
    assert columns.seq.tolist() == [1, 2**40]
    assert columns.properties == [properties, None]


def test_columns_have_the_types_that_the_kernels_take(writer: Connection, account: int) -> None:
    events.insert(writer, [event(1, account)])
    filled = next(events.read_in_order(writer, account, ALL_TYPES, 0, 1, chunk_rows=10))
    empty = events.read_profiles(writer, account, [7], ALL_TYPES, 0)
    for columns, length in ((filled, 1), (empty, 0)):
        assert_lengths(columns, length)
        assert columns.profile.dtype == columns.type_id.dtype == np.int32
        assert columns.created_us.dtype == columns.accepted_us.dtype == columns.seq.dtype == np.int64
        assert columns.created_us.flags.c_contiguous


def test_the_log_is_read_in_order_of_acceptance_whatever_the_events_instants(writer: Connection, account: int) -> None:
    # T2
    events.insert(writer, [event(seq, account, seq % 3, at=-seq) for seq in range(1, 8)])
    assert in_order(writer, account, ALL_TYPES) == [[1, 2, 3, 4, 5, 6, 7]]


@pytest.mark.parametrize(
    ("chunk", "expected"),
    [
        (3, [[1, 2, 3], [4, 5, 6], [7]]),
        (7, [[1, 2, 3, 4, 5, 6, 7]]),
        (1, [[1], [2], [3], [4], [5], [6], [7]]),
    ],
)
def test_chunks_hold_every_event_once(writer: Connection, account: int, chunk: int, expected: list[list[int]]) -> None:
    events.insert(writer, [event(seq, account) for seq in range(1, 8)])
    assert in_order(writer, account, ALL_TYPES, chunk=chunk) == expected


def test_a_chunk_may_be_larger_than_a_block(writer: Connection, account: int) -> None:
    events.insert(writer, [event(seq, account) for seq in range(1, 3001)])
    (chunk,) = in_order(writer, account, ALL_TYPES, through=5000, chunk=5000)
    assert chunk == list(range(1, 3001))


def test_the_log_is_read_after_one_seq_and_through_another(writer: Connection, account: int) -> None:
    events.insert(writer, [event(seq, account) for seq in range(1, 8)])
    assert in_order(writer, account, ALL_TYPES, after=2, through=5) == [[3, 4, 5]]
    assert in_order(writer, account, ALL_TYPES, after=7) == []


def test_only_the_accounts_own_events_of_the_wanted_types_are_read(
    writer: Connection, account: int, stranger: int
) -> None:
    events.insert(writer, [event(1, account, type_id=1), event(2, stranger, type_id=1), event(3, account, type_id=2)])
    assert in_order(writer, account, ALL_TYPES) == [[1, 3]]
    assert in_order(writer, account, [2]) == [[3]]
    assert in_order(writer, account, []) == []
    assert of_profiles(writer, account, [0], ALL_TYPES) == [(0, 1), (0, 3)]
    assert of_profiles(writer, account, [0], [2]) == [(0, 3)]
    assert of_profiles(writer, account, [0], []) == []


def test_a_reader_goes_on_while_the_log_grows(writer: Connection, account: int) -> None:
    """A chunk is read only when it is asked for; what comes after the last seq that was asked for does not matter."""
    events.insert(writer, [event(seq, account) for seq in range(1, 5)])
    chunks = events.read_in_order(writer, account, ALL_TYPES, 0, 4, chunk_rows=2)
    first = next(chunks).seq.tolist()
    events.insert(writer, [event(5, account)])
    assert [first, *(columns.seq.tolist() for columns in chunks)] == [[1, 2], [3, 4]]


def test_profiles_are_read_by_profile_then_instant_then_acceptance(writer: Connection, account: int) -> None:
    # T2: of two events with the same instant the one accepted first is before
    rows = [
        event(1, account, 9, at=5),
        event(2, account, 4, at=7),
        event(3, account, 9, at=1),
        event(4, account, 4, at=7),
        event(5, account, 4, at=-2),
        event(6, account, 5, at=0),
    ]
    events.insert(writer, rows)
    assert of_profiles(writer, account, [9, 4, 9], ALL_TYPES) == [(4, 5), (4, 2), (4, 4), (9, 3), (9, 1)]


def test_profiles_are_read_strictly_after_an_instant(writer: Connection, account: int) -> None:
    events.insert(writer, [event(1, account, at=1), event(2, account, at=2), event(3, account, at=3)])
    assert of_profiles(writer, account, [0], ALL_TYPES, after=2) == [(0, 3)]


def test_more_profiles_than_fit_into_a_statement_come_in_one_order(writer: Connection, account: int) -> None:
    events.insert(writer, [event(seq, account, 5000 - seq) for seq in range(1, 4001)])
    found = of_profiles(writer, account, list(range(5000)), ALL_TYPES)
    assert found == [(5000 - seq, seq) for seq in range(4000, 0, -1)]


def test_a_profiles_latest_events_come_newest_first(writer: Connection, account: int, stranger: int) -> None:
    events.insert(writer, [event(1, account, at=5), event(2, account, at=1), event(3, account, at=5)])
    events.insert(writer, [event(4, account, 1, at=9), event(5, stranger, at=9)])
    found = events.of_profile(writer, account, 0, limit=2)
    assert [one.seq for one in found] == [3, 1]
    assert found[0] == StoredEvent(3, 1, NOON_US + 5 * MINUTE_US, NOON_US + 65 * MINUTE_US, None)


def test_the_last_seq_counts_over_all_accounts(writer: Connection, account: int, stranger: int) -> None:
    assert events.last_seq(writer) == 0
    events.insert(writer, [event(3, account), event(8, stranger)])
    events.insert(writer, [])
    assert events.last_seq(writer) == 8


def test_a_seq_is_not_given_again_when_its_event_is_gone(writer: Connection, account: int) -> None:
    # T2, X3: a segment that was created after event 8 must not take a later event for an earlier one
    profiles.insert_many(writer, account, [profile(0), profile(1)])
    events.insert(writer, [event(7, account, 1), event(8, account, 0)])
    profiles.delete(writer, account, 0)
    profiles.delete(writer, account, 1)
    assert events.last_seq(writer) == 8
    events.insert(writer, [event(9, account, 1)])
    assert events.last_seq(writer) == 9


def test_the_log_survives_the_server(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("data")
    store = open_store(folder)
    with store.writer.begin():
        events.insert(store.writer, [event(seq, 1, properties='{"a":1}') for seq in range(1, 1001)])
    store.close()
    again = open_store(folder)
    with again.reading() as snapshot:
        (columns,) = events.read_in_order(snapshot, 1, ALL_TYPES, 0, 1000, chunk_rows=2000)
    again.close()
    assert columns.seq.tolist() == list(range(1, 1001))
    assert set(columns.properties) == {'{"a":1}'}


def test_an_event_type_knows_whether_it_is_used(writer: Connection, account: int, stranger: int) -> None:
    # E7
    events.insert(writer, [event(1, account, type_id=1), event(2, stranger, type_id=2)])
    assert event_types.has_events(writer, account, 1)
    assert not event_types.has_events(writer, account, 2)
    assert not event_types.has_events(writer, account, 3)
