"""What is SQLite's own: how it is opened, how its transactions begin, how a row is put in the place of another.

The only module that knows which database it is. Python's driver is told to leave transactions alone; they begin here,
explicitly, so that what SQLAlchemy calls a transaction or a savepoint is one.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    URL,
    BigInteger,
    Connection,
    Engine,
    Insert,
    Integer,
    NullPool,
    QueuePool,
    Table,
    create_engine,
    event,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError

from octy.model.errors import StoreError
from octy.store.sqlite_log import LOG_HEADER_BYTES, PAGE_BYTES

RowId = BigInteger().with_variant(Integer(), "sqlite")
"""The type of a key that is a single integer: only an INTEGER is SQLite's own row id."""

BUSY_TIMEOUT_SECONDS = 10
"""How long to wait for somebody else's lock: a backup's, or that of a person with a SQL shell."""

READERS_KEPT = 8
_WRITER_CACHE_KIB = 16_384
"""For what is hot of indexes. With 64 MiB, a busy server's went on filling for minutes, and it was no quicker."""
_READER_CACHE_KIB = 4_096
"""For one transaction: with the next, what others have committed meanwhile makes all of it useless."""

_ZEROS_PAGES_MAX = 65_536
"""256 MiB: a value may hold a thousand million bytes."""
_PAGE_OF_ONE_VALUE_BYTES = PAGE_BYTES - 4
"""What a page holds that has nothing but a part of a long value: the rest tells the next page."""

_PAGES_AT_ONCE = 1_000

_WRITER_PRAGMAS: tuple[str, ...] = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "secure_delete = ON",
    "temp_store = MEMORY",
    f"cache_size = -{_WRITER_CACHE_KIB}",
    "wal_autocheckpoint = 0",  # the store does it, once the pages' checksums are unknown
)
_READER_PRAGMAS = (
    "query_only = ON",
    "temp_store = MEMORY",
    f"cache_size = -{_READER_CACHE_KIB}",
)


def writing_engine(path: Path) -> Engine:
    """For the one connection that writes: a transaction has the write lock from its beginning, or does not begin."""
    engine = _engine(_url(path), poolclass=NullPool)
    event.listen(engine, "connect", _running(_WRITER_PRAGMAS))
    event.listen(engine, "connect", _require_log)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def reading_engine(path: Path) -> Engine:
    """For many connections that cannot write. Each transaction sees the store as it was when the transaction began.

    The last of them that is closed leaves the log as it is. The last to be given back is the first to be taken, so that
    only those have pages in memory that are needed at once.
    """
    pool = {"poolclass": QueuePool, "pool_size": READERS_KEPT, "max_overflow": -1, "pool_use_lifo": True}
    engine = _engine(_reading_url(path), **pool)
    event.listen(engine, "connect", _running(_READER_PRAGMAS))
    event.listen(engine, "begin", _begin_snapshot)
    return engine


def inspecting_engine(path: Path) -> Engine:
    """For a first look at a file that may be anything and that nobody else uses; changes nothing of it."""
    log = path.with_name(f"{path.name}-wal")
    has_log = log.exists() and log.stat().st_size > LOG_HEADER_BYTES
    # without a log to be read, "immutable" keeps SQLite from making an empty one
    return _engine(_reading_url(path, **({} if has_log else {"immutable": "1"})), poolclass=NullPool)


def _engine(url: URL, **pool: Any) -> Engine:  # noqa: ANN401 - the options are SQLAlchemy's
    """An engine whose errors do not show the statements' values: they are customers' data, and errors are logged."""
    return create_engine(url, connect_args=_connect_args(), hide_parameters=True, **pool)


def is_no_database(error: DBAPIError) -> bool:
    """Whether the error says that the file is no SQLite database at all."""
    return getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB


def problems_found(connection: Connection) -> list[str]:
    """What SQLite itself finds wrong with the database: nothing in a sound one."""
    said = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    return [str(line) for line in said if line != "ok"]


def damages_found(connection: Connection) -> list[str]:
    """As `problems_found`, of the database's structure alone: indexes are not held against their tables."""
    said = connection.exec_driver_sql("PRAGMA quick_check").scalars().all()
    return [str(line) for line in said if line != "ok"]


def rows_without_parent(connection: Connection) -> list[tuple[str, str]]:
    """(table, table that it refers to) of each row that refers to one that is not there."""
    return [(row[0], row[2]) for row in connection.exec_driver_sql("PRAGMA foreign_key_check")]


def copy_to(connection: Connection, path: Path) -> None:
    """The database as the connection's transaction sees it, in a file of its own that a mere copy makes another of.

    Compacted: what was deleted is not in it. StoreError where that cannot be.
    """
    source = connection.connection.driver_connection
    assert isinstance(source, sqlite3.Connection), "SQLite's own way of copying"
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as target:
            source.backup(target, pages=-1)
            target.execute("PRAGMA journal_mode = DELETE")
            target.execute("VACUUM")
    except sqlite3.Error as error:
        raise StoreError(f"The database cannot be copied to {path}: {error}.") from error


