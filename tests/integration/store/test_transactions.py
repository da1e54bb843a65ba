"""Is a transaction one? Everything else stands on this, and the driver does not do it by itself."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeAlias

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, OperationalError

from octy.store import events, meta
from octy.store.blocks import EVENT_BLOCKS
from octy.store.folder import Store
from tests.integration.store.making import event, insert_events

Step: TypeAlias = Callable[[Connection], object]


@pytest.fixture
def outsider(store: Store) -> Iterator[sqlite3.Connection]:
    """A connection of somebody else, who does not wait for locks."""
    connection = sqlite3.connect(store.folder / "octy.db", timeout=0, isolation_level=None)
    yield connection
    connection.close()


def stored(store: Store) -> list[int]:
    """The seqs of the events that another connection sees."""
    with store.reading() as snapshot:
        return sorted(EVENT_BLOCKS.read_columns(snapshot, 1)["seq"].tolist())


def adds(*seqs: int) -> Step:
    """Stores events, in one call."""
    return lambda writer: insert_events(writer, [event(seq, 1) for seq in seqs])


def says(statement: str) -> Step:
    return lambda writer: writer.exec_driver_sql(statement)


def fails(_: Connection) -> None:
    raise ZeroDivisionError


def transact(store: Store, *steps: Step) -> None:
    """Takes the steps in one transaction."""
    with store.writer.begin():
        for step in steps:
            step(store.writer)


def nested(*steps: Step) -> Step:
    """Takes the steps within a savepoint; one that fails ends it, and no more."""

    def step(writer: Connection) -> None:
        with suppress(ZeroDivisionError), writer.begin_nested():
            for inner in steps:
                inner(writer)

    return step


def test_the_write_lock_is_held_from_the_beginning(store: Store, outsider: sqlite3.Connection) -> None:
    with store.writer.begin(), pytest.raises(sqlite3.OperationalError, match="locked"):
        outsider.execute("BEGIN IMMEDIATE")
    outsider.execute("BEGIN IMMEDIATE")


def test_every_commit_is_synced_to_the_disk(writer: Connection) -> None:
    assert writer.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    assert writer.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
    assert writer.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        transact(store, adds(1, 2), lambda writer: meta.set_value(writer, "now_us", "1"), adds(3), fails)
    assert stored(store) == []
    with store.reading() as snapshot:
        assert meta.get_value(snapshot, "now_us") is None


def test_a_number_that_is_given_twice_leaves_nothing_and_the_next_transaction_works(store: Store) -> None:
    with pytest.raises(IntegrityError):
        transact(store, adds(1, 2), adds(1))
    transact(store, adds(5))
    assert stored(store) == [5]


def test_nothing_is_seen_by_others_before_the_commit(store: Store) -> None:
    with store.writer.begin():
        adds(1)(store.writer)
        assert stored(store) == []
    assert stored(store) == [1]


def test_a_savepoint_that_fails_undoes_its_own_part_alone(store: Store) -> None:
    transact(store, adds(1), nested(adds(2, 3), fails), nested(adds(4), nested(adds(5), fails)), adds(6))
    assert stored(store) == [1, 4, 6]


def test_a_commit_that_fails_leaves_nothing_and_the_next_works(store: Store) -> None:
    """A foreign key that is checked only at the end makes the very COMMIT fail."""
    orphan = says("INSERT INTO items VALUES (99, 'shoe', '', '', '', 1, 'active', 0, 0)")
    with pytest.raises(IntegrityError):
        transact(store, says("PRAGMA defer_foreign_keys = ON"), adds(1), orphan)
    assert stored(store) == []
    transact(store, adds(2))
    assert stored(store) == [2]


def test_a_full_disk_fails_the_transaction_whole_and_a_freed_one_takes_the_next(store: Store) -> None:
    transact(store, adds(1))
    with pytest.raises(OperationalError, match="full"):
        transact(store, says("PRAGMA max_page_count = 1"), adds(*range(2, 5000)))
    transact(store, says("PRAGMA max_page_count = 1000000"), adds(7000))
    assert stored(store) == [1, 7000]


def test_a_transaction_that_cannot_begin_harms_no_later_one(store: Store, outsider: sqlite3.Connection) -> None:
    transact(store, says("PRAGMA busy_timeout = 0"))
    outsider.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="locked"):
        transact(store, adds(1))
    outsider.execute("ROLLBACK")
    with pytest.raises(ZeroDivisionError):
        transact(store, adds(1), fails)
    transact(store, adds(2))
    assert stored(store) == [2]


def test_a_snapshot_stays_as_it_was_when_it_began(store: Store) -> None:
    with store.reading() as snapshot:
        transact(store, adds(1))
        assert events.last_seq(snapshot) == 0
        with store.reading() as later:
            assert events.last_seq(later) == 1
        assert events.last_seq(snapshot) == 0


def test_a_snapshot_ends_with_its_block(store: Store) -> None:
    """Connections are kept and used again: a new block must not see an old snapshot."""
    for seq in range(1, 5):
        transact(store, adds(seq))
        with store.reading() as snapshot:
            assert events.last_seq(snapshot) == seq


def test_a_reader_that_fails_harms_no_later_one(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.reading():
        raise ZeroDivisionError
    transact(store, adds(1))
    assert stored(store) == [1]


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(OperationalError, match="readonly"), store.reading() as snapshot:
        adds(1)(snapshot)


def test_many_threads_read_while_one_writes(store: Store) -> None:
    """Each batch is one transaction, so nobody ever sees a part of one."""
    seen: list[int] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append(len(stored(store)))

    readers = [threading.Thread(target=read) for _ in range(12)]
    for reader in readers:
        reader.start()
    for first in range(1, 1000, 100):
        transact(store, adds(*range(first, first + 100)))
    done.set()
    for reader in readers:
        reader.join()
    assert seen
    assert {count % 100 for count in seen} == {0}
