"""The queue of webhooks (H3, H4): put here with what makes them, read by who sends them, changed by what came of it.

Deliveries about one profile form a lane, in the order of their ids. The first leaves at once; a later one waits until
the one before it is done, or until its wait is over. `outbox_lanes` says of each lane when it is due next, so what is
due is found by index, however many deliveries wait behind it or belong to a receiver that takes nothing.
"""

from collections.abc import Collection, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Select, bindparam, func, literal_column, select, tuple_

from octy.store import receivers
from octy.store.rows import fetch_row, in_chunks, insert_rows, run_rows
from octy.store.schema import accounts, outbox, outbox_lanes, webhook_attempts
from octy.store.schema import receivers as receivers_table
from octy.store.sqlite import upsert

PENDING = "pending"
DELIVERED = "delivered"
FAILED = "failed"

NOBODY = -1
"""The profile key of a delivery that is about no profile and no segment."""
NO_SEGMENT = 0

DUE_LOOKED_AT_MAX = 100
"""How many due deliveries of one lane are looked at for the one that was made first."""
EARLIER_COUNTED_MAX = 1_000

_DELIVERY = (
    outbox.c.delivery_id,
    outbox.c.webhook_id,
    outbox.c.account_id,
    outbox.c.profile_key,
    accounts.c.webhook_url,
    outbox.c.body,
    outbox.c.attempts,
    outbox.c.attempts_before,
)
_PUT_LANE = upsert(outbox_lanes, ["due_us"])
_SOONER_LANE = (
    outbox_lanes.update()
    .values(due_us=bindparam("new_us"))
    .where(
        outbox_lanes.c.account_id == bindparam("account"),
        outbox_lanes.c.profile_key == bindparam("profile"),
        outbox_lanes.c.due_us > bindparam("new_us"),
    )
)
_DROP_LANE = outbox_lanes.delete().where(
    outbox_lanes.c.account_id == bindparam("account"), outbox_lanes.c.profile_key == bindparam("profile")
)
_PUT_ATTEMPT = webhook_attempts.insert()
_RELEASE = outbox.update().values(next_attempt_us=bindparam("at_us")).where(outbox.c.delivery_id == bindparam("id"))
_CHANGE = (
    outbox.update()
    .values(
        state=bindparam("new_state"),
        attempts=bindparam("new_attempts"),
        next_attempt_us=bindparam("at_us"),
        last_error=bindparam("error"),
        finished_us=bindparam("end_us"),
    )
    .where(outbox.c.delivery_id == bindparam("id"))
)

Lane = tuple[int, int]
"""An account id and a profile key."""


class NewDelivery(Struct, frozen=True):
    """A webhook to be sent, at once."""

    webhook_id: str
    account_id: int
    profile_key: int
    segment_key: int
    event: str
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
    attempts_before: int
    """Of those, how many before it was last put in the queue."""
    is_ahead: bool
    """Whether it has never been tried, and an earlier one about the profile is still pending."""
    created_us: int


class AttemptRow(Struct, frozen=True):
    """What came of an attempt, as it is logged."""

    number: int
    started_us: int
    took_ms: int
    status: int | None
    """Of the receiver's answer; None where there was none."""
    error: str | None
    excerpt: str
    """The beginning of the receiver's answer."""


class Done(Struct, frozen=True):
    """What a delivery is after an attempt, or after none."""

    delivery_id: int
    state: str
    attempts: int
    at_us: int
    """The instant at which that was known."""
    next_attempt_us: int = 0
    """Of a pending one."""
    error: str | None = None
    attempt: AttemptRow | None = None


def about_all_of(segment_key: int) -> int:
    """The profile key of deliveries about a whole segment: those of each are a lane of their own."""
    return NOBODY - segment_key


