"""Disks that are full, that break, or that somebody else has locked: what a transaction can fail of, and where."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from sqlalchemy import Connection, event

from octy.store.folder import Store

Failure: TypeAlias = Callable[[Store], Any]
"""Within the context that it makes, every transaction that changes something fails."""


@contextmanager
def failing_commit(store: Store) -> Iterator[None]:
    """The disk breaks at the very end."""
    with _listening(store, "commit", _broken):
        yield


@contextmanager
def failing_begin(store: Store) -> Iterator[None]:
    """Not even a beginning is possible."""
    with _listening(store, "begin", _broken):
        yield


@contextmanager
def failing_write(store: Store) -> Iterator[None]:
    """The disk breaks in the middle: at the first INSERT, DELETE or UPDATE of anything but `meta`."""

    def look(_: Connection, __: object, statement: str, *___: object) -> None:
        verb, rest = statement.split(" ", 1)
        if verb in ("INSERT", "DELETE", "UPDATE") and "meta" not in rest[:15]:
            _broken()

    with _listening(store, "before_cursor_execute", look):
        yield


@contextmanager
def full_disk(store: Store) -> Iterator[None]:
    """SQLite itself says that no page is left. It needs a request that wants a page."""
    pages = _driver(store).execute("PRAGMA page_count").fetchone()[0]
    with _setting(store, f"max_page_count = {pages}"):
        yield
    event.listen(store.writer.engine, "begin", _setter("max_page_count = 1073741823"))


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Somebody else holds the write lock, and the writer's patience is at its end at once."""
    other = sqlite3.connect(_database(store.folder), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with _setting(store, "busy_timeout = 0"):
        yield
    other.execute("ROLLBACK")
    other.close()
    event.listen(store.writer.engine, "begin", _setter("busy_timeout = 10000"), insert=True)


@contextmanager
def broken_constraint(store: Store) -> Iterator[None]:
    """SQLite's own COMMIT fails, and leaves the transaction open: a foreign key is wrong at the end."""

    def break_it(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.exec_driver_sql("INSERT INTO items VALUES (99, 'shoe', '', '', '', 1, 'active', 0, 0)")

    with _listening(store, "commit", break_it):
        yield


FAILURES: Mapping[str, Failure] = {
    "an I/O error at the commit": failing_commit,
    "an I/O error at the beginning": failing_begin,
    "an I/O error in the middle": failing_write,
    "a full disk": full_disk,
    "a locked database": locked,
    "a COMMIT that SQLite refuses": broken_constraint,
}

SOME_NEED_NOT_NOTICE = ("an I/O error in the middle", "a full disk")
"""Which a request that writes nothing, or next to nothing, does not feel."""


def _setting(store: Store, pragma: str) -> AbstractContextManager[None]:
    """Now, and before each transaction that begins."""
    _driver(store).execute(f"PRAGMA {pragma}")
    return _listening(store, "begin", _setter(pragma), first=True)


def _setter(pragma: str) -> Callable[[Connection], None]:
    return lambda connection: connection.exec_driver_sql(f"PRAGMA {pragma}").close()


def _driver(store: Store) -> sqlite3.Connection:
    driver: Any = store.writer.connection.dbapi_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _database(folder: Path) -> Path:
    return folder / "octy.db"


def _broken(*_: object) -> NoReturn:
    raise sqlite3.OperationalError("disk I/O error")


@contextmanager
def _listening(store: Store, name: str, listener: Callable[..., None], *, first: bool = False) -> Iterator[None]:
    """On the writing connection, and on each that takes its place."""
    engine = store.writer.engine
    event.listen(engine, name, listener, insert=first)
    try:
        yield
    finally:
        event.remove(engine, name, listener)
