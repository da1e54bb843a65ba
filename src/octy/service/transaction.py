"""One group of requests on its way into the store: what they do becomes durable together, or not at all.

Events wait in `pending` until `flush`, so that all that a group brings is evaluated and stored at once. Whatever reads
the tags, changes a segment or moves time flushes first.
"""

import time
from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from octy.engine.batch import Changes, EventBatch
from octy.model.instants import iso
from octy.service import settling
from octy.service.faults import evaluating
from octy.service.notifying import tell_ended
from octy.service.pending import PendingEvents
from octy.service.purge import Purged, purge_due
from octy.service.record import audience_of, record_changes
from octy.service.tenant import Tenant
from octy.service.world import World
from octy.store import events, meta, profiles, tallies
from octy.store.tallies import Given

DUE_PER_GROUP = 4_096
"""About how many changes that time causes an account's past segments make with each group. Where more are due, they
are made with the next groups, one after another, so that nobody waits for all of them."""


class Transaction:
    """The writer's view of the store and of the world within one group."""

    def __init__(self, world: World, connection: Connection) -> None:
        self.world = world
        self.connection = connection
        self.now_us = max(world.clock.now_us(), world.now_us)
        self.added_webhooks = False
        self.erased_profile_ids: list[str] = []
        self.is_world_in_doubt = False
        """Whether, once this is stored, the world is to be rebuilt from the log."""
        self.afterwards: list[Callable[[], None]] = []
        """What is to be done once this is stored."""
        self._pending: dict[int, PendingEvents] = {}
        self._advanced: set[int] = set()
        world.now_us = self.now_us

    def tenant(self, account_id: int) -> Tenant:
        """The account, with every earlier event of the group evaluated, and time moved on to now."""
        self.flush()
        tenant = self.world.tenant(account_id)
        self.advance(tenant)
        return tenant

    def settled(self, account_id: int) -> Tenant:
        """As `tenant`, and everything that is due by now is applied."""
        tenant = self.tenant(account_id)
        if tenant.engine.settled is not None:
            self.record(tenant, self._timed(lambda: tenant.engine.advance(self.now_us)))
            tenant.refresh_due()
        return tenant

    def pending(self, account_id: int) -> PendingEvents:
        """The account's events of this group that are not evaluated yet."""
        if account_id not in self._pending:
            self._pending[account_id] = PendingEvents(self.world.tenant(account_id))
        return self._pending[account_id]

    def flush(self) -> None:
        """Evaluates and stores the events that are waiting."""
        waiting = [pending for pending in self._pending.values() if pending.seqs]
        self._pending = {}
        batches = [pending.batch() for pending in waiting]
        histories = [self._history(pending.tenant, batch) for pending, batch in zip(waiting, batches, strict=True)]
        for pending in waiting:
            columns, lines = pending.columns(), pending.lines()
            events.append(self.connection, pending.tenant.account_id, columns, lines)
            pending.tenant.recent.append(columns, lines)
        for pending, batch, history in zip(waiting, batches, histories, strict=True):
            self._evaluate(pending, batch, history)

    def advance(self, tenant: Tenant) -> None:
        """Applies what is due by now in one account (T6), once in a group: all of it, or about `DUE_PER_GROUP`.

        A sandbox's clock is what its tests wait for: all of it. EvaluationFailed where it cannot be.
        """
        is_sandbox = self.world.clock.is_sandbox
        if tenant.account_id in self._advanced and not is_sandbox:
            return
        self._advanced.add(tenant.account_id)
        if tenant.engine.now_us < self.now_us or tenant.due_us <= self.now_us:
            at_most = None if is_sandbox else DUE_PER_GROUP
            with evaluating(tenant.account_id):
                self.record(tenant, self._timed(lambda: tenant.engine.advance(self.now_us, at_most=at_most)))
        if tenant.due_us <= self.now_us:
            tenant.refresh_due()

    def catch_up(self, tenant: Tenant) -> None:
        """Applies all that fell due in one account while nothing was served; it is noticed now. EvaluationFailed."""
        with evaluating(tenant.account_id):
            self.record(tenant, tenant.engine.advance(self.now_us, self.now_us), noticed_us=self.now_us)
            tenant.refresh_due()
        settling.go_on(self.connection, tenant.account_id)

    def record(self, tenant: Tenant, changes: Changes, seqs: Sequence[int] = (), noticed_us: int | None = None) -> None:
        """Stores tag changes with their history and webhooks (G5, H3), and the ends of deleted segments (X2).

        `seqs` are those of the batch's events.
        """
        self.world.counts.add_timers(*tenant.engine.take_timer_counts())
        purged = purge_due(self.connection, tenant, self.now_us, noticed_us) if tenant.due_us <= self.now_us else []
        if changes.size or purged:
            self.record_purges(tenant, changes, purged, seqs)

    def record_purges(
        self, tenant: Tenant, changes: Changes, purged: Sequence[Purged], seqs: Sequence[int] = ()
    ) -> None:
        """Stores changes together with the ends of segments that have just been purged."""
        self.added_webhooks |= record_changes(self.connection, self.world, tenant, changes, seqs, purged)

    def move_to(self, now_us: int) -> None:
        """Time moves on within the group, as a sandbox's does (T4)."""
        assert now_us >= self.now_us, f"{iso(now_us)} is before {iso(self.now_us)}"
        self.now_us = self.world.now_us = now_us

    def finish(self) -> None:
        """The last words before the commit."""
        self.flush()
        for tenant in self.world.tenants.values():
            if tenant.due_us <= self.now_us:
                self.advance(tenant)
            if tenant.storm.due_us <= self.now_us:
                audience = audience_of(self.world, tenant)
                self.added_webhooks |= tell_ended(self.connection, audience, self.now_us)
                tenant.refresh_due()
            settling.note(self.connection, tenant)
        last = Given(self.world.last_seq, self.world.last_change_id)
        meta.set_values(self.connection, {"now_us": str(self.now_us), **tallies.as_text(last)})

    def _history(self, tenant: Tenant, batch: EventBatch) -> EventBatch | None:
        """What the engine needs of the log, as it was before the batch (P7)."""
        request = tenant.engine.history_needed(batch)
        return None if request is None else self.world.history(self.connection, tenant, request)

    def _evaluate(self, pending: PendingEvents, batch: EventBatch, history: EventBatch | None) -> None:
        tenant = pending.tenant
        if tenant.due_us <= self.now_us and not self.world.clock.is_sandbox:
            self.advance(tenant)
        pending.store_message_ids(self.connection)
        if charged := pending.charged():
            profiles.set_charged(self.connection, tenant.account_id, charged, self.now_us)
            tenant.charged.update(charged)
        self.record(tenant, self._timed(lambda: tenant.engine.apply(batch, history)), pending.seqs)
        tenant.refresh_due()

    def _timed(self, work: Callable[[], Changes]) -> Changes:
        """What the engine makes of something; its time is counted."""
        began = time.perf_counter()
        changes = work()
        self.world.counts.engine_seconds += time.perf_counter() - began
        return changes
