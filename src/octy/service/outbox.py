"""The store's outbox as the webhooks' dispatcher sees it: read from snapshots, changed through the writer."""

import asyncio
from collections.abc import Sequence

from octy.model.instants import NEVER
from octy.service.transaction import Transaction
from octy.service.writer import Writer
from octy.store import outbox
from octy.store.folder import Store
from octy.webhooks.outbox import Busy, Delivery, GivenUp, Postponed, Result, Succeeded


class WriterOutbox:
    """`octy.webhooks.outbox.Outbox`, kept."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer

    async def due(self, now_us: int, limit: int, busy: Busy) -> Sequence[Delivery]:
        """Up to `limit` pending deliveries whose next attempt is due, longest due first, and none of the busy."""
        return await asyncio.to_thread(self._due, now_us, limit, busy)

    async def next_due_us(self, after_us: int) -> int:
        """The earliest next attempt after an instant; NEVER where there is none."""
        return await asyncio.to_thread(self._next_due_us, after_us)

    async def record(self, results: Sequence[Result]) -> None:
        """Stores what came of attempts, in one transaction; raises `Unavailable` where that fails."""
        await asyncio.wrap_future(self._writer.submit(0, lambda tx: _record(tx, results), objects=len(results)))

    def _due(self, now_us: int, limit: int, busy: Busy) -> list[Delivery]:
        with self._store.reading() as connection:
            return [
                Delivery(
                    delivery_id=stored.delivery_id,
                    webhook_id=stored.webhook_id,
                    account_id=stored.account_id,
                    profile_key=stored.profile_key,
                    webhook_url=stored.webhook_url,
                    body=stored.body,
                    attempts=stored.attempts,
                )
                for stored in outbox.due(
                    connection, now_us, limit, busy_accounts=busy.accounts, busy_profiles=busy.profiles
                )
            ]

    def _next_due_us(self, after_us: int) -> int:
        with self._store.reading() as connection:
            due_us = outbox.next_due_us(connection, after_us)
        return NEVER if due_us is None else due_us


def _record(tx: Transaction, results: Sequence[Result]) -> None:
    for result in results:
        match result:
            case Succeeded():
                outbox.delivered(tx.connection, result.delivery_id, result.attempts, result.finished_us)
            case Postponed():
                outbox.retry_at(
                    tx.connection, result.delivery_id, result.attempts, result.next_attempt_us, result.error
                )
            case GivenUp():
                outbox.failed(tx.connection, result.delivery_id, result.attempts, result.error, result.finished_us)
