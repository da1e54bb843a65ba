"""A data folder for a SQL shell: its tables, and beside them the two logs as the tables that one would expect.

`events` and `tag_history` have a row for each event and change, wherever the store keeps it: in a block or in the
archive. Tests that ask what is stored ask here.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from octy.store.blocks import unpacked
from octy.store.log_shape import CHANGES, EVENTS, PROFILE, LogShape

KEEPING = {"event_blocks", "change_blocks", "archive_runs", "erasures", "sqlite_sequence"}
"""Tables that say where rows are, not what they say: they change whenever the archiver comes by."""

_TABLES = """
CREATE TABLE main.events (seq, account_id, profile_key, type_id, created_us, accepted_us, properties);
CREATE TABLE main.tag_history (
  change_id, account_id, profile_key, segment_key, segment_id, segment_tag, kind, effective_us, recorded_us, cause,
  event_seq
);
"""


@contextmanager
def opened(folder: Path) -> Iterator[sqlite3.Connection]:
    """The folder's database, attached to one in memory that holds the logs as they are now. Also beside a server."""
    with closing(sqlite3.connect("file::memory:", uri=True)) as connection:
        connection.execute("ATTACH DATABASE ? AS store", (f"file:{folder / 'octy.db'}?mode=ro",))
        connection.execute("BEGIN")
        for statement in _TABLES.strip().split(";")[:-1]:
            connection.execute(statement)
        names = {key: (id_, name) for key, id_, name in connection.execute("SELECT * FROM segment_names")}
        for account_id, columns, properties in _rows(connection, folder, EVENTS):
            connection.execute(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    columns["seq"],
                    account_id,
                    *(columns[name] for name in (PROFILE, "type_id", "created_us", "accepted_us")),
                    properties,
                ),
            )
        for account_id, columns, _ in _rows(connection, folder, CHANGES):
            connection.execute(
                "INSERT INTO tag_history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    columns["change_id"],
                    account_id,
                    columns[PROFILE],
                    columns["segment_key"],
                    *names[columns["segment_key"]],
                    *(columns[name] for name in ("kind", "effective_us", "recorded_us", "cause")),
                    columns["event_seq"] or None,
                ),
            )
        yield connection


def _rows(
    connection: sqlite3.Connection, folder: Path, shape: LogShape
) -> Iterator[tuple[int, Mapping[str, Any], str | None]]:
    table, text = ("event_blocks", "properties") if shape is EVENTS else ("change_blocks", "NULL")
    for account_id, count, packed, lines in connection.execute(
        f"SELECT account_id, row_count, columns, {text} FROM {table} ORDER BY 1, rowid"
    ).fetchall():
        columns = {name: column.tolist() for name, column in unpacked(shape, count, packed).items()}
        texts = lines.decode().split("\n") if lines else [None] * count
        for row in range(count):
            said = texts[row] if texts[row] not in ("null", "{}", "") else None
            yield account_id, {name: column[row] for name, column in columns.items()}, said
    files = "SELECT account_id, file FROM archive_runs WHERE log = ? ORDER BY first_number"
    for account_id, file in connection.execute(files, (shape.name,)).fetchall():
        found = pq.read_table(folder / "archive" / file)
        integers = {
            name: found.column(name).cast("int64" if kind == "<i8" else "int32").to_pylist()
            for name, kind in shape.types.items()
        }
        texts = found.column("properties").to_pylist() if shape.has_properties else [None] * found.num_rows
        for row in range(found.num_rows):
            yield account_id, {name: column[row] for name, column in integers.items()}, texts[row]
