"""What a failing statement says: never what was to be stored."""

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from octy.store.folder import Store

SECRET = "ana@example.com"


def said_by(connection: Connection) -> str:
    with pytest.raises(DBAPIError) as raised:
        connection.execute(text("SELECT nothing FROM nowhere WHERE mail = :mail"), {"mail": SECRET})
    return f"{raised.value!s} {raised.value!r}"


def test_no_value_of_a_statement_is_in_its_error(store: Store) -> None:
    """C31: errors are logged, and values are customers' data."""
    with store.writer.begin():
        assert SECRET not in said_by(store.writer)
    with store.reading() as connection:
        assert SECRET not in said_by(connection)
