"""Many rows at once: how they go in quickly, and how a long list of keys is asked for.

SQLAlchemy builds a dictionary for each row and looks at each value. For rows that are plain tuples of numbers and texts
that would cost more than storing them, so their statement is compiled once and the tuples go to the driver as they are.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Delete, Dialect, Insert, Select, Table, Update

T = TypeVar("T")
Row = tuple[Any, ...]

KEYS_PER_STATEMENT = 1_000
"""Every database bounds the number of parameters; beyond a thousand, more in one statement gains nothing."""

ROWS_PER_STATEMENT = 50
"""So many rows per INSERT cost about half of what they cost one by one; more gain nothing."""


def insert_rows(connection: Connection, statement: Insert, rows: Sequence[Row]) -> None:
    """Inserts rows, each with a value for every column of the table, in the columns' order."""
    whole = len(rows) - len(rows) % ROWS_PER_STATEMENT
    joined = [tuple(chain.from_iterable(chunk)) for chunk in in_chunks(rows[:whole], ROWS_PER_STATEMENT)]
    for tuples, rows_each in ((joined, ROWS_PER_STATEMENT), (list(rows[whole:]), 1)):
        if tuples:
            connection.exec_driver_sql(_sql(statement, rows_each, connection.dialect), tuples)


def run_rows(connection: Connection, statement: Update | Delete, rows: Sequence[Row]) -> None:
    """Runs a statement for each row of values of its parameters, in the order in which its text has them."""
    if rows:
        connection.exec_driver_sql(_text(statement, connection.dialect), list(rows))


def fetch_rows(connection: Connection, question: Select[Any]) -> Sequence[Row]:
    """All rows of a question without parameters, as the driver hands them over: for millions of them."""
    found = connection.exec_driver_sql(str(question.compile(dialect=connection.dialect))).cursor
    assert found is not None, "a question has an answer"
    rows: Sequence[Row] = found.fetchall()
    return rows


def fetch_row(connection: Connection, question: Select[Any], values: Row) -> Row | None:
    """The only row of a question, or None; values of its parameters in the order in which its text has them."""
    found = connection.exec_driver_sql(_text(question, connection.dialect), values).cursor
    assert found is not None, "a question has an answer"
    row: Row | None = found.fetchone()
    found.close()
    return row


def in_chunks(values: Sequence[T], size: int = KEYS_PER_STATEMENT) -> Iterator[Sequence[T]]:
    """The values in portions that fit into one statement."""
    return (values[first : first + size] for first in range(0, len(values), size))


def new_key(inserted: CursorResult[Any]) -> int:
    """The key that the database gave to a row that was just inserted."""
    assert inserted.inserted_primary_key is not None
    key: int = inserted.inserted_primary_key[0]
    return key


@lru_cache
def _text(statement: Select[Any] | Update | Delete, dialect: Dialect) -> str:
    assert dialect.positional, "tuples need a driver with positional parameters"
    return str(statement.compile(dialect=dialect))


@lru_cache
def _sql(statement: Insert, rows: int, dialect: Dialect) -> str:
    assert dialect.positional, "tuples need a driver with positional parameters"
    assert isinstance(statement.table, Table)
    row = {column.name: None for column in statement.table.columns}
    return str(statement.values([row] * rows).compile(dialect=dialect))
