"""Webhooks seen and repaired: found by what they are about, sent once more, tried out with one that says nothing."""

from msgspec import Struct
from sqlalchemy import Connection

from octy.model import limits
from octy.model.errors import NotFound, Problem, Refused
from octy.model.tags import Cause
from octy.model.values import shown
from octy.model.webhooks import (
    Delivery,
    DeliveryFilter,
    DeliveryState,
    DigestedChange,
    DigestPage,
    Stop,
    WebhookEvent,
)
from octy.service.ids import new_id
from octy.service.transaction import Transaction
from octy.store import deliveries, digests, outbox, profiles, receivers, segments, storms
from octy.store.deliveries import DeliveryRow, Wanted
from octy.store.outbox import NO_SEGMENT, NOBODY, NewDelivery
from octy.webhooks.message import test_body
from octy.webhooks.schedule import WAIT_US_MAX


class Replayed(Struct, frozen=True):
    """What came of a request to send several once more."""

    count: int
    next_after: str | None
    """The last one that was taken, where there may be more; None where all were taken."""


def replay(tx: Transaction, account_id: int, delivery_id: str) -> Delivery:
    """The webhook is sent now, with the same id and the same bytes, whatever became of it before."""
    _check_receiver(tx, account_id)
    row, _ = found(tx.connection, account_id, delivery_id)
    deliveries.replay(tx.connection, [row.delivery_id], tx.now_us)
    tx.added_webhooks = True
    return delivery_of(found(tx.connection, account_id, delivery_id)[0])


def replay_many(tx: Transaction, account_id: int, asked: DeliveryFilter, after: str | None) -> Replayed:
    """As `replay`, of all that are asked for, so many at most: those that were made first, after a given one."""
    _check_receiver(tx, account_id)
    wanted_ = wanted(tx.connection, account_id, asked)
    after_id = 0 if after is None else number_of(tx.connection, account_id, after, "after")
    most = limits.DELIVERIES_PER_REPLAY_MAX
    rows = deliveries.oldest(tx.connection, account_id, wanted_, most + 1, after_id)
    ids = [number for number, _ in rows[:most]]
    deliveries.replay(tx.connection, ids, tx.now_us)
    tx.added_webhooks |= bool(ids)
    return Replayed(len(ids), rows[most - 1][1] if len(rows) > most else None)


def test(tx: Transaction, account_id: int) -> Delivery:
    """A webhook that tells of nothing, sent as any other."""
    _check_receiver(tx, account_id)
    webhook_id = new_id("msg", 16)
    body = test_body(delivery_id=webhook_id, now_us=tx.now_us)
    new = NewDelivery(webhook_id, account_id, NOBODY, NO_SEGMENT, WebhookEvent.TEST, body, tx.now_us)
    outbox.add(tx.connection, [new], WAIT_US_MAX)
    tx.added_webhooks = True
    return delivery_of(found(tx.connection, account_id, webhook_id)[0])


def digest_page(connection: Connection, account_id: int, delivery_id: str, limit: int, after: int) -> DigestPage:
    """Some of what a digest tells, in its order; NotFound where there is no such delivery."""
    found(connection, account_id, delivery_id)
    rows = digests.page(connection, delivery_id, limit + 1, after)
    changes = tuple(
        DigestedChange(one.number, one.profile_id, WebhookEvent(one.event), Cause(one.cause), one.effective_us)
        for one in rows[:limit]
    )
    return DigestPage(changes, changes[-1].number if len(rows) > limit else None)


def stops_of(connection: Connection, account_id: int) -> list[Stop]:
    """The segments of which nothing is told."""
    named = ((one, *storms.name_of(connection, one.segment_key)) for one in storms.stops_of(connection, account_id))
    return [Stop(segment_id, tag, one.stopped_us, one.withheld) for one, segment_id, tag in named]


def release(tx: Transaction, account_id: int, segment_id: str) -> Stop:
    """A segment is told of again from now on. Refused where it is told of anyway, or there is none."""
    tenant = tx.tenant(account_id)
    key = _segment_key(tx.connection, account_id, segment_id)
    stop = tenant.storm.release(key)
    if stop is None:
        raise Refused("The segment's webhooks are not stopped.")
    storms.drop_stop(tx.connection, key)
    return Stop(segment_id, tenant.segments[key].definition.name, stop.stopped_us, stop.withheld)


def found(connection: Connection, account_id: int, delivery_id: str) -> tuple[DeliveryRow, bytes]:
    """An account's webhook, with its body; NotFound where it has none of that id."""
    row = deliveries.find(connection, account_id, delivery_id)
    if row is None:
        raise NotFound(f"There is no delivery with the id {shown(delivery_id)}, or it is forgotten: 30 days are kept.")
    return row


def number_of(connection: Connection, account_id: int, delivery_id: str, parameter: str) -> int:
    """The number of the webhook that a parameter names; Refused where there is none."""
    row = deliveries.find(connection, account_id, delivery_id)
    if row is None:
        problem = Problem(parameter, shown(delivery_id), "the id of a delivery that is kept")
        raise Refused("There is no such delivery.", [problem])
    return row[0].delivery_id


def wanted(connection: Connection, account_id: int, asked: DeliveryFilter) -> Wanted:
    """What is asked for in the store's terms; Refused where it names a segment or profile that there is not."""
    if asked.from_us is not None and asked.to_us is not None and asked.from_us > asked.to_us:
        raise Refused("No time is between the two instants: `from` is later than `to`.")
    return Wanted(
        state=asked.state,
        profile_key=None if asked.profile_id is None else _profile_key(connection, account_id, asked.profile_id),
        segment_key=None if asked.segment_id is None else _segment_key(connection, account_id, asked.segment_id),
        from_us=asked.from_us,
        to_us=asked.to_us,
        event=asked.event,
    )


def delivery_of(row: DeliveryRow) -> Delivery:
    """As the account sees it."""
    state = DeliveryState(row.state)
    return Delivery(
        delivery_id=row.webhook_id,
        event=row.event,
        state=state,
        profile_id=row.profile_id,
        segment_id=row.segment_id,
        created_us=row.created_us,
        attempts=row.attempts,
        next_attempt_us=row.next_attempt_us if state is DeliveryState.PENDING else None,
        finished_us=row.finished_us,
        last_error=row.last_error,
    )


def _check_receiver(tx: Transaction, account_id: int) -> None:
    """Refused where nothing would be sent."""
    if not tx.world.tenant(account_id).account.configuration.webhook_url:
        raise Refused("The account has no webhook URL; set one first.")
    receiver = receivers.of_account(tx.connection, account_id)
    if receiver.disabled_us is not None:
        raise Refused(f"The account's receiver is disabled. {receiver.disabled_reason} Enable it first.")


def _profile_key(connection: Connection, account_id: int, identifier: str) -> int:
    stored = profiles.by_any_ids(connection, account_id, [identifier])
    if not stored:
        problem = Problem("profile_id", shown(identifier), "the profile_id or customer_id of an existing profile")
        raise Refused("There is no such profile.", [problem])
    return stored[0].profile_key


def _segment_key(connection: Connection, account_id: int, segment_id: str) -> int:
    for stored in segments.of_account(connection, account_id):
        if stored.segment_id == segment_id:
            return stored.segment_key
    problem = Problem("segment_id", shown(segment_id), "the id of an existing segment")
    raise Refused("There is no such segment.", [problem])
