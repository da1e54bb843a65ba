"""What a check asks of the tables: rows that speak of what is not there, and what is kept of a few profiles."""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, exists, func, join, outerjoin, select, union

from octy.model.values import Scalar
from octy.store import outbox as outbox_states
from octy.store.json_text import to_scalars
from octy.store.log_shape import EVENTS, LogShape
from octy.store.schema import (
    accounts,
    archive_runs,
    change_blocks,
    digest_changes,
    erasures,
    event_blocks,
    message_ids,
    outbox,
    profiles,
    segment_names,
    segments,
    tags,
    told_matches,
    webhook_minutes,
    webhook_stops,
)

_ROWS_AT_ONCE = 5_000
"""How many rows of a long answer are fetched ahead."""

COUNTED = {
    "accounts": accounts,
    "segments": segments,
    "profiles": profiles,
    "tags": tags,
    "webhooks": outbox,
    "message ids": message_ids,
}
"""What there is in numbers, each in a table of its own."""


class RawBlock(NamedTuple):
    """A block as it lies in the database, not looked into."""

    account_id: int
    first: int
    last: int
    row_count: int
    columns: bytes
    properties: bytes


class ProfileFacts(NamedTuple):
    """What a check needs of a profile."""

    key: int
    profile_id: str
    has_charged: bool
    data: dict[str, Scalar]


class Subject(NamedTuple):
    """What a webhook is about, as the rest of the store says, and what it says."""

    webhook_id: str
    profile_id: str
    segment_id: str
    body: bytes


class Delivery(NamedTuple):
    """A webhook with something odd about it."""

    delivery_id: int
    webhook_id: str
    oddity: str


def counts(connection: Connection) -> dict[str, int]:
    """How many rows there are of each kind in `COUNTED`."""
    return {
        name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for name, table in COUNTED.items()
    }


def row_count(connection: Connection, shape: LogShape) -> int:
    """How many rows a log has, wherever they lie."""
    table = event_blocks if shape is EVENTS else change_blocks
    in_blocks = select(func.coalesce(func.sum(table.c.row_count), 0))
    in_files = select(func.coalesce(func.sum(archive_runs.c.row_count), 0)).where(archive_runs.c.log == shape.name)
    return int(connection.execute(in_blocks).scalar_one()) + int(connection.execute(in_files).scalar_one())


def blocks(connection: Connection, shape: LogShape) -> Iterator[RawBlock]:
    """All blocks of a log, by account and in the order of their numbers."""
    table = event_blocks if shape is EVENTS else change_blocks
    first, last = list(table.columns)[:2]
    kept = [table.c.account_id, first, last, table.c.row_count, table.c.columns]
    wanted = [*kept, table.c.properties] if shape.has_properties else kept
    for row in _streamed(connection, select(*wanted).order_by(table.c.account_id, first)):
        account_id, begin, end, row_count, columns, *properties = row
        yield RawBlock(account_id, begin, end, row_count, columns, properties[0] if properties else b"")


def profiles_in(connection: Connection, account_id: int, first: int, end: int) -> dict[int, ProfileFacts]:
    """An account's profiles with `first` <= key < `end`."""
    question = select(profiles.c.profile_key, profiles.c.profile_id, profiles.c.has_charged, profiles.c.profile_data)
    question = question.where(profiles.c.account_id == account_id, _within(profiles, first, end))
    return {
        key: ProfileFacts(key, profile_id, has_charged, to_scalars(data))
        for key, profile_id, has_charged, data in connection.execute(question)
    }


def tags_in(connection: Connection, segment_keys: Collection[int], first: int, end: int) -> dict[int, dict[int, int]]:
    """By profile key, then by segment key, since when the tags of those profiles are borne."""
    question = select(tags.c.profile_key, tags.c.segment_key, tags.c.created_us)
    found: dict[int, dict[int, int]] = {}
    for key in segment_keys:
        mine = question.where(tags.c.segment_key == key, _within(tags, first, end))
        for profile, segment, created_us in connection.execute(mine):
            found.setdefault(profile, {})[segment] = created_us
    return found


def names_ever(connection: Connection) -> dict[int, str]:
    """What every segment that there ever was is called, by segment key."""
    rows = connection.execute(select(segment_names.c.segment_key, segment_names.c.name))
    return {row[0]: row[1] for row in rows}


def keys_ever(connection: Connection) -> dict[str, int]:
    """The key of every segment that there ever was, by its id."""
    rows = connection.execute(select(segment_names.c.segment_id, segment_names.c.segment_key))
    return {row[0]: row[1] for row in rows}


def last_profile_key(connection: Connection, account_id: int) -> int:
    """The greatest key of an account's profiles; -1 where it has none."""
    last: int | None = connection.scalar(
        select(func.max(profiles.c.profile_key)).where(profiles.c.account_id == account_id)
    )
    return -1 if last is None else last


def stray_tags(connection: Connection) -> Iterator[tuple[int, int]]:
    """(segment key, profile key) of tags whose segment, or whose profile, there is not."""
    return _strays(connection, tags)


def matches_told_of_nobody(connection: Connection) -> Iterator[tuple[int, int]]:
    """(segment key, profile key) of told matches whose segment, or whose profile, there is not."""
    return _strays(connection, told_matches)