def add(connection: Connection, deliveries: Sequence[NewDelivery], wait_us: int) -> None:
    """Puts webhooks in, in their order. One that has to wait for an earlier one waits so long at most.

    None is said to be made before its account's earlier ones, though what it tells of (in a surge) was due before.
    """
    whose = [(one.account_id, one.profile_key) for one in deliveries]
    taken = _lanes_among(connection, whose)
    newest_us = {account_id: _newest_us(connection, account_id) for account_id in {lane[0] for lane in whose}}
    rows, new, sooner = [], [], []
    for lane, one in zip(whose, deliveries, strict=True):
        waits = lane in taken
        created_us = newest_us[one.account_id] = max(one.created_us, newest_us[one.account_id])
        next_attempt_us = created_us + wait_us if waits else created_us
        rows.append(_row(one, created_us, next_attempt_us))
        if waits:
            sooner.append((next_attempt_us, *lane, next_attempt_us))
        else:
            new.append((*lane, next_attempt_us))
            taken.add(lane)
    if rows:
        connection.execute(outbox.insert(), rows)
        insert_rows(connection, _PUT_LANE, new)
        run_rows(connection, _SOONER_LANE, sooner)


def due(
    connection: Connection,
    now_us: int,
    limit: int,
    each: int,
    *,
    busy_accounts: Collection[int] = (),
    busy_profiles: Collection[Lane] = (),
) -> list[StoredDelivery]:
    """Pending webhooks whose next attempt is due, at most `each` of an account, those accounts first that wait longest.

    One of each profile, the first that was made; none of those accounts and (account, profile)s, and none whose
    account's receiver is not to be sent anything.
    """
    busy: dict[int, list[int]] = {}
    for account_id, profile_key in busy_profiles:
        busy.setdefault(account_id, []).append(profile_key)
    found: list[StoredDelivery] = []
    for account_id, due_us in _accounts(connection):
        if due_us > now_us or len(found) >= limit:
            break
        if account_id not in busy_accounts:
            room = min(each, limit - len(found))
            found += _due_of(connection, account_id, now_us, room, busy.get(account_id, []))
    return found


def next_due_us(connection: Connection, after_us: int = -1) -> int | None:
    """The earliest next attempt later than `after_us` of a lane whose receiver may be sent something; None for none."""
    return next((due_us for _, due_us in _accounts(connection, after_us)), None)


def count_earlier(connection: Connection, delivery_id: int) -> int:
    """How many deliveries about the same profile were made before, and are pending still; a thousand at most."""
    mine = outbox.alias("mine")
    earlier = (
        select(outbox.c.delivery_id)
        .join_from(
            mine, outbox, (outbox.c.account_id == mine.c.account_id) & (outbox.c.profile_key == mine.c.profile_key)
        )
        .where(mine.c.delivery_id == delivery_id, outbox.c.state == PENDING, outbox.c.delivery_id < delivery_id)
        .limit(EARLIER_COUNTED_MAX)
    )
    return connection.execute(select(func.count()).select_from(earlier.subquery())).scalar_one()


def set_body(connection: Connection, delivery_id: int, body: bytes) -> None:
    """What is sent from now on."""
    connection.execute(outbox.update().where(outbox.c.delivery_id == delivery_id), {"body": body})


def record(connection: Connection, results: Sequence[Done]) -> list[tuple[int, Done]]:
    """Stores what has become of deliveries, and lets those go that waited for them. With each one's account.

    One that is gone, with its profile, is passed over.
    """
    whose = lanes_of(connection, [one.delivery_id for one in results])
    kept = [(whose[one.delivery_id], one) for one in results if one.delivery_id in whose]
    changes = [
        (
            one.state,
            one.attempts,
            one.next_attempt_us,
            one.error,
            None if one.state == PENDING else one.at_us,
            one.delivery_id,
        )
        for _, one in kept
    ]
    run_rows(connection, _CHANGE, changes)
    logged = [(one.delivery_id, *_attempt_row(one.attempt)) for _, one in kept if one.attempt is not None]
    insert_rows(connection, _PUT_ATTEMPT, logged)
    now_us = max((one.at_us for _, one in kept), default=0)
    arrange(connection, {lane for lane, _ in kept}, now_us)
    return [(account_id, one) for (account_id, _), one in kept]


