"""Pairs of keys: the public one, a hash of the secret one, whose they are, and how long."""

from msgspec import Struct
from sqlalchemy import Connection, select

from octy.model.keys import Key, Role
from octy.store.schema import keys


class StoredKey(Struct, frozen=True):
    """A pair of keys, with what its secret one is checked against."""

    key: Key
    secret_sha256: bytes


def add(connection: Connection, stored: StoredKey) -> None:
    """One more pair."""
    key = stored.key
    row = {
        "public_key": key.public_key,
        "account_id": key.account_id,
        "secret_sha256": stored.secret_sha256,
        "role": key.role.value,
        "created_us": key.created_us,
        "ends_us": key.ends_us,
    }
    connection.execute(keys.insert(), row)


def is_known(connection: Connection, public_key: str) -> bool:
    """Whether there is, or was, a pair with this public key."""
    return connection.scalar(select(keys.c.public_key).where(keys.c.public_key == public_key)) is not None


def end(connection: Connection, public_key: str, at_us: int) -> None:
    """Refused from an instant on."""
    connection.execute(keys.update().where(keys.c.public_key == public_key), {"ends_us": at_us})


def all_keys(connection: Connection) -> list[StoredKey]:
    """All that there ever were, account by account, the oldest first."""
    rows = connection.execute(select(keys).order_by(keys.c.account_id, keys.c.created_us, keys.c.public_key))
    return [
        StoredKey(
            Key(row.public_key, row.account_id, Role(row.role), row.created_us, row.ends_us), bytes(row.secret_sha256)
        )
        for row in rows
    ]