def digested_of_nobody(connection: Connection) -> list[tuple[int, int]]:
    """(account id, profile key) of profiles that digests tell of, and that there are not."""
    changes = digest_changes.c
    is_there = and_(profiles.c.account_id == changes.account_id, profiles.c.profile_key == changes.profile_key)
    question = select(changes.account_id, changes.profile_key).where(~exists().where(is_there)).distinct()
    return [(row[0], row[1]) for row in connection.execute(question)]


def storms_of_nothing(connection: Connection) -> list[int]:
    """The keys of segments that there are not, and of which a minute or a stop is kept."""
    kept = union(select(webhook_minutes.c.segment_key), select(webhook_stops.c.segment_key)).subquery()
    is_there = exists().where(segments.c.segment_key == kept.c.segment_key)
    return list(connection.scalars(select(kept.c.segment_key).where(~is_there)))


def odd_deliveries(connection: Connection) -> Iterator[Delivery]:
    """Webhooks whose account, profile or segment there is not, or never was; and those in no sane state."""
    oddities: dict[str, ColumnElement[bool]] = {
        "an account that is not there": ~exists().where(accounts.c.account_id == outbox.c.account_id),
        "a profile that is not there": and_(
            outbox.c.profile_key >= 0,
            ~exists().where(
                profiles.c.account_id == outbox.c.account_id, profiles.c.profile_key == outbox.c.profile_key
            ),
        ),
        "a segment that never was": and_(
            outbox.c.segment_key != outbox_states.NO_SEGMENT,
            ~exists().where(segment_names.c.segment_key == outbox.c.segment_key),
        ),
    }
    for oddity, is_so in oddities.items():
        for row in _streamed(connection, select(outbox.c.delivery_id, outbox.c.webhook_id).where(is_so)):
            yield Delivery(row[0], row[1], oddity)


def insane_deliveries(connection: Connection) -> Iterator[tuple[str, str]]:
    """(webhook id, what is wrong) of webhooks whose state is none, or contradicts the rest of the row."""
    is_pending = outbox.c.state == outbox_states.PENDING
    ends: tuple[str, ...] = (outbox_states.DELIVERED, outbox_states.FAILED)
    oddities: dict[str, ColumnElement[bool]] = {
        "a state that there is not": outbox.c.state.not_in([outbox_states.PENDING, *ends]),
        "an end, though it is pending": and_(is_pending, outbox.c.finished_us.is_not(None)),
        "no end, though it is over": and_(outbox.c.state.in_(ends), outbox.c.finished_us.is_(None)),
        "fewer attempts than none": outbox.c.attempts < 0,
        "no attempt, though it was delivered": and_(outbox.c.state == outbox_states.DELIVERED, outbox.c.attempts == 0),
    }
    for oddity, is_so in oddities.items():
        for row in _streamed(connection, select(outbox.c.webhook_id).where(is_so)):
            yield row[0], oddity


def subjects(connection: Connection) -> Iterator[Subject]:
    """Every webhook whose profile there is, and whose segment there is or was."""
    bearer = and_(profiles.c.account_id == outbox.c.account_id, profiles.c.profile_key == outbox.c.profile_key)
    known = join(outbox, profiles, bearer).join(segment_names, segment_names.c.segment_key == outbox.c.segment_key)
    wanted = (outbox.c.webhook_id, profiles.c.profile_id, segment_names.c.segment_id, outbox.c.body)
    for row in _streamed(connection, select(*wanted).select_from(known)):
        yield Subject(*row)


def message_id_seqs(connection: Connection) -> Iterator[tuple[int, int]]:
    """(account id, seq) of each event that a message id is remembered for."""
    for row in _streamed(connection, select(message_ids.c.account_id, message_ids.c.seq)):
        yield row[0], row[1]


def keys_beyond(connection: Connection) -> list[tuple[int, int, int]]:
    """(account id, next key, greatest key) of accounts that have given a key that they would give again."""
    greatest = func.max(profiles.c.profile_key)
    question = (
        select(accounts.c.account_id, accounts.c.next_profile_key, greatest)
        .join_from(accounts, profiles, accounts.c.account_id == profiles.c.account_id)
        .group_by(accounts.c.account_id)
        .having(greatest >= accounts.c.next_profile_key)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(question)]


def erased_and_there(connection: Connection) -> list[tuple[int, int]]:
    """(account id, profile key) of profiles that are there, though the archive is to forget them."""
    is_there = and_(profiles.c.account_id == erasures.c.account_id, profiles.c.profile_key == erasures.c.profile_key)
    question = select(erasures.c.account_id, erasures.c.profile_key).where(exists().where(is_there))
    return [(row[0], row[1]) for row in connection.execute(question)]


def _strays(connection: Connection, table: Table) -> Iterator[tuple[int, int]]:
    """(segment key, profile key) of a table's rows whose segment, or whose profile, there is not."""
    bearer = and_(profiles.c.account_id == segments.c.account_id, profiles.c.profile_key == table.c.profile_key)
    known = outerjoin(table, segments, segments.c.segment_key == table.c.segment_key).outerjoin(profiles, bearer)
    question = select(table.c.segment_key, table.c.profile_key).select_from(known)
    for row in _streamed(connection, question.where(profiles.c.profile_key.is_(None))):
        yield row[0], row[1]


def _within(table: Table, first: int, end: int) -> ColumnElement[bool]:
    return and_(table.c.profile_key >= first, table.c.profile_key < end)


def _streamed(connection: Connection, question: Select[Any]) -> Iterator[Any]:
    yield from connection.execute(question, execution_options={"yield_per": _ROWS_AT_ONCE})