def arrange(connection: Connection, lanes: Collection[Lane], now_us: int) -> None:
    """Brings lanes in order after their deliveries have changed: the first that was never tried need not wait."""
    put, gone, released = [], [], []
    for lane in lanes:
        first_id, is_new, first_us, due_us = _standing(connection, lane)
        if first_id is None or due_us is None:
            gone.append(lane)
            continue
        if is_new and first_us > now_us:
            released.append((now_us, first_id))
            due_us = min(due_us, now_us)
        put.append((*lane, due_us))
    run_rows(connection, _RELEASE, released)
    insert_rows(connection, _PUT_LANE, put)
    run_rows(connection, _DROP_LANE, gone)


def lanes_of(connection: Connection, delivery_ids: Sequence[int]) -> dict[int, Lane]:
    """The lane of each delivery that is there, by its id."""
    question = select(outbox.c.delivery_id, outbox.c.account_id, outbox.c.profile_key)
    return {
        delivery_id: (account_id, profile_key)
        for chunk in in_chunks(delivery_ids)
        for delivery_id, account_id, profile_key in connection.execute(question.where(outbox.c.delivery_id.in_(chunk)))
    }


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


def give_up(
    connection: Connection, account_id: int, limit: int, now_us: int, error: str, *, through_id: int, before_us: int
) -> int:
    """Pending deliveries up to an id and from before an instant have failed, so many at most; how many did."""
    old = outbox.c.delivery_id <= through_id, outbox.c.created_us < before_us
    some = select(outbox.c.delivery_id, outbox.c.attempts, outbox.c.profile_key)
    some = some.where(outbox.c.account_id == account_id, outbox.c.state == PENDING, *old)
    rows = connection.execute(some.order_by(outbox.c.delivery_id).limit(limit)).all()
    run_rows(connection, _CHANGE, [(FAILED, row.attempts, 0, error, now_us, row.delivery_id) for row in rows])
    arrange(connection, {(account_id, row.profile_key) for row in rows}, now_us)
    return len(rows)


def delete_of_profiles(connection: Connection, account_id: int, profile_keys: Sequence[int]) -> None:
    """Removes profiles' deliveries, with their attempts (X3)."""
    for table in (outbox, outbox_lanes):
        mine = table.delete().where(table.c.account_id == account_id)
        for chunk in in_chunks(profile_keys):
            connection.execute(mine.where(table.c.profile_key.in_(chunk)))


def _accounts(connection: Connection, after_us: int | None = None) -> list[tuple[int, int]]:
    """(account id, when its next lane is due), the soonest first: of accounts whose receivers may be sent something."""
    soonest = select(func.min(outbox_lanes.c.due_us)).where(outbox_lanes.c.account_id == receivers_table.c.account_id)
    if after_us is not None:
        soonest = soonest.where(outbox_lanes.c.due_us > after_us)
    question = select(receivers_table.c.account_id, soonest.scalar_subquery()).where(*receivers.AT_WORK)
    rows = [(account_id, due_us) for account_id, due_us in connection.execute(question) if due_us is not None]
    return sorted(rows, key=lambda row: row[1])


