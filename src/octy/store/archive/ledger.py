"""Which files hold which rows: the ledger, in the database. What it does not name does not exist.

A move is one transaction: the file is durable already; its line is added, and the rows' blocks, or the lines of the
files that it replaces, go. So a crash at any point leaves every row in exactly one place.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, func, select

from octy.store.archive.run_writer import WrittenRun
from octy.store.json_text import to_text
from octy.store.log_shape import LogShape
from octy.store.schema import archive_runs

_decode_ids = msgspec.json.Decoder(tuple[int, ...]).decode


class ArchivedRun(Struct, frozen=True):
    """A line of the ledger: rows of one account with `first_number` <= number <= `last_number`."""

    run_id: int
    file: str
    account_id: int
    first_number: int
    last_number: int
    row_count: int
    created_min_us: int
    created_max_us: int
    type_ids: tuple[int, ...]
    """Which event types, or segments, occur."""
    file_bytes: int
    file_sha256: bytes


def add(
    connection: Connection, shape: LogShape, account_id: int, first_number: int, last_number: int, written: WrittenRun
) -> None:
    """A file is in the archive from now on."""
    row = {
        "log": shape.name,
        "account_id": account_id,
        "first_number": first_number,
        "last_number": last_number,
        **msgspec.structs.asdict(written),
        "type_ids": to_text(written.type_ids),
    }
    connection.execute(archive_runs.insert(), row)


def remove(connection: Connection, run_ids: Collection[int]) -> None:
    """Files are not in the archive any more."""
    connection.execute(archive_runs.delete().where(archive_runs.c.run_id.in_(run_ids)))


def correct(connection: Connection, run_id: int, values: Mapping[str, Any]) -> None:
    """A line says something else of its file from now on."""
    connection.execute(archive_runs.update().where(archive_runs.c.run_id == run_id), dict(values))


def runs(connection: Connection, shape: LogShape, account_id: int) -> list[ArchivedRun]:
    """An account's, in the order of their numbers."""
    return _found(connection, shape, archive_runs.c.account_id == account_id)


def all_runs(connection: Connection, shape: LogShape) -> list[ArchivedRun]:
    """Every account's, in the order of their numbers."""
    return _found(connection, shape)


def files(connection: Connection) -> set[str]:
    """The names of all files that the archive has."""
    return set(connection.scalars(select(archive_runs.c.file)))


def last_number(connection: Connection, shape: LogShape) -> int:
    """The greatest number in any file; 0 where there is none."""
    last: int | None = connection.scalar(
        select(func.max(archive_runs.c.last_number)).where(archive_runs.c.log == shape.name)
    )
    return last or 0


def _found(connection: Connection, shape: LogShape, *which: ColumnElement[bool]) -> list[ArchivedRun]:
    question = select(archive_runs).where(archive_runs.c.log == shape.name, *which)
    return [_run(row) for row in connection.execute(question.order_by(archive_runs.c.first_number))]


def _run(row: Row[Any]) -> ArchivedRun:
    values: Sequence[Any] = [getattr(row, name) for name in ArchivedRun.__struct_fields__]
    run = ArchivedRun(*values)
    return msgspec.structs.replace(run, type_ids=_decode_ids(row.type_ids))
