"""What digests tell of: a row for each change, from when it happens until 30 days later."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection, func, select

from octy.store.rows import in_chunks, insert_rows
from octy.store.schema import digest_changes, outbox, profiles, segment_names, webhook_minutes

_PUT = digest_changes.insert()


class NewChange(Struct, frozen=True):
    """A change that a digest is going to tell."""

    webhook_id: str
    number: int
    account_id: int
    profile_key: int
    event: str
    cause: int
    effective_us: int
    recorded_us: int


class ChangeRow(Struct, frozen=True):
    """A change of a digest, with its profile's id."""

    number: int
    profile_id: str
    event: str
    cause: int
    effective_us: int


class ProfileChangeRow(Struct, frozen=True):
    """A change of a digest, as one of its profile's."""

    webhook_id: str
    segment_tag: str
    event: str
    cause: int
    effective_us: int


def add(connection: Connection, changes: Sequence[NewChange]) -> None:
    """More changes."""
    rows = [tuple(getattr(one, name) for name in NewChange.__struct_fields__) for one in changes]
    insert_rows(connection, _PUT, rows)


def count(connection: Connection, webhook_id: str) -> int:
    """How many a digest tells; those of deleted profiles are gone."""
    mine = select(func.count()).select_from(digest_changes).where(digest_changes.c.webhook_id == webhook_id)
    return connection.execute(mine).scalar_one()


def page(connection: Connection, webhook_id: str, limit: int, after: int = 0) -> list[ChangeRow]:
    """Some of a digest's changes, in their order: those with greater numbers than `after`."""
    changes = digest_changes.c
    bearer = (profiles.c.account_id == changes.account_id) & (profiles.c.profile_key == changes.profile_key)
    question = (
        select(changes.number, profiles.c.profile_id, changes.event, changes.cause, changes.effective_us)
        .join_from(digest_changes, profiles, bearer)
        .where(changes.webhook_id == webhook_id, changes.number > after)
        .order_by(changes.number)
        .limit(limit)
    )
    return [ChangeRow(*row) for row in connection.execute(question)]


def of_profile(connection: Connection, account_id: int, profile_key: int) -> list[ProfileChangeRow]:
    """What digests tell of a profile, or are going to tell, in the order in which it was recorded."""
    changes = digest_changes.c
    segment_key = func.coalesce(outbox.c.segment_key, webhook_minutes.c.segment_key)
    question = (
        select(changes.webhook_id, segment_names.c.name, changes.event, changes.cause, changes.effective_us)
        .select_from(digest_changes)
        .outerjoin(outbox, outbox.c.webhook_id == changes.webhook_id)
        .outerjoin(webhook_minutes, webhook_minutes.c.digest_id == changes.webhook_id)
        .join(segment_names, segment_names.c.segment_key == segment_key)
        .where(changes.account_id == account_id, changes.profile_key == profile_key)
        .order_by(changes.recorded_us, changes.webhook_id, changes.number)
    )
    return [ProfileChangeRow(*row) for row in connection.execute(question)]


def telling_of(connection: Connection, account_id: int, profile_keys: Sequence[int]) -> dict[int, bytes]:
    """The body, by delivery id, of every digest that has been made, and tells of one of the profiles."""
    digests = select(digest_changes.c.webhook_id).where(digest_changes.c.account_id == account_id)
    question = select(outbox.c.delivery_id, outbox.c.body)
    return {
        delivery_id: body
        for chunk in in_chunks(profile_keys)
        for delivery_id, body in connection.execute(
            question.where(outbox.c.webhook_id.in_(digests.where(digest_changes.c.profile_key.in_(chunk))))
        )
    }


def forget_profiles(connection: Connection, account_id: int, profile_keys: Sequence[int]) -> None:
    """The profiles are deleted (X3)."""
    mine = digest_changes.delete().where(digest_changes.c.account_id == account_id)
    for chunk in in_chunks(profile_keys):
        connection.execute(mine.where(digest_changes.c.profile_key.in_(chunk)))


def expire(connection: Connection, before_us: int, limit: int) -> None:
    """Forgets changes from before an instant, about so many at most."""
    old = select(digest_changes.c.recorded_us).where(digest_changes.c.recorded_us < before_us)
    some = old.order_by(digest_changes.c.recorded_us).limit(limit).subquery()
    through_us: int | None = connection.scalar(select(func.max(some.c.recorded_us)))
    if through_us is not None:
        connection.execute(digest_changes.delete().where(digest_changes.c.recorded_us <= through_us))