def pinned(path: Path) -> sqlite3.Connection:
    """A connection that sees the database as it is now until it is closed. From any thread, one at a time."""
    connection = sqlite3.connect(f"{_uri(path)}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN")
    connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
    return connection


def copy_pages(source: sqlite3.Connection, path: Path, between: Callable[[], None]) -> None:
    """The database as the connection sees it, page by page as it is, in a new file.

    `between` is called after each few megabytes; what it raises ends the copying. StoreError where that cannot be.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as target:
            source.backup(target, pages=_PAGES_AT_ONCE, progress=lambda *_: between())
    except sqlite3.Error as error:
        raise StoreError(f"The database cannot be copied to {path}: {error}.") from error


def empty_log(path: Path) -> bool:
    """Brings all of the log into the database and cuts it to nothing; False where that is not possible just now.

    It is not while somebody reads what was so before, and nobody waits for that: others write meanwhile.
    """
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        (is_busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not is_busy


@contextmanager
def log_keeper(path: Path) -> Iterator[None]:
    """While it lasts, no connection that can write is the last one that is closed.

    That one would bring the log into the database. Whoever cannot write cannot do that either.
    """
    uri = f"{_uri(path)}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)) as connection:
        try:
            connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"{path.name}: {error}") from error
        yield


def checkpoint(connection: Connection) -> tuple[int, bool]:
    """Brings what nobody reads otherwise from the log into the database. Outside of a transaction.

    How many frames the log has, and whether the database durably has all of them now.
    """
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection), "SQLite's own log"
    try:
        is_busy, frames, brought = driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"the log cannot be brought into the database: {error}") from error
    return frames, not is_busy and brought == frames


def compact(connection: Connection) -> None:
    """Writes the database anew without what was deleted. Outside of a transaction."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection), "SQLite's own way of forgetting"
    driver.execute("VACUUM")


def free_pages(connection: Connection) -> int:
    """How many pages of the database hold nothing."""
    count: int = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
    return count


@contextmanager
def overwriting_little(connection: Connection) -> Iterator[None]:
    """What is deleted meanwhile is overwritten only where its page is written anyway. In a transaction."""
    connection.exec_driver_sql("PRAGMA secure_delete = FAST").close()
    try:
        yield
    finally:
        connection.exec_driver_sql("PRAGMA secure_delete = ON").close()


def overwrite_free_pages(connection: Connection) -> None:
    """Zeros take all pages that are free, and give them back. In a transaction."""
    sizes = [_ZEROS_PAGES_MAX] * (free_pages(connection) // _ZEROS_PAGES_MAX)
    sizes.append(free_pages(connection) % _ZEROS_PAGES_MAX)
    zeros = [(f"zeros {number}", pages * _PAGE_OF_ONE_VALUE_BYTES) for number, pages in enumerate(sizes)]
    connection.exec_driver_sql("INSERT INTO meta VALUES (?, zeroblob(?))", zeros)
    connection.exec_driver_sql("DELETE FROM meta WHERE name = ?", [(name,) for name, _ in zeros])


def upsert(table: Table, replaced: Sequence[str]) -> Insert:
    """Inserts a row; where one with its primary key is there already, replaces those columns of it."""
    statement = insert(table)
    return statement.on_conflict_do_update(
        index_elements=table.primary_key.columns, set_={name: statement.excluded[name] for name in replaced}
    )


def _url(path: Path) -> URL:
    return URL.create("sqlite", database=str(path.absolute()))


def _reading_url(path: Path, **more: str) -> URL:
    return URL.create("sqlite", database=_uri(path), query={"mode": "ro", "uri": "true", **more})


def _uri(path: Path) -> str:
    return f"file:{quote(str(path.absolute()))}"


def _connect_args() -> dict[str, object]:
    return {"isolation_level": None, "check_same_thread": False, "timeout": BUSY_TIMEOUT_SECONDS}


def _running(pragmas: Sequence[str]) -> Callable[[DBAPIConnection, object], None]:
    def on_connect(connection: DBAPIConnection, _: object) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
            cursor.fetchall()  # a change commits after its only row, and tells what fails to whoever asks for more
        cursor.close()

    return on_connect


def _require_log(connection: DBAPIConnection, _: object) -> None:
    """SQLite says nothing where its file system cannot have a log, and would go on with less that is durable."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode")
    (mode,) = cursor.fetchone() or ("none",)
    cursor.close()
    if mode != "wal":
        raise StoreError(f"SQLite cannot keep a write-ahead log here; its journal_mode is {mode}")


def _begin_immediate(connection: Connection) -> None:
    """A COMMIT that fails may leave its transaction open, and SQLAlchemy leaves it at that; so that is ended first."""
    connection.connection.rollback()
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_snapshot(connection: Connection) -> None:
    """A plain BEGIN takes its snapshot only when it first reads, so it reads at once."""
    connection.exec_driver_sql("BEGIN")
    connection.exec_driver_sql("SELECT 1 FROM sqlite_schema LIMIT 1").close()
