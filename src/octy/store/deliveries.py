"""Webhooks as their account sees them: which there are, what came of each, and what is sent once more.

Pages go from the newest back, each beginning before the last id of the one before: whatever is added meanwhile, nothing
is shown twice, and a late page costs no more than the first.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Select, bindparam, literal_column, null, select, text

from octy.model.webhooks import DeliveryState, WebhookEvent
from octy.store import outbox as queue
from octy.store.outbox import AttemptRow
from octy.store.rows import run_rows
from octy.store.schema import outbox, profiles, segment_names, webhook_attempts

_COLUMNS = (
    outbox.c.delivery_id,
    outbox.c.webhook_id,
    outbox.c.event,
    outbox.c.state,
    profiles.c.profile_id,
    segment_names.c.segment_id,
    outbox.c.created_us,
    outbox.c.attempts,
    outbox.c.next_attempt_us,
    outbox.c.finished_us,
    outbox.c.last_error,
)
_WITH_NAMES = outbox.outerjoin(
    profiles, (profiles.c.account_id == outbox.c.account_id) & (profiles.c.profile_key == outbox.c.profile_key)
).outerjoin(segment_names, segment_names.c.segment_key == outbox.c.segment_key)
_AGAIN = (
    outbox.update()
    .values(
        state=literal_column(f"'{queue.PENDING}'"),
        attempts_before=outbox.c.attempts,
        next_attempt_us=bindparam("at_us"),
        finished_us=null(),
    )
    .where(outbox.c.delivery_id == bindparam("id"))
)


class Wanted(Struct, frozen=True):
    """Which deliveries of an account are asked for; None for any."""

    state: DeliveryState | None = None
    profile_key: int | None = None
    segment_key: int | None = None
    from_us: int | None = None
    """Made at this instant or later."""
    to_us: int | None = None
    """Made before this instant."""
    event: WebhookEvent | None = None


class DeliveryRow(Struct, frozen=True):
    """A delivery, with the ids of what it is about, as far as that is there."""

    delivery_id: int
    webhook_id: str
    event: str
    state: str
    profile_id: str | None
    segment_id: str | None
    created_us: int
    attempts: int
    next_attempt_us: int
    finished_us: int | None
    last_error: str | None


def page(
    connection: Connection, account_id: int, wanted: Wanted, limit: int, before_id: int | None = None
) -> list[DeliveryRow]:
    """Some of them, the newest first: those with smaller ids than `before_id`."""
    question = _wanted(select(*_COLUMNS).select_from(_WITH_NAMES), connection, account_id, wanted)
    if before_id is not None:
        question = question.where(outbox.c.delivery_id < before_id)
    rows = connection.execute(question.order_by(outbox.c.delivery_id.desc()).limit(limit))
    return [DeliveryRow(*row) for row in rows]


def find(connection: Connection, account_id: int, webhook_id: str) -> tuple[DeliveryRow, bytes] | None:
    """A delivery by the id that the account sees, with its body."""
    question = select(*_COLUMNS, outbox.c.body).select_from(_WITH_NAMES)
    mine = outbox.c.account_id == account_id, outbox.c.webhook_id == webhook_id
    row = connection.execute(question.where(*mine)).one_or_none()
    return None if row is None else (DeliveryRow(*row[:-1]), row[-1])


def attempts_of(connection: Connection, delivery_id: int) -> list[AttemptRow]:
    """What came of each attempt, in their order."""
    columns = [webhook_attempts.c[name] for name in AttemptRow.__struct_fields__]
    question = select(*columns).where(webhook_attempts.c.delivery_id == delivery_id)
    return [AttemptRow(*row) for row in connection.execute(question.order_by(webhook_attempts.c.number))]


def replay(connection: Connection, delivery_ids: Sequence[int], now_us: int) -> None:
    """They are sent now, whatever became of them before, and if need be again as if for the first time."""
    whose = queue.lanes_of(connection, delivery_ids)
    run_rows(connection, _AGAIN, [(now_us, one) for one in delivery_ids])
    queue.arrange(connection, set(whose.values()), now_us)


def oldest(connection: Connection, account_id: int, wanted: Wanted, limit: int, after_id: int) -> list[tuple[int, str]]:
    """Both ids of those that were made first, with greater ones than `after_id`."""
    question = _wanted(select(outbox.c.delivery_id, outbox.c.webhook_id), connection, account_id, wanted)
    question = question.where(outbox.c.delivery_id > after_id).order_by(outbox.c.delivery_id).limit(limit)
    return [(row[0], row[1]) for row in connection.execute(question)]


def last_id(connection: Connection, account_id: int) -> int:
    """The account's newest delivery's; 0 where it has none."""
    mine = select(outbox.c.delivery_id).where(outbox.c.account_id == account_id)
    newest = mine.order_by(outbox.c.created_us.desc(), outbox.c.delivery_id.desc()).limit(1)
    return connection.scalar(newest) or 0


def expire(connection: Connection, before_us: int, limit: int) -> None:
    """Forgets those that were done before an instant, so many at most, with their attempts."""
    done = select(outbox.c.delivery_id).where(outbox.c.finished_us < before_us)
    some = done.order_by(outbox.c.finished_us).limit(limit)
    connection.execute(outbox.delete().where(outbox.c.delivery_id.in_(some)))


def _wanted(question: Select[Any], connection: Connection, account_id: int, wanted: Wanted) -> Select[Any]:
    """Instants become ids, which rise with them in each account: so every question goes along one index."""
    question = question.where(outbox.c.account_id == account_id)
    if wanted.state is not None:
        question = question.where(outbox.c.state == wanted.state)
    if wanted.profile_key is not None:
        question = question.where(outbox.c.profile_key == wanted.profile_key)
    if wanted.segment_key is not None:
        question = question.where(outbox.c.segment_key == wanted.segment_key)
    if wanted.event is not None:
        question = question.where(outbox.c.event == wanted.event)
        if wanted.event is not WebhookEvent.MATCHED:
            question = question.where(_NO_MATCH)
    if wanted.from_us is not None:
        first = _first_id(connection, account_id, wanted.from_us)
        question = question.where(outbox.c.delivery_id >= first) if first is not None else question.where(_NONE)
    if wanted.to_us is not None:
        first = _first_id(connection, account_id, wanted.to_us)
        question = question.where(outbox.c.delivery_id < first) if first is not None else question
    return question


_NONE = outbox.c.delivery_id < 0
_NO_MATCH = text("outbox.event <> 'live_segment.matched'")
"""As the index says it, which serves only whoever says the same."""


def _first_id(connection: Connection, account_id: int, from_us: int) -> int | None:
    """Of those made at an instant or later; None where there is none."""
    later = select(outbox.c.delivery_id).where(outbox.c.account_id == account_id, outbox.c.created_us >= from_us)
    found: int | None = connection.scalar(later.order_by(outbox.c.created_us, outbox.c.delivery_id).limit(1))
    return found
