"""Deleted profiles of which the archive may still hold rows (X3)."""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, select

from octy.store.schema import erasures

_DONE = erasures.delete().where(
    erasures.c.account_id == bindparam("account"), erasures.c.profile_key == bindparam("profile")
)


def request(connection: Connection, account_id: int, profile_key: int, now_us: int) -> None:
    """A profile is to leave the archive. Its key is never given again."""
    row = {"account_id": account_id, "profile_key": profile_key, "requested_us": now_us}
    connection.execute(erasures.insert(), row)


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