def _due_of(
    connection: Connection, account_id: int, now_us: int, limit: int, busy_profiles: Sequence[int]
) -> list[StoredDelivery]:
    lane = outbox_lanes.alias("lane")
    mine = outbox.alias("mine")
    of_lane = (
        mine.c.account_id == lane.c.account_id,
        mine.c.profile_key == lane.c.profile_key,
        mine.c.state == PENDING,
    )
    some_due = (
        select(mine.c.delivery_id)
        .where(*of_lane, mine.c.next_attempt_us <= now_us)
        .order_by(mine.c.next_attempt_us)
        .limit(DUE_LOOKED_AT_MAX)
        .correlate(lane)
        .subquery()
    )
    first = select(func.min(some_due.c.delivery_id)).correlate(lane).scalar_subquery()
    eldest = _eldest(mine, of_lane).correlate(lane).scalar_subquery()
    is_ahead = (outbox.c.attempts == 0) & (eldest < outbox.c.delivery_id)
    question = (
        select(*_DELIVERY, is_ahead, outbox.c.created_us)
        .select_from(lane)
        .join(outbox, outbox.c.delivery_id == first)
        .join(accounts, accounts.c.account_id == lane.c.account_id)
        .where(lane.c.account_id == account_id, lane.c.due_us <= now_us)
        .order_by(lane.c.due_us)
        .limit(limit)
    )
    if busy_profiles:
        question = question.where(lane.c.profile_key.not_in(busy_profiles))
    return [StoredDelivery(*row) for row in connection.execute(question)]


def _eldest(table: Any, where: Sequence[Any]) -> Select[Any]:  # noqa: ANN401 - an alias of the outbox
    return select(table.c.delivery_id).where(*where).order_by(table.c.delivery_id).limit(1)


_NEWEST = select(func.max(outbox.c.created_us)).where(outbox.c.account_id == bindparam("account"))


def _newest_us(connection: Connection, account_id: int) -> int:
    """When an account's newest webhook was made; 0 where it has none."""
    newest = fetch_row(connection, _NEWEST, (account_id,))
    assert newest is not None, "a maximum is a row"
    return newest[0] or 0


_OF_LANE = (
    outbox.c.account_id == bindparam("account"),
    outbox.c.profile_key == bindparam("profile"),
    outbox.c.state == literal_column(f"'{PENDING}'"),
)
_FIRST = select(outbox.c.delivery_id, outbox.c.attempts - outbox.c.attempts_before, outbox.c.next_attempt_us).where(
    outbox.c.delivery_id == select(func.min(outbox.c.delivery_id)).where(*_OF_LANE).scalar_subquery()
)
_SOONEST = select(func.min(outbox.c.next_attempt_us)).where(*_OF_LANE)


def _standing(connection: Connection, lane: Lane) -> tuple[int | None, bool, int, int | None]:
    """A lane's first delivery, whether that is untried, its next attempt, and the lane's soonest one."""
    first = fetch_row(connection, _FIRST, lane)
    if first is None:
        return None, False, 0, None
    soonest = fetch_row(connection, _SOONEST, lane)
    assert soonest is not None, "a minimum is a row"
    return first[0], first[1] == 0, first[2], soonest[0]


def _lanes_among(connection: Connection, lanes: Sequence[Lane]) -> set[Lane]:
    """Which of the lanes there are."""
    key = tuple_(outbox_lanes.c.account_id, outbox_lanes.c.profile_key)
    question = select(outbox_lanes.c.account_id, outbox_lanes.c.profile_key)
    return {
        (account_id, profile_key)
        for chunk in in_chunks(lanes, 200)
        for account_id, profile_key in connection.execute(question.where(key.in_(chunk)))
    }


def _row(one: NewDelivery, created_us: int, next_attempt_us: int) -> dict[str, Any]:
    return {
        "webhook_id": one.webhook_id,
        "account_id": one.account_id,
        "profile_key": one.profile_key,
        "segment_key": one.segment_key,
        "event": one.event,
        "body": one.body,
        "created_us": created_us,
        "state": PENDING,
        "attempts": 0,
        "attempts_before": 0,
        "next_attempt_us": next_attempt_us,
    }


def _attempt_row(attempt: AttemptRow) -> tuple[Any, ...]:
    return (attempt.number, attempt.started_us, attempt.took_ms, attempt.status, attempt.error, attempt.excerpt)
