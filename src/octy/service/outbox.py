"""The store's outbox as the webhooks' dispatcher sees it: read from snapshots, changed through the writer."""

import asyncio
from collections.abc import Sequence

import msgspec

from octy.model.instants import NEVER
from octy.service.receivers import note_results
from octy.service.transaction import Transaction
from octy.service.writer import Writer
from octy.store import outbox
from octy.store.folder import Store
from octy.store.outbox import DELIVERED, FAILED, PENDING, AttemptRow, Done
from octy.webhooks.message import overtaking
from octy.webhooks.outbox import Attempt, Busy, Delivery, GivenUp, Postponed, Result, Succeeded


class WriterOutbox:
    """`octy.webhooks.outbox.Outbox`, kept."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer

    async def due(self, now_us: int, limit: int, each: int, busy: Busy) -> Sequence[Delivery]:
        """Up to `limit` pending deliveries whose next attempt is due, `each` of an account, and none of the busy."""
        return await asyncio.to_thread(self._due, now_us, limit, each, busy)

    async def next_due_us(self, after_us: int) -> int:
        """The earliest next attempt after an instant; NEVER where there is none."""
        return await asyncio.to_thread(self._next_due_us, after_us)

    async def overtaking(self, delivery: Delivery) -> Delivery:
        """The delivery as it says that it is ahead of earlier ones; raises `Unavailable` where that is not stored."""
        body = await asyncio.wrap_future(self._writer.submit(0, lambda tx: _overtake(tx, delivery)))
        return msgspec.structs.replace(delivery, body=body, is_ahead=False)

    async def record(self, results: Sequence[Result]) -> None:
        """Stores what came of attempts, in one transaction; raises `Unavailable` where that fails."""
        await asyncio.wrap_future(self._writer.submit(0, lambda tx: _record(tx, results), objects=len(results)))

    def _due(self, now_us: int, limit: int, each: int, busy: Busy) -> list[Delivery]:
        with self._store.reading() as connection:
            found = outbox.due(
                connection, now_us, limit, each, busy_accounts=busy.accounts, busy_profiles=busy.profiles
            )
        return [
            Delivery(**msgspec.structs.asdict(stored), trace=self._writer.trace_of(stored.webhook_id))
            for stored in found
        ]

    def _next_due_us(self, after_us: int) -> int:
        with self._store.reading() as connection:
            due_us = outbox.next_due_us(connection, after_us)
        return NEVER if due_us is None else due_us


def _overtake(tx: Transaction, delivery: Delivery) -> bytes:
    """The body that says so. Of one that is gone with its profile nothing is stored."""
    body = overtaking(delivery.body, outbox.count_earlier(tx.connection, delivery.delivery_id))
    outbox.set_body(tx.connection, delivery.delivery_id, body)
    return body


def _record(tx: Transaction, results: Sequence[Result]) -> None:
    recorded = outbox.record(tx.connection, [_done(result) for result in results])
    gone = {result.delivery_id for result in results if isinstance(result, GivenUp) and result.is_gone}
    note_results(tx, recorded, gone)


def _done(result: Result) -> Done:
    match result:
        case Succeeded(delivery_id, attempts, finished_us, attempt):
            return Done(delivery_id, DELIVERED, attempts, finished_us, attempt=_row(attempts, attempt))
        case Postponed(delivery_id, attempts, failed_us, next_us, error, attempt):
            return Done(delivery_id, PENDING, attempts, failed_us, next_us, error, _row(attempts, attempt))
        case GivenUp(delivery_id, attempts, finished_us, error, attempt):
            row = None if attempt is None else _row(attempts, attempt)
            return Done(delivery_id, FAILED, attempts, finished_us, error=error, attempt=row)


def _row(number: int, attempt: Attempt) -> AttemptRow:
    return AttemptRow(number, attempt.started_us, attempt.took_ms, attempt.status, attempt.error, attempt.excerpt)
