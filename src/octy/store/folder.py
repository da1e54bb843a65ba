"""A data folder, opened: who may use it, what is in it, and the connections to its store.

One server at a time: a lock on a file beside the database says whose turn it is, and is gone with its process.
A folder that cannot be served is left as it was found.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from octy.model.errors import StoreError, Unavailable
from octy.store.archive.archive import Archive
from octy.store.durable import make_folder, sync_file, sync_folder
from octy.store.erasure_ledger import ErasureLedger
from octy.store.migrate import migrate, needs_migration
from octy.store.page_sums import PageSums, broken_log
from octy.store.sqlite import (
    checkpoint,
    damages_found,
    empty_log,
    inspecting_engine,
    is_no_database,
    log_keeper,
    reading_engine,
    writing_engine,
)
from octy.store.sqlite_log import log_of
from octy.store.vault import Vault, vault_in

DATABASE = "octy.db"
ARCHIVE = "archive"
LOCK = "octy.lock"
LOCK_TRIES = 5
LOCK_AGAIN_SECONDS = 0.05
"""Whoever only reads a folder that no server holds has the lock while he looks at SQLite's log."""
RESTORING = "octy.restoring"
"""A file that is in a folder for as long as a restore into it has not come to its end."""


class Store:
    """One connection that writes, and as many snapshots as are wanted."""

    def __init__(
        self,
        folder: Path,
        writer: Connection,
        readers: Engine,
        archive: Archive,
        vault: Vault,
        sums: PageSums,
        opened: ExitStack,
    ) -> None:
        """`opened` closes all that the store holds."""
        self.folder = folder
        self.archive = archive
        self.erasure_ledger = ErasureLedger(folder)
        self.vault = vault
        self.writer = writer
        """For one thread at a time; every use of it within `with store.writer.begin():`."""
        self.before_bringing: Callable[[], None] = lambda: None
        """Called before anything of SQLite's log is brought into the database, for whoever wants to see it first."""
        self._readers = readers
        self._sums = sums
        self._opened = opened
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees the store as it is now until the end, and cannot write. From any thread."""
        if self._closed:
            raise Unavailable("The store is closed.")
        with self._readers.connect() as connection, connection.begin():
            yield connection

    def reopen(self) -> None:
        """After a write that failed nothing is taken on trust, neither what a connection remembers nor what is stored.

        The writer gets a new connection, the database's structure is sound, the archive's files are there. Raises
        where that is not so; then it is to be called again before anything is written.
        """
        self.writer.invalidate()
        with self.writer.begin():
            if damages := damages_found(self.writer):
                raise StoreError(f"{DATABASE} is damaged: {damages[0]}")
            self.archive.require_whole(self.writer)
        _make_durable(self.folder)

    def shorten_log(self) -> None:
        """Brings SQLite's log into the database where it has grown long. Between the writer's transactions."""
        if self._sums.is_log_long():
            self.before_bringing()
            _bring(self._sums, self.writer)

    def empty_log(self) -> bool:
        """Whether nothing that was deleted can be read in SQLite's log any more; to be tried again if not.

        Between the writer's transactions.
        """
        self.before_bringing()
        return _bring(self._sums, self.writer) and empty_log(self.folder / DATABASE)

    def believe_pages(self) -> None:
        """The database's pages are taken for right as they are, and the next opening gives them checksums."""
        self._sums.forget()

    def sizes(self) -> dict[str, int]:
        """How many bytes the database, its log, and the archive's files take. From any thread."""
        sizes = {"database": _size(self.folder / DATABASE), "log": _size(self.folder / f"{DATABASE}-wal")}
        return sizes | {"archive": sum(map(_size, self.archive.folder.glob("*")))}

    def close(self) -> None:
        """Gives the folder free. Closing again does nothing."""
        self._closed = True
        self._opened.close()


def open_store(folder: Path, *, is_restoring: bool = False) -> Store:
    """The store in the folder: made where there is none, migrated where it is old. StoreError says why not.

    `is_restoring`: a restore that has not come to its end opens the folder itself.
    """
    with ExitStack() as opened, told_of(folder):
        return _open(folder, opened, is_restoring=is_restoring)


class Snapshot(Struct, frozen=True):
    """A store to be looked at."""

    folder: Path
    connection: Connection
    archive: Archive


@contextmanager
def unopened(folder: Path) -> Iterator[Path]:
    """The database of a folder that no server holds, before SQLite has seen it. StoreError says why not."""
    with ExitStack() as opened:
        with told_of(folder):
            database = _existing(folder)
            _lock(folder / LOCK, opened)
        yield database


@contextmanager
def inspected(folder: Path) -> Iterator[Snapshot]:
    """A store that no server holds, and that nothing changes until the end. StoreError says why not."""
    with ExitStack() as opened:
        with told_of(folder):
            database = _existing(folder)
            _lock(folder / LOCK, opened)
            _require_believed_log(database)
            connection = opened.enter_context(inspecting_engine(database).connect())
            _require_current(connection)
        yield Snapshot(folder, connection, Archive(folder / ARCHIVE))


