"""What has happened in segments in the present minute, and of which segments nothing is told: as it is kept."""

from collections.abc import Collection

from msgspec import Struct
from sqlalchemy import Connection, select

from octy.store.rows import insert_rows
from octy.store.schema import segment_names, webhook_minutes, webhook_stops
from octy.store.sqlite import upsert

_PUT_MINUTE = upsert(webhook_minutes, ["account_id", "begins_us", "changes", "told", "digest_id", "digested"])
_PUT_STOP = upsert(webhook_stops, ["account_id", "stopped_us", "withheld"])


class Minute(Struct):
    """A segment's minute."""

    segment_key: int
    account_id: int
    begins_us: int
    changes: int = 0
    """How many there were: what the breaker counts."""
    told: int = 0
    """How many of them one by one."""
    digest_id: str | None = None
    """The webhook id of the digest that is going to tell the others; None where there are none."""
    digested: int = 0


class StoredStop(Struct):
    """A segment of which nothing is told."""

    segment_key: int
    account_id: int
    stopped_us: int
    withheld: int = 0
    """How many changes were not told since."""


def minutes_of(connection: Connection, account_id: int) -> list[Minute]:
    """An account's."""
    return [
        Minute(*row)
        for row in connection.execute(select(webhook_minutes).where(webhook_minutes.c.account_id == account_id))
    ]


def stops_of(connection: Connection, account_id: int) -> list[StoredStop]:
    """An account's."""
    return [
        StoredStop(*row)
        for row in connection.execute(select(webhook_stops).where(webhook_stops.c.account_id == account_id))
    ]


def put(connection: Connection, minutes: Collection[Minute], stops: Collection[StoredStop]) -> None:
    """What is so from now on."""
    insert_rows(connection, _PUT_MINUTE, [_row(one) for one in minutes])
    insert_rows(connection, _PUT_STOP, [_row(one) for one in stops])


def drop_minutes(connection: Connection, segment_keys: Collection[int]) -> None:
    """They are over."""
    connection.execute(webhook_minutes.delete().where(webhook_minutes.c.segment_key.in_(segment_keys)))


def drop_stop(connection: Connection, segment_key: int) -> None:
    """The segment is told of again, or gone."""
    connection.execute(webhook_stops.delete().where(webhook_stops.c.segment_key == segment_key))


def name_of(connection: Connection, segment_key: int) -> tuple[str, str]:
    """Id and name of a segment that there is or was."""
    row = connection.execute(select(segment_names).where(segment_names.c.segment_key == segment_key)).one()
    return row.segment_id, row.name


def _row(one: Minute | StoredStop) -> tuple[int | str | None, ...]:
    return tuple(getattr(one, name) for name in one.__struct_fields__)
