"""Accounts: who there is, by which keys, and how each is configured."""

from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, func, select

from octy.model.accounts import Account, AccountConfiguration
from octy.model.errors import NotFound
from octy.store import receivers
from octy.store.rows import new_key
from octy.store.schema import accounts

_CONFIGURATION = AccountConfiguration.__struct_fields__


class StoredAccount(Struct, frozen=True):
    """An account, with what its secret key is checked against."""

    account: Account
    secret_sha256: bytes


def create(connection: Connection, public_key: str, secret_sha256: bytes, now_us: int) -> int:
    """A new account, not configured yet, with a receiver; its id."""
    row = {
        "public_key": public_key,
        "secret_sha256": secret_sha256,
        "created_us": now_us,
        "next_profile_key": 0,
        **msgspec.structs.asdict(AccountConfiguration()),
    }
    account_id = new_key(connection.execute(accounts.insert(), row))
    receivers.create(connection, account_id)
    return account_id


def all_accounts(connection: Connection) -> list[StoredAccount]:
    """All, in the order of their creation."""
    rows = connection.execute(select(accounts).order_by(accounts.c.account_id))
    return [StoredAccount(_account(row), row.secret_sha256) for row in rows]


def by_id(connection: Connection, account_id: int) -> Account:
    """The account; NotFound where there is none."""
    row = connection.execute(select(accounts).where(accounts.c.account_id == account_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such account.")
    return _account(row)


def configure(connection: Connection, account_id: int, configuration: AccountConfiguration) -> None:
    """Replaces the account's configuration."""
    change = accounts.update().where(accounts.c.account_id == account_id)
    connection.execute(change, msgspec.structs.asdict(configuration))


def count(connection: Connection) -> int:
    """How many there are."""
    return connection.execute(select(func.count()).select_from(accounts)).scalar_one()


def _account(row: Row[Any]) -> Account:
    configuration = AccountConfiguration(**{name: getattr(row, name) for name in _CONFIGURATION})
    return Account(row.account_id, row.public_key, configuration)
