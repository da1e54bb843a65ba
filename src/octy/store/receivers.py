"""How each account's receiver of webhooks fares: since when it only fails, whether it is to be sent anything at all."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, select

from octy.store.schema import receivers

AT_WORK = (receivers.c.disabled_us.is_(None), receivers.c.dropped_through == 0)
"""Which receivers are sent something."""


class StoredReceiver(Struct, frozen=True):
    """A receiver's standing."""

    account_id: int
    failing_since_us: int | None = None
    """The first failed attempt after the last success; None where the last attempt succeeded."""
    disabled_us: int | None = None
    disabled_reason: str | None = None
    dropped_through: int = 0
    """Pending deliveries up to this id are being given up; nothing is sent until that is done. 0 for none."""


def create(connection: Connection, account_id: int) -> None:
    """A new account's, of which nothing is known."""
    connection.execute(receivers.insert(), {"account_id": account_id, "dropped_through": 0})


def of_account(connection: Connection, account_id: int) -> StoredReceiver:
    """An account's."""
    return _stored(connection.execute(select(receivers).where(receivers.c.account_id == account_id)).one())


def being_dropped(connection: Connection) -> Sequence[StoredReceiver]:
    """Those of which pending deliveries are being given up."""
    return [_stored(row) for row in connection.execute(select(receivers).where(receivers.c.dropped_through > 0))]


def disabled(connection: Connection) -> Sequence[int]:
    """The accounts whose receivers are sent nothing."""
    return list(connection.scalars(select(receivers.c.account_id).where(receivers.c.disabled_us.is_not(None))))


def has_succeeded(connection: Connection, account_id: int) -> None:
    """An attempt has succeeded, or there is another receiver."""
    was_failing = (receivers.c.account_id == account_id, receivers.c.failing_since_us.is_not(None))
    connection.execute(receivers.update().where(*was_failing), {"failing_since_us": None})


def has_failed(connection: Connection, account_id: int, at_us: int) -> None:
    """An attempt has failed."""
    was_fine = (receivers.c.account_id == account_id, receivers.c.failing_since_us.is_(None))
    connection.execute(receivers.update().where(*was_fine), {"failing_since_us": at_us})


def disable(connection: Connection, account_id: int, at_us: int, reason: str) -> None:
    """From now on it is sent nothing."""
    change = receivers.update().where(receivers.c.account_id == account_id)
    connection.execute(change, {"disabled_us": at_us, "disabled_reason": reason})


def enable(connection: Connection, account_id: int, dropped_through: int) -> None:
    """It is sent something again, once the pending deliveries up to an id are given up."""
    change = receivers.update().where(receivers.c.account_id == account_id)
    values = {"disabled_us": None, "disabled_reason": None, "failing_since_us": None}
    connection.execute(change, values | {"dropped_through": dropped_through})


def dropped(connection: Connection, account_id: int) -> None:
    """All that were to be given up are."""
    connection.execute(receivers.update().where(receivers.c.account_id == account_id), {"dropped_through": 0})


def _stored(row: Row[Any]) -> StoredReceiver:
    return StoredReceiver(*row)
