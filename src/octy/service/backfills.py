"""How a new past segment catches up with history while events go on arriving (P6).

A thread of its own folds the log as it stood when it began, from a snapshot of the store. The writer then takes over
between two groups: it folds what was stored meanwhile, refolds what came out of order, makes the tags, and calls the
segment active, all in one transaction. In a sandbox the writer does all of it at once, so that time cannot pass it by.
"""

import threading
from collections.abc import Callable

import msgspec
import structlog

from octy.engine.backfill import Backfill
from octy.model.segments import SegmentStatus
from octy.service.restore import refold_late, stored_batches
from octy.service.tenant import Tenant
from octy.service.transaction import Transaction
from octy.store import events, profiles, segments
from octy.store.folder import Store

log = structlog.get_logger()

PAUSE_SECONDS = 1.0
"""How long a backfill that failed waits before it begins again."""


def fold_snapshot(store: Store, tenant: Tenant, backfill: Backfill) -> int:
    """Folds all events that are stored now; returns the last one's seq."""
    with store.reading() as connection:
        last_seq = events.last_seq(connection)
        for batch in stored_batches(connection, tenant, backfill.event_types, backfill.watched_types(), 0, last_seq):
            backfill.fold(batch)
    return last_seq


def finish(tx: Transaction, account_id: int, backfill: Backfill, after_seq: int) -> None:
    """Folds the events after `after_seq`, makes the segment's tags and calls it active, unless it was deleted."""
    tenant = tx.tenant(account_id)
    if tenant.backfills.get(backfill.key) is not backfill:
        return
    connection = tx.connection
    for batch in stored_batches(
        connection, tenant, backfill.event_types, backfill.watched_types(), after_seq, tx.world.last_seq
    ):
        backfill.fold(batch)
    refold_late(connection, tenant, backfill)
    changes = tenant.engine.finish_backfill(backfill, profiles.data_of_all(connection, account_id))
    tx.record(tenant, changes)
    segments.set_status(connection, backfill.key, SegmentStatus.ACTIVE)
    segment = tenant.segments[backfill.key]
    tenant.segments[backfill.key] = msgspec.structs.replace(segment, status=SegmentStatus.ACTIVE)
    del tenant.backfills[backfill.key]
    tenant.refresh_due()


def begin_again(tx: Transaction, account_id: int, backfill: Backfill) -> None:
    """A backfill failed halfway: a new one takes its place."""
    tenant = tx.tenant(account_id)
    if tenant.backfills.get(backfill.key) is backfill:
        definition = tenant.segments[backfill.key].definition
        tenant.backfills[backfill.key] = tenant.engine.begin_backfill(backfill.key, definition)


class Backfills:
    """Runs backfills one after another in a thread of its own, and hands each to the writer at its end."""

    def __init__(self, store: Store, submit: Callable[[Callable[[Transaction], None]], object]) -> None:
        self._store = store
        self._submit = submit
        self._waiting: list[tuple[Tenant, Backfill]] = []
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="octy-backfills", daemon=True)

    def start(self) -> None:
        """Begins to take work."""
        self._thread.start()

    def add(self, tenant: Tenant, backfill: Backfill) -> None:
        """A backfill waits for its turn."""
        with self._changed:
            self._waiting.append((tenant, backfill))
            self._changed.notify()

    def stop(self) -> None:
        """Ends the thread; an unfinished backfill begins again at the next start."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopping)
                if self._stopping:
                    return
                tenant, backfill = self._waiting.pop(0)
            self._fold(tenant, backfill)

    def _fold(self, tenant: Tenant, backfill: Backfill) -> None:
        try:
            last_seq = fold_snapshot(self._store, tenant, backfill)
        except Exception:
            log.exception("backfill.failed", segment_key=backfill.key, again_in_seconds=PAUSE_SECONDS)
            with self._changed:
                self._changed.wait_for(lambda: self._stopping, PAUSE_SECONDS)
            self._submit(lambda tx: begin_again(tx, tenant.account_id, backfill))
            return
        self._submit(lambda tx: finish(tx, tenant.account_id, backfill, last_seq))
