"""What moves to the archive is not overwritten at once, but before anybody's erasure is durable (X3)."""

from collections.abc import Callable
from contextlib import closing, suppress

import pytest
from sqlalchemy import Connection

from octy.store import free_pages, meta
from octy.store.folder import Store, open_store
from octy.store.free_pages import moving, wipe
from octy.store.sqlite import free_pages as count_of

PAGES = 50
MOVED, DELETED = "moved-canary", "deleted-canary"


def holds(store: Store, text: str, pages: int = PAGES) -> None:
    """So many pages are full of it."""
    with store.writer.begin():
        meta.set_value(store.writer, text, text * (pages * 4_096 // len(text)))


def lets_go(connection: Connection, text: str) -> None:
    meta.remove(connection, text)


def moves(store: Store, text: str) -> None:
    with store.writer.begin(), moving(store.writer):
        lets_go(store.writer, text)


def fails(connection: Connection, change: Callable[[Connection], None]) -> None:
    """A transaction comes to nothing."""
    with suppress(ZeroDivisionError), connection.begin():
        change(connection)
        raise ZeroDivisionError


def fails_as_it_moves(connection: Connection) -> None:
    with moving(connection):
        raise ZeroDivisionError


def is_readable(store: Store, text: str) -> bool:
    """In any file of the folder, once SQLite's log is empty."""
    assert store.empty_log()
    return any(text.encode() * 2 in path.read_bytes() for path in store.folder.rglob("*") if path.is_file())


def test_what_moves_is_not_overwritten_and_later_rows_take_its_place(store: Store) -> None:
    holds(store, MOVED)
    assert is_readable(store, MOVED)
    size = (store.folder / "octy.db").stat().st_size
    moves(store, MOVED)
    assert is_readable(store, MOVED), "it would have been no use to write zeros over it"
    holds(store, "newer", PAGES - 2)
    assert store.empty_log()
    assert (store.folder / "octy.db").stat().st_size == size


def test_what_is_deleted_otherwise_is_overwritten_before_and_after(store: Store) -> None:
    holds(store, MOVED)
    moves(store, MOVED)
    holds(store, DELETED)
    with store.writer.begin():
        lets_go(store.writer, DELETED)
    assert not is_readable(store, DELETED)


def test_a_wipe_leaves_nothing_that_has_moved_before_it_or_was_deleted_in_its_transaction(store: Store) -> None:
    holds(store, DELETED)
    holds(store, MOVED)
    moves(store, MOVED)
    with store.writer.begin():
        free = count_of(store.writer)
        lets_go(store.writer, DELETED)
        wipe(store.writer)
    assert free >= PAGES - 2
    assert not is_readable(store, MOVED)
    assert not is_readable(store, DELETED)
    with store.writer.begin():
        assert count_of(store.writer) >= 2 * (PAGES - 2), "the pages are free as before"


def test_a_wipe_that_is_not_committed_is_still_to_be_done(store: Store) -> None:
    holds(store, MOVED)
    moves(store, MOVED)
    fails(store.writer, wipe)
    assert is_readable(store, MOVED)
    store.close()
    with closing(open_store(store.folder)) as later:
        with later.writer.begin():
            wipe(later.writer)
        assert not is_readable(later, MOVED)


def test_where_nothing_has_moved_nothing_is_written(store: Store) -> None:
    holds(store, DELETED)
    with store.writer.begin():
        lets_go(store.writer, DELETED)
    assert store.empty_log()
    with store.writer.begin():
        assert count_of(store.writer) >= PAGES - 2
        wipe(store.writer)
    assert (store.folder / "octy.db-wal").stat().st_size == 0


def test_there_are_never_many_pages_to_be_wiped(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(free_pages, "FREE_PAGES_MAX", PAGES // 2)
    holds(store, MOVED)
    holds(store, "more-canary")
    moves(store, MOVED)
    assert is_readable(store, MOVED)
    moves(store, "more-canary")
    assert not is_readable(store, MOVED), "those that there were have been wiped"
    assert not is_readable(store, "more-canary")


def test_a_move_that_fails_leaves_deletions_overwriting(store: Store) -> None:
    holds(store, DELETED)
    fails(store.writer, fails_as_it_moves)
    with store.writer.begin():
        lets_go(store.writer, DELETED)
    assert not is_readable(store, DELETED)
