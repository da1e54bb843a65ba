"""How a new past segment catches up with history while events go on arriving (P6).

A thread of its own folds the log as it stood when it began, from a snapshot of the store. The writer then takes over
between two groups: it folds what was stored meanwhile, refolds what came out of order, makes the tags, and calls the
segment active, all in one transaction. In a sandbox the writer does all of it at once, so that time cannot pass it by.
"""

import os
import threading
from collections.abc import Callable, Sequence
from functools import partial

import msgspec
import numpy as np
import structlog

from octy.engine.backfill import Backfill, fold_runs
from octy.model.tags import Cause, ChangeKind
from octy.service.notifying import tell_backfilled
from octy.service.record import audience_of
from octy.service.tenant import Tenant
from octy.service.transaction import Transaction
from octy.service.world import as_batch
from octy.store import erasures, events, profiles, segments, tags
from octy.store.event_runs import accepted_after, runs_of
from octy.store.folder import Store

log = structlog.get_logger()

THREADS = max(1, (os.cpu_count() or 1) - 1)
"""How many cores a backfill takes: one is left to what is served meanwhile."""

PAUSE_SECONDS = 1.0
"""How long a backfill that failed waits before it begins again."""


def fold_snapshot(store: Store, tenant: Tenant, backfills: Sequence[Backfill], threads: int) -> int:
    """Folds all events that are stored now, in one pass; returns the last one's seq."""
    with store.reading() as connection:
        last_seq = events.last_seq(connection)
        runs = runs_of(connection, store.archive, tenant.account_id)
    fold_runs(backfills, tenant.type_numbers(), runs, len(tenant.profile_ids), tenant.engine.now_us, threads)
    return last_seq


def finish(tx: Transaction, account_id: int, backfill: Backfill, after_seq: int) -> None:
    """Folds the events after `after_seq`, makes the segment's tags and calls it active, unless it was deleted."""
    tenant = tx.settled(account_id)
    if tenant.backfills.get(backfill.key) is not backfill:
        return
    connection, watched = tx.connection, backfill.watched_types()
    later = accepted_after(connection, tx.world.archive, account_id, after_seq)
    backfill.fold(as_batch(tenant, later, watched))
    if (request := backfill.history_needed()) is not None:
        backfill.refold(request.profiles, tx.world.history(connection, tenant, request, watched))
    for profile_key in erasures.requested(connection).get(account_id, ()):
        backfill.forget(profile_key)
    segment, tagged = tenant.segments[backfill.key], tags.tagged_profiles(connection, backfill.key)
    cause = Cause.RESTORE if segment.lifetime.pauses else Cause.BACKFILL
    data = partial(profiles.texts_of_property, connection, account_id)
    changes = tenant.engine.finish_backfill(backfill, data, tagged, cause)
    tx.record(tenant, changes)
    entered = int(np.count_nonzero(changes.kind == ChangeKind.CREATED))
    members = len(tagged) + 2 * entered - changes.size
    lifetime = segment.lifetime.backfilled()
    segments.set_lifetime(connection, backfill.key, lifetime)
    tenant.segments[backfill.key] = msgspec.structs.replace(segment, lifetime=lifetime)
    del tenant.backfills[backfill.key]
    tx.world.counts.backfills += 1
    audience = audience_of(tx.world, tenant)
    tx.added_webhooks |= tell_backfilled(connection, audience, segment, members, tx.now_us)
    tenant.refresh_due()


def begin_again(tx: Transaction, account_id: int, backfill: Backfill) -> None:
    """A backfill failed halfway: a new one takes its place."""
    tenant = tx.tenant(account_id)
    if tenant.backfills.get(backfill.key) is backfill:
        definition = tenant.segments[backfill.key].definition
        tenant.backfills[backfill.key] = tenant.engine.begin_backfill(backfill.key, definition)


class Backfills:
    """Runs backfills in a thread of its own, all that wait for one account together, and hands each to the writer."""

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
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopping)
                if self._stopping:
                    return
                tenant, together = self._next()
            self._fold(tenant, together)

    def _next(self) -> tuple[Tenant, list[Backfill]]:
        """All that wait for the account that has waited longest; they wait no longer."""
        tenant = self._waiting[0][0]
        together = [backfill for owner, backfill in self._waiting if owner is tenant]
        self._waiting = [one for one in self._waiting if one[0] is not tenant]
        return tenant, together

    def _fold(self, tenant: Tenant, backfills: Sequence[Backfill]) -> None:
        try:
            last_seq = fold_snapshot(self._store, tenant, backfills, THREADS)
        except Exception:
            keys = [backfill.key for backfill in backfills]
            log.exception("backfill.failed", segment_keys=keys, again_in_seconds=PAUSE_SECONDS)
            with self._changed:
                self._changed.wait_for(lambda: self._stopping, PAUSE_SECONDS)
            for backfill in backfills:
                self._submit(partial(begin_again, account_id=tenant.account_id, backfill=backfill))
            return
        for backfill in backfills:
            self._submit(partial(finish, account_id=tenant.account_id, backfill=backfill, after_seq=last_seq))
