"""Webhooks on their way (H3, H4): put here with the match that makes them, and kept as what became of them."""

from collections.abc import Collection, Sequence

from msgspec import Struct
from sqlalchemy import Connection, func, select, tuple_

from octy.store.rows import in_chunks
from octy.store.schema import accounts, outbox

PENDING = "pending"
DELIVERED = "delivered"
FAILED = "failed"

_DELIVERY = (
    outbox.c.delivery_id,
    outbox.c.webhook_id,
    outbox.c.account_id,
    outbox.c.profile_key,
    accounts.c.webhook_url,
    outbox.c.body,
    outbox.c.attempts,
    outbox.c.created_us,
)


class NewDelivery(Struct, frozen=True):
    """A webhook to be sent, at once."""

    webhook_id: str
    account_id: int
    profile_key: int
    segment_key: int
    body: bytes
    created_us: int


class KeptDelivery(Struct, frozen=True):
    """A webhook, and what became of it."""

    webhook_id: str
    body: bytes
    state: str
    attempts: int
    created_us: int
    finished_us: int | None
    last_error: str | None


class StoredDelivery(Struct, frozen=True):
    """A pending webhook, and where its account wants it now."""

    delivery_id: int
    webhook_id: str
    account_id: int
    profile_key: int
    webhook_url: str
    body: bytes
    attempts: int
    """How many have failed."""
    created_us: int


def add(connection: Connection, deliveries: Sequence[NewDelivery]) -> None:
    """Puts webhooks in, in their order."""
    rows = [
        {
            "webhook_id": one.webhook_id,
            "account_id": one.account_id,
            "profile_key": one.profile_key,
            "segment_key": one.segment_key,
            "body": one.body,
            "created_us": one.created_us,
            "state": PENDING,
            "attempts": 0,
            "next_attempt_us": one.created_us,
        }
        for one in deliveries
    ]
    if rows:
        connection.execute(outbox.insert(), rows)


def due(
    connection: Connection,
    now_us: int,
    limit: int,
    *,
    busy_accounts: Collection[int] = (),
    busy_profiles: Collection[tuple[int, int]] = (),
) -> list[StoredDelivery]:
    """Pending webhooks whose next attempt is due, longest due first; none of those accounts and (account, profile)s."""
    question = (
        select(*_DELIVERY)
        .join_from(outbox, accounts, outbox.c.account_id == accounts.c.account_id)
        .where(outbox.c.state == PENDING, outbox.c.next_attempt_us <= now_us)
        .order_by(outbox.c.next_attempt_us, outbox.c.delivery_id)
        .limit(limit)
    )
    if busy_accounts:
        question = question.where(outbox.c.account_id.not_in(busy_accounts))
    if busy_profiles:
        question = question.where(tuple_(outbox.c.account_id, outbox.c.profile_key).not_in(busy_profiles))
    return [StoredDelivery(*row) for row in connection.execute(question)]


def next_due_us(connection: Connection, after_us: int = -1) -> int | None:
    """The earliest next attempt of a pending webhook later than `after_us`; None where there is none."""
    is_later = (outbox.c.state == PENDING, outbox.c.next_attempt_us > after_us)
    earliest: int | None = connection.scalar(select(func.min(outbox.c.next_attempt_us)).where(*is_later))
    return earliest


def delivered(connection: Connection, delivery_id: int, attempts: int, now_us: int) -> None:
    """The receiver has it. Nothing happens where the webhook is gone with its profile; so too with the next two."""
    _change(connection, delivery_id, state=DELIVERED, attempts=attempts, last_error=None, finished_us=now_us)


def retry_at(connection: Connection, delivery_id: int, attempts: int, next_attempt_us: int, error: str) -> None:
    """An attempt has failed; the next one's instant."""
    _change(connection, delivery_id, attempts=attempts, next_attempt_us=next_attempt_us, last_error=error)


def failed(connection: Connection, delivery_id: int, attempts: int, error: str, now_us: int) -> None:
    """It is given up."""
    _change(connection, delivery_id, state=FAILED, attempts=attempts, last_error=error, finished_us=now_us)


def drop(connection: Connection, delivery_ids: Sequence[int]) -> None:
    """Removes webhooks."""
    for chunk in in_chunks(delivery_ids):
        connection.execute(outbox.delete().where(outbox.c.delivery_id.in_(chunk)))


def of_profile(connection: Connection, account_id: int, profile_key: int) -> list[KeptDelivery]:
    """All webhooks about a profile, in their order."""
    question = select(*(outbox.c[name] for name in KeptDelivery.__struct_fields__))
    mine = question.where(outbox.c.account_id == account_id, outbox.c.profile_key == profile_key)
    return [KeptDelivery(*row) for row in connection.execute(mine.order_by(outbox.c.delivery_id))]


def counts(connection: Connection, account_id: int) -> dict[str, int]:
    """How many of an account's webhooks are in which state; 0 for a state that none is in."""
    question = select(outbox.c.state, func.count()).where(outbox.c.account_id == account_id).group_by(outbox.c.state)
    return {PENDING: 0, DELIVERED: 0, FAILED: 0} | {row[0]: row[1] for row in connection.execute(question)}


def _change(connection: Connection, delivery_id: int, **values: int | str | None) -> None:
    connection.execute(outbox.update().where(outbox.c.delivery_id == delivery_id), values)
