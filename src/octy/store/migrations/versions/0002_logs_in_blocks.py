"""The logs of events and of tag changes become blocks of columns, and get an archive.

The rows of the tables that go are moved into blocks, `ROWS_PER_BLOCK` at a time.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import sqlalchemy as sa
from alembic import op

from octy.store.sqlite import RowId

revision = "0002"
down_revision = "0001"

ROWS_PER_BLOCK = 4_096
EVENT_COLUMNS = ((0, "<i8"), (4, "<i8"), (5, "<i8"), (2, "<i4"), (3, "<i4"))
"""Of a row of `events`, which column goes where in a block, and as what."""
CHANGE_COLUMNS = ((0, "<i8"), (3, "<i8"), (5, "<i8"), (6, "<i8"), (8, "<i8"), (2, "<i4"), (4, "<i4"), (7, "<i4"))
EMPTY_EVENT_BLOCK = "INSERT INTO event_blocks VALUES (?, ?, ?, 0, x'', x'')"
EMPTY_CHANGE_BLOCK = "INSERT INTO change_blocks VALUES (?, ?, ?, 0, x'')"


def upgrade() -> None:
    """Makes the new tables, moves all rows, drops the old tables."""
    _make_tables()
    connection = op.get_bind()
    for block in _blocks(connection, "SELECT * FROM events ORDER BY account_id, seq"):
        lines = b"".join((row[6] or "null").encode() + b"\n" for row in block)
        connection.exec_driver_sql(
            "INSERT INTO event_blocks VALUES (?, ?, ?, ?, ?, ?)", (*_head(block), _packed(block, EVENT_COLUMNS), lines)
        )
    changes = (
        "SELECT change_id, account_id, profile_key, segment_key, kind, effective_us, recorded_us, cause, "
        "coalesce(event_seq, 0) FROM tag_history ORDER BY account_id, change_id"
    )
    for block in _blocks(connection, changes):
        connection.exec_driver_sql(
            "INSERT INTO change_blocks VALUES (?, ?, ?, ?, ?)", (*_head(block), _packed(block, CHANGE_COLUMNS))
        )
    connection.exec_driver_sql(
        "INSERT INTO segment_names SELECT segment_key, segment_id, segment_tag FROM tag_history GROUP BY segment_key "
        "UNION SELECT segment_key, segment_id, name FROM segments"
    )
    _keep_ends(connection)
    connection.exec_driver_sql("DELETE FROM meta WHERE name LIKE '%_places_through'")
    for table in ("events", "event_places", "tag_history", "change_places"):
        op.drop_table(table)


def _make_tables() -> None:
    op.create_table(
        "event_blocks",
        sa.Column("first_seq", RowId, primary_key=True, autoincrement=False),
        sa.Column("last_seq", sa.BigInteger, nullable=False),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.Column("row_count", sa.Integer, nullable=False),
        sa.Column("columns", sa.LargeBinary, nullable=False),
        sa.Column("properties", sa.LargeBinary, nullable=False),
    )
    op.create_index(None, "event_blocks", ["account_id", "first_seq"])
    op.create_table(
        "change_blocks",
        sa.Column("first_change_id", RowId, primary_key=True, autoincrement=False),
        sa.Column("last_change_id", sa.BigInteger, nullable=False),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.Column("row_count", sa.Integer, nullable=False),
        sa.Column("columns", sa.LargeBinary, nullable=False),
    )
    op.create_index(None, "change_blocks", ["account_id", "first_change_id"])
    op.create_table(
        "segment_names",
        sa.Column("segment_key", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("segment_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
    )
    op.create_table(
        "archive_runs",
        sa.Column("run_id", RowId, primary_key=True),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("log", sa.Text, nullable=False),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.Column("first_number", sa.BigInteger, nullable=False),
        sa.Column("last_number", sa.BigInteger, nullable=False),
        sa.Column("row_count", sa.BigInteger, nullable=False),
        sa.Column("created_min_us", sa.BigInteger, nullable=False),
        sa.Column("created_max_us", sa.BigInteger, nullable=False),
        sa.Column("type_ids", sa.Text, nullable=False),
        sa.Column("file_bytes", sa.BigInteger, nullable=False),
        sa.Column("file_sha256", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("file"),
        sqlite_autoincrement=True,
    )
    op.create_index(None, "archive_runs", ["log", "account_id", "first_number"])
    op.create_table(
        "erasures",
        sa.Column("account_id", sa.BigInteger, primary_key=True),
        sa.Column("profile_key", sa.BigInteger, primary_key=True),
        sa.Column("requested_us", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )


def _keep_ends(connection: sa.Connection) -> None:
    """An empty block where the rows of the last numbers are gone, so that those are not given again (T2)."""
    for last, name, insert in (
        ("SELECT max(last_seq) FROM event_blocks", "event_places_through", EMPTY_EVENT_BLOCK),
        ("SELECT max(last_change_id) FROM change_blocks", "change_places_through", EMPTY_CHANGE_BLOCK),
    ):
        stored = connection.exec_driver_sql(last).scalar() or 0
        given = int(connection.exec_driver_sql("SELECT value FROM meta WHERE name = ?", (name,)).scalar() or 0)
        if given > stored:
            account = connection.exec_driver_sql("SELECT min(account_id) FROM accounts").scalar_one()
            connection.exec_driver_sql(insert, (given, given, account))


def _blocks(connection: sa.Connection, question: str) -> Iterator[list[Sequence[Any]]]:
    """The rows of each account, so many at a time."""
    rows = connection.exec_driver_sql(question)
    for _, mine in groupby(rows, key=lambda row: row[1]):
        block: list[Sequence[Any]] = []
        for row in mine:
            block.append(row)
            if len(block) == ROWS_PER_BLOCK:
                yield block
                block = []
        if block:
            yield block


def _head(block: Sequence[Sequence[Any]]) -> tuple[int, int, int, int]:
    return block[0][0], block[-1][0], block[0][1], len(block)


def _packed(block: Sequence[Sequence[Any]], columns: Sequence[tuple[int, str]]) -> bytes:
    return b"".join(np.array([row[place] for row in block], kind).tobytes() for place, kind in columns)
