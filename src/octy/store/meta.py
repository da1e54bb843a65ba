"""What a store has one of, by name.

`now_us` is the instant through which everything is applied, `id_key` a secret; `octy.store.tallies` has numbers here;
and an account that is behind with what time does, or is set aside, how far it has come.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, select

from octy.store.rows import insert_rows
from octy.store.schema import meta
from octy.store.sqlite import upsert

_GET = select(meta.c.value).where(meta.c.name == bindparam("name"))
_SET = upsert(meta, ["value"])
_REMOVE = meta.delete().where(meta.c.name == bindparam("of_name"))


def get_value(connection: Connection, name: str) -> str | None:
    """The value; None where none was ever set."""
    value: str | None = connection.scalar(_GET, {"name": name})
    return value


def set_value(connection: Connection, name: str, value: str) -> None:
    """Sets it, or replaces it."""
    set_values(connection, {name: value})


def set_values(connection: Connection, values: Mapping[str, str]) -> None:
    """As `set_value`, of several."""
    insert_rows(connection, _SET, list(values.items()))


def remove(connection: Connection, name: str) -> None:
    """Sets nothing any longer."""
    connection.execute(_REMOVE, {"of_name": name})