@contextmanager
def snapshot(folder: Path) -> Iterator[Snapshot]:
    """A store as it is now, whether a server holds it or not; what is read stays so until the end."""
    with ExitStack() as opened:
        with told_of(folder):
            database = _existing(folder)
            _require_believed_log_as_guest(database)
            readers = reading_engine(database)
            opened.callback(readers.dispose)
            connection = opened.enter_context(readers.connect())
            opened.enter_context(connection.begin())
            _require_current(connection)
        yield Snapshot(folder, connection, Archive(folder / ARCHIVE))


@contextmanager
def told_of(folder: Path) -> Iterator[None]:
    """Whatever is wrong becomes a sentence about the folder."""
    try:
        yield
    except StoreError as error:
        raise StoreError(f"The data folder {folder} cannot be used: {error}.") from error.__cause__
    except DBAPIError as error:
        reason = f"{DATABASE} is not a database" if is_no_database(error) else f"{DATABASE}: {error.orig}"
        raise StoreError(f"The data folder {folder} cannot be used: {reason}.") from error
    except OSError as error:
        raise StoreError(f"The data folder {folder} cannot be used: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        reason = f"{DATABASE} holds what is no text: {error}"
        raise StoreError(f"The data folder {folder} cannot be used: {reason}.") from error


def _size(path: Path) -> int:
    """0 for a file that is gone meanwhile."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _existing(folder: Path) -> Path:
    """The database of a folder that has one."""
    database = folder / DATABASE
    if not database.is_file():
        raise StoreError(f"there is no {DATABASE} in it")
    _refuse_half_restored(folder)
    return database


def _refuse_half_restored(folder: Path) -> None:
    if (folder / RESTORING).exists():
        raise StoreError("a restore into it did not come to its end; run octy restore again")


def _require_current(connection: Connection) -> None:
    if needs_migration(connection):
        raise StoreError("it was written by an older version of Octy; start octy serve on it once, which brings it up")


def _open(folder: Path, opened: ExitStack, *, is_restoring: bool) -> Store:
    if folder.is_file():
        raise StoreError("it is a file")
    make_folder(folder)
    if not is_restoring:
        _refuse_half_restored(folder)
    _lock(folder / LOCK, opened)
    database = folder / DATABASE
    _require_believed_log(database)
    is_old = _is_old(database)
    sums = PageSums(database)
    opened.callback(sums.close)
    keeper = opened.enter_context(ExitStack())
    writer = opened.enter_context(writing_engine(database).connect())
    keeper.enter_context(log_keeper(database))
    opened.callback(_leave, sums, writer, keeper)
    _bring(sums, writer)
    archive = Archive(folder / ARCHIVE)
    with writer.begin():
        if is_old:
            migrate(writer)
        archive.sweep(writer)
        archive.require_whole(writer)
    _make_durable(folder)
    readers = reading_engine(database)
    opened.callback(readers.dispose)
    return Store(folder, writer, readers, archive, vault_in(folder), sums, opened.pop_all())


def _bring(sums: PageSums, writer: Connection) -> bool:
    """Whether the database has all of SQLite's log now. Between the writer's transactions."""
    sums.unlearn()
    frames, is_all = checkpoint(writer)
    sums.learn(frames, is_all=is_all)
    return is_all


def _leave(sums: PageSums, writer: Connection, keeper: ExitStack) -> None:
    """Before the writer's connection is closed: it may bring the log into the database, or it is not the last."""
    try:
        sums.unlearn()
    except OSError:
        return
    keeper.close()
    with suppress(OSError, DBAPIError, StoreError):
        _bring(sums, writer)


def _require_believed_log(database: Path) -> None:
    """StoreError where transactions are in SQLite's log that SQLite would forget."""
    if (broken := broken_log(database)) is not None:
        raise StoreError(
            f"{log_of(database).name} is not what was written from byte {broken:,} on, and transactions that were "
            "acknowledged come after it; restore a backup"
        )


def _make_durable(folder: Path) -> None:
    """What an earlier process wrote and did not live to sync is found here, and will be answered with."""
    wal = folder / f"{DATABASE}-wal"
    if wal.exists():
        sync_file(wal)
    sync_folder(folder)


def _lock(path: Path, opened: ExitStack) -> None:
    """Holds the lock until `opened` is closed, or the process ends in whatever way."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    opened.callback(os.close, descriptor)
    for _ in range(LOCK_TRIES):
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(LOCK_AGAIN_SECONDS)
    raise StoreError("another server is using it")


def _require_believed_log_as_guest(database: Path) -> None:
    """Where a server holds the folder, it looks after the log."""
    with ExitStack() as opened, suppress(BlockingIOError, FileNotFoundError, PermissionError):
        descriptor = os.open(database.with_name(LOCK), os.O_RDONLY)
        opened.callback(os.close, descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        _require_believed_log(database)


def _is_old(database: Path) -> bool:
    """Whether the database is new or wants migrating; judged before anything is written."""
    with suppress(FileExistsError):
        os.close(os.open(database, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        return True
    with inspecting_engine(database).connect() as connection:
        return needs_migration(connection)
