"""What each account's webhooks are signed with, sealed (`octy.store.vault`): the present secret, and replaced ones."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection, delete, select

from octy.store.schema import webhook_secrets


class StoredSecret(Struct, frozen=True):
    """A secret as it is stored."""

    account_id: int
    sealed: bytes
    created_us: int
    expires_us: int | None
    """From then on nothing is signed with it; None for the present one."""


def all_secrets(connection: Connection) -> list[StoredSecret]:
    """Every account's, the oldest first."""
    columns = webhook_secrets.c
    question = select(columns.account_id, columns.sealed, columns.created_us, columns.expires_us)
    return [StoredSecret(*row) for row in connection.execute(question.order_by(columns.secret_id))]


def replace(connection: Connection, account_id: int, secrets: Sequence[StoredSecret]) -> None:
    """These, the oldest first, are the account's secrets, and no others."""
    connection.execute(delete(webhook_secrets).where(webhook_secrets.c.account_id == account_id))
    for one in secrets:
        row = {"account_id": account_id, "sealed": one.sealed, "created_us": one.created_us}
        connection.execute(webhook_secrets.insert(), row | {"expires_us": one.expires_us})
