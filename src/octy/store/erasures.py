"""Deleted profiles of which the archive may still hold rows (X3)."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, bindparam, select

from octy.store.rows import insert_rows
from octy.store.schema import erasures

_DONE = erasures.delete().where(
    erasures.c.account_id == bindparam("account"), erasures.c.profile_key == bindparam("profile")
)


def request(connection: Connection, account_id: int, profile_keys: Sequence[int], now_us: int) -> None:
    """Profiles are to leave the archive. Their keys are never given again."""
    insert_rows(connection, erasures.insert(), [(account_id, key, now_us) for key in profile_keys])


def requested(connection: Connection) -> dict[int, set[int]]:
    """The profile keys of each account that has any."""
    found: dict[int, set[int]] = {}
    for account_id, profile_key in connection.execute(select(erasures.c.account_id, erasures.c.profile_key)):
        found.setdefault(account_id, set()).add(profile_key)
    return found


def done(connection: Connection, account_id: int, profile_keys: Collection[int]) -> None:
    """The archive holds nothing of them any more."""
    rows = [{"account": account_id, "profile": key} for key in profile_keys]
    if rows:
        connection.execute(_DONE, rows)
