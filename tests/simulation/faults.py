"""Where and when does the machine fail? Each fault that a group of the writer, or a file of the archive, can meet."""

import errno
import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event

from octy.store.folder import DATABASE, Store
from tests.integration.service.failing import FAILURES
from tests.simulation.disk import WAL, Disk
from tests.simulation.turns import Crashed

STATEMENTS_MAX = 60
"""A crash comes before one of so many statements of a group."""

FAILING = tuple(FAILURES)
CRASH_IN_GROUP = "crash in a group"
CRASH_IN_COMMIT = "crash in a commit"
SLOW = "slow disk"


def failed(number: int) -> OSError:
    """What the system says."""
    return OSError(number, os.strerror(number))


BROKEN, FULL = errno.EIO, errno.ENOSPC


@contextmanager
def crash_at_statement(store: Store, number: int, crash: Callable[[], None]) -> Iterator[None]:
    """The process ends before that statement."""
    left = [number]

    def count(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            crash()
            raise Crashed

    event.listen(store.writer, "before_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(store.writer, "before_cursor_execute", count)


@contextmanager
def crash_in_commit(store: Store, disk: Disk, into: Path, told: Callable[[str, str], None]) -> Iterator[None]:
    """The process ends while a commit is on its way to the disk. `told` gets the contents before and after it."""

    def commit_and_crash(connection: Connection) -> None:
        before, files = contents(disk.folder), disk.database_files()
        driver: Any = connection.connection.driver_connection
        driver.execute("COMMIT")
        told(before, contents(disk.folder))
        disk.crash(into, files)
        raise Crashed

    event.listen(store.writer, "commit", commit_and_crash)
    try:
        yield
    finally:
        event.remove(store.writer, "commit", commit_and_crash)


@contextmanager
def slow(store: Store, waits: Callable[[], None]) -> Iterator[None]:
    """A commit takes its time."""

    def wait(_: object) -> None:
        waits()

    event.listen(store.writer, "commit", wait)
    try:
        yield
    finally:
        event.remove(store.writer, "commit", wait)


def is_locked(store: Store) -> bool:
    """Whether the writer's connection holds the write lock between two groups."""
    driver: Any = store.writer.connection.driver_connection
    return bool(driver.in_transaction)


def contents(folder: Path) -> str:
    """A digest of all rows of all tables of a folder's database, as its last commit left them."""
    found = hashlib.sha256()
    with closing(sqlite3.connect(f"file:{folder / DATABASE}?mode=ro", uri=True)) as connection:
        for line in connection.iterdump():
            found.update(line.encode())
    return found.hexdigest()


def contents_of_image(folder: Path) -> str:
    """The same, of a folder that is to be left as it is."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as elsewhere:
        for name in (DATABASE, WAL):
            if (folder / name).exists():
                shutil.copy(folder / name, elsewhere)
        with closing(sqlite3.connect(Path(elsewhere) / DATABASE)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # brings the log back
            return contents(Path(elsewhere))
