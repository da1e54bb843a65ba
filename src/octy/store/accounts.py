"""Accounts: who there is, and how each is configured."""

from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, select

from octy.model.accounts import Account, AccountConfiguration, AccountLimits
from octy.model.errors import NotFound
from octy.store import receivers
from octy.store.json_text import to_text
from octy.store.rows import new_key
from octy.store.schema import accounts, webhook_choices
from octy.store.sqlite import upsert

_WITH_CHOICES = select(accounts, webhook_choices.c.chosen).outerjoin(
    webhook_choices, webhook_choices.c.account_id == accounts.c.account_id
)
_PUT_CHOICES = upsert(webhook_choices, ["chosen"])
_COLUMNS = tuple(name for name in AccountConfiguration.__struct_fields__ if name in accounts.c)
"""Of the configuration; what is no column is a choice."""
_decode_choices = msgspec.json.Decoder(dict[str, Any]).decode


def create(connection: Connection, name: str, now_us: int) -> int:
    """A new account, not configured yet, with a receiver; its id."""
    row = {"name": name, "created_us": now_us, "next_profile_key": 0, **_columns(AccountConfiguration())}
    account_id = new_key(connection.execute(accounts.insert(), row))
    receivers.create(connection, account_id)
    return account_id


def all_accounts(connection: Connection) -> list[Account]:
    """All, in the order of their creation."""
    return [_account(row) for row in connection.execute(_WITH_CHOICES.order_by(accounts.c.account_id))]


def by_id(connection: Connection, account_id: int) -> Account:
    """The account; NotFound where there is none."""
    row = connection.execute(_WITH_CHOICES.where(accounts.c.account_id == account_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such account.")
    return _account(row)


def configure(connection: Connection, account_id: int, configuration: AccountConfiguration) -> None:
    """Replaces the account's configuration."""
    change = accounts.update().where(accounts.c.account_id == account_id)
    connection.execute(change, _columns(configuration))
    chosen = _choices(configuration)
    if chosen:
        connection.execute(_PUT_CHOICES, {"account_id": account_id, "chosen": to_text(chosen)})
    else:
        connection.execute(webhook_choices.delete().where(webhook_choices.c.account_id == account_id))


def set_aged(connection: Connection, account_id: int, before_us: int) -> None:
    """Events that happened before an instant may be gone from now on."""
    connection.execute(accounts.update().where(accounts.c.account_id == account_id), {"aged_us": before_us})


def set_shut(connection: Connection, account_id: int, since_us: int | None) -> None:
    """Its keys are refused from now on; or taken, where `since_us` is None."""
    connection.execute(accounts.update().where(accounts.c.account_id == account_id), {"shut_us": since_us})


def limit(connection: Connection, account_id: int, given: AccountLimits) -> None:
    """Replaces what it may ask for in a second."""
    change = accounts.update().where(accounts.c.account_id == account_id)
    connection.execute(change, msgspec.structs.asdict(given))


def count(connection: Connection) -> int:
    """How many there are."""
    return connection.execute(select(func.count()).select_from(accounts)).scalar_one()


def _account(row: Row[Any]) -> Account:
    values = {name: getattr(row, name) for name in _COLUMNS} | _decode_choices(row.chosen or "{}")
    configuration = msgspec.convert(values, AccountConfiguration)
    limits = AccountLimits(row.requests_per_second, row.events_per_second)
    return Account(row.account_id, row.name, configuration, row.aged_us, row.shut_us, limits)


def _columns(configuration: AccountConfiguration) -> dict[str, Any]:
    return {name: getattr(configuration, name) for name in _COLUMNS}


def _choices(configuration: AccountConfiguration) -> dict[str, Any]:
    """What is not as it is by default."""
    default = AccountConfiguration()
    given = ((name, getattr(configuration, name)) for name in AccountConfiguration.__struct_fields__)
    return {name: value for name, value in given if name not in _COLUMNS and value != getattr(default, name)}
