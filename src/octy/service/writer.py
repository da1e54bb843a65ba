"""The writer: the one thread that changes anything (design: accept, advance, commit, answer).

It takes requests that wait, each account's in turn, runs them in one transaction, and answers them once that is
durable. When nothing waits it sleeps until something falls due by time alone. When a commit fails, what is in memory is
ahead of the store, and the store itself is in doubt: everybody in the group is told that nothing was stored, the store
is opened again and looked through, and the world is rebuilt from the log, before anything else is acknowledged.
"""

import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future
from time import perf_counter
from typing import TypeVar

import structlog
from msgspec import Struct

from octy.engine.backfill import Backfill
from octy.model import tracing
from octy.model.clock import Clock, ManualClock
from octy.model.errors import Conflicting, OctyError, TooManyWaiting, Unavailable
from octy.model.histogram import Histogram
from octy.model.idempotency import Once, Replayed
from octy.model.instants import US_PER_HOUR, US_PER_SECOND
from octy.model.tracing import Trace
from octy.service.archiver import Archiver, Horizon, Unarchived
from octy.service.backfills import THREADS, Backfills, finish, fold_snapshot
from octy.service.counts import Counts
from octy.service.faults import EvaluationFailed, is_of_the_store
from octy.service.ids import EventIds
from octy.service.progress import Progress, Readiness
from octy.service.queue import OBJECTS_PER_TURN, Job, Queue
from octy.service.receivers import tidy
from octy.service.restore import restore
from octy.service.retention import horizon_us
from octy.service.tempo import Tempo
from octy.service.tenant import Tenant
from octy.service.training.schedule import ask_for_due
from octy.service.transaction import Transaction
from octy.service.world import World
from octy.store import deliveries, digests, idempotency, message_ids
from octy.store.folder import Store
from octy.store.log_shape import CHANGES, EVENTS

log = structlog.get_logger()
T = TypeVar("T")

OBJECTS_PER_GROUP_MAX = 2_000
"""Whoever comes next waits for the group under way and for his own. Larger ones are hardly quicker."""
BREATH_SECONDS = 20e-6
"""How long the writer holds its breath before it takes what waits, so that requests that came together are committed
together: the thread that reads them needs the interpreter, and would get it only after the first one's commit."""

IDLE_SECONDS_MAX = 0.5
"""How long the writer sleeps at most, so that a clock that jumps is noticed."""

TRACES_LOGGED_MAX = 20

IDEMPOTENCY_KEPT_US = 24 * US_PER_HOUR
MESSAGE_IDS_KEPT_US = 8 * 24 * US_PER_HOUR
HOUSEKEEPING_EVERY_US = US_PER_HOUR

DELIVERIES_KEPT_US = 30 * 24 * US_PER_HOUR
DELIVERIES_FORGOTTEN_EVERY_US = US_PER_SECOND
DELIVERIES_FORGOTTEN_AT_ONCE = 1_000
"""Few and often, so that nobody waits for it."""


class Load(Struct, frozen=True):
    """How much there is, and waits, at a moment."""

    requests: int
    """Those that wait for the writer, and below the objects in them."""
    objects: int
    accounts: int
    accounts_set_aside: int
    """Those of them whose segments cannot be evaluated."""
    profiles: int
    segments: int
    timers: int
    backfills: int
    """How many segments wait for theirs."""
    unarchived_events: int
    unarchived_changes: int


class Writer:
    """Owns the store's writing connection and the world."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        on_webhooks: Callable[[], None],
        on_jobs: Callable[[], None] = lambda: None,
        look: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_webhooks` is called when there are new ones, `on_jobs` when there are.

        `look` is called after each group, and twice a second where none comes: between two transactions.
        """
        self._store = store
        self._clock = clock
        self._on_webhooks = on_webhooks
        self._on_jobs = on_jobs
        self._look = look
        self._queue = Queue(is_sandbox=clock.is_sandbox)
        self._changed = threading.Condition()
        self._stopping = False
        self._world: World | None = None
        self._progress = Progress()
        self._event_ids: EventIds | None = None
        self._started: set[Backfill] = set()
        self.counts = Counts()
        """Of all that was committed since the start."""
        self.commits = Histogram()
        """How long groups took, in seconds, from their first request's turn until the end of their commit."""
        self.commits_failed = 0
        self._tempo = Tempo(OBJECTS_PER_TURN, OBJECTS_PER_GROUP_MAX)
        self._housekept_us = 0
        self._forgot_us = 0
        self._backfills = Backfills(store, self.submit_unrefused)
        self._archiver = Archiver(store, self._unarchived, self._horizons, self.submit_unrefused)
        self._thread = threading.Thread(target=self._run, name="octy-writer", daemon=True)

    @property
    def readiness(self) -> Readiness:
        """Whether requests are served: the world stands, and is not being rebuilt. Another thread asks."""
        return self._progress.readiness

    @property
    def event_ids(self) -> EventIds:
        """How the store's events are shown; known once started, and the same ever after."""
        assert self._event_ids is not None, "not started yet"
        return self._event_ids

    def start(self) -> None:
        """Rebuilds the world, catches up with what fell due meanwhile, and begins to serve."""
        self._backfills.start()
        self._rebuild()
        self._thread.start()
        self._archiver.start()

    def cancel_start(self) -> None:
        """Has `start` leave off, where it has not come to its end: it raises `Unavailable`. Another thread asks."""
        self._progress.cancel()

    def stop(self) -> None:
        """Serves what waits already, then ends."""
        self._backfills.stop()
        self._archiver.stop()
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():  # it is not where the store could not be brought back
            self._thread.join()

    def submit(
        self, account_id: int, work: Callable[[Transaction], T], once: Once | None = None, objects: int = 1
    ) -> "Future[T]":
        """Puts a request of so many objects in the queue. Without room, the future fails at once: `Unavailable`."""
        future: Future[T] = Future()
        with self._changed:
            if (refusal := self._refusal(account_id, objects)) is not None:
                future.set_exception(refusal)
                return future
            self._put(Job(account_id, work, once, objects, future, tracing.current.get()))
        return future

    def refusal(self, account_id: int) -> Unavailable | None:
        """Why no request of the account is taken now, or would have to wait for a world. Another thread asks."""
        if not self.readiness.is_ready:
            reason = f"The server is not ready: {self.readiness.words}."
            return Unavailable(f"{reason} Nothing was stored; send the request again.")
        return self._refusal(account_id, 1)

    def _refusal(self, account_id: int, objects: int) -> Unavailable | None:
        if self._stopping:
            return Unavailable("The server is stopping. Nothing was stored; send the request again.")
        return None if self._queue.has_room(account_id, objects) else TooManyWaiting()

    @property
    def has_enough(self) -> bool:
        """Whether so much waits that it will not have to. Any thread asks."""
        return self._queue.objects >= self._tempo.enough_objects

    def submit_unrefused(self, work: Callable[[Transaction], None]) -> "Future[None]":
        """What nobody waits for, and has to be done: the end of a backfill, or of a move to the archive."""
        future: Future[None] = Future()
        with self._changed:
            self._put(Job(0, work, None, 0, future))
        return future

    def _put(self, job: Job) -> None:
        self._queue.put(job)
        self._changed.notify()

    def _unarchived(self) -> list[Unarchived]:
        """What the archiver could take. Another thread asks."""
        return [
            one
            for tenant in self.tenants()
            for one in (
                Unarchived(EVENTS, tenant.account_id, len(tenant.recent), tenant.recent.size_bytes),
                Unarchived(CHANGES, tenant.account_id, tenant.unarchived_changes, 0),
            )
        ]

    def tenants(self) -> list[Tenant]:
        """The accounts at work. Any thread asks."""
        return [] if self._world is None else list(self._world.tenants.values())

    @property
    def recent_bytes(self) -> int:
        """How much memory the events take that the archive does not have. Any thread asks."""
        world = self._world
        return 0 if world is None else sum(tenant.recent.size_bytes for tenant in list(world.tenants.values()))

    def load(self) -> Load:
        """As of now. Any thread asks."""
        world = self._world
        tenants = [] if world is None else list(world.tenants.values())
        return Load(
            requests=len(self._queue),
            objects=self._queue.objects,
            accounts=0 if world is None else len(world.accounts()),
            accounts_set_aside=0 if world is None else len(world.set_aside),
            profiles=sum(len(one.profile_keys) for one in tenants),
            segments=sum(len(one.segments) for one in tenants),
            timers=sum(one.engine.pending_timers for one in tenants),
            backfills=sum(len(one.backfills) for one in tenants),
            unarchived_events=sum(len(one.recent) for one in tenants),
            unarchived_changes=sum(one.unarchived_changes for one in tenants),
        )

    @property
    def archiver(self) -> Archiver:
        """What moves older rows into files."""
        return self._archiver

    def trace_of(self, webhook_id: str) -> Trace | None:
        """That of the request which has caused a webhook, where it is known. Any thread asks."""
        world = self._world
        return None if world is None else world.traces.of_webhook(webhook_id)

    def _horizons(self) -> list[Horizon]:
        """Whose events become too old, and before when they have. Another thread asks."""
        world = self._world
        if world is None:
            return []
        found = ((one.account_id, horizon_us(one, world.now_us)) for one in list(world.tenants.values()))
        return [Horizon(account_id, before_us) for account_id, before_us in found if before_us is not None]

    # The thread

    def _run(self) -> None:
        is_at_work = True
        while is_at_work:
            is_at_work = self._serve_next()

    def _serve_next(self) -> bool:
        """Whether there is more to come. What was served is not held any longer, while the next is waited for."""
        group = self._next_group()
        if group is not None:
            self._serve(group)
            self._look()
        return group is not None

    def _next_group(self) -> list[Job] | None:
        """The requests that wait; none where something is due or may be; None when the writer is to end."""
        with self._changed:
            if not self._queue and not self._stopping:
                self._changed.wait(self._idle_seconds())
        time.sleep(BREATH_SECONDS)
        with self._changed:
            if not self._queue and self._stopping:
                return None
            taken = self._queue.take(1 if self._clock.is_sandbox else OBJECTS_PER_GROUP_MAX)
        return [job for job in taken if job.future.set_running_or_notify_cancel()]  # its sender may have hung up

    def _idle_seconds(self) -> float:
        if self._world is None or self._clock.is_sandbox:
            return IDLE_SECONDS_MAX
        return min(max((self._world.due_us() - self._clock.now_us()) / US_PER_SECOND, 0.0), IDLE_SECONDS_MAX)

    def _serve(self, group: list[Job]) -> None:
        is_of_the_group = False
        try:
            if self._world is None:
                self._store.reopen()
                self._rebuild()
            assert self._world is not None
            is_of_the_group = True
            if group or self._world.due_us() <= self._clock.now_us():
                self._commit(self._world, group)
                self._shorten_log()
        except Exception as error:
            self.commits_failed += 1
            traces = [job.trace.id for job in group if job.trace is not None]
            log.exception("writer.commit_failed", requests=len(group), trace_ids=traces[:TRACES_LOGGED_MAX])
            self._world = None
            self._progress.lost()
            unanswered = [job for job in group if not job.future.done()]
            self._part(unanswered, error, is_of_the_group=is_of_the_group)

    def _shorten_log(self) -> None:
        """What is committed is in the log, whatever becomes of this."""
        try:
            self._store.shorten_log()
        except Exception:
            log.warning("store.log_kept", exc_info=True)

    def _part(self, group: list[Job], error: Exception, *, is_of_the_group: bool) -> None:
        """What becomes of requests that failed together: they are tried again, each by itself, if that may help.

        One that fails alone has met a bug, and is told so. What nobody asked for is of the world that is lost.
        """
        is_ours = is_of_the_group and not is_of_the_store(error)
        for job in group:
            if not is_ours or not job.account_id or (len(group) == 1 and isinstance(error, EvaluationFailed)):
                refusal = Unavailable("The request could not be stored, and nothing of it was; send it again.")
                refusal.__cause__ = error
                job.future.set_exception(refusal)
            elif len(group) == 1:
                job.future.set_exception(error)
            else:
                self._serve([job])

    def _commit(self, world: World, group: list[Job]) -> None:
        began = perf_counter()
        world.traces.begin_group()
        with self._store.writer.begin():
            tx = Transaction(world, self._store.writer)
            answers = [_answer(tx, job) for job in group]
            self._housekeep(tx)
            tx.finish()
            self._note_erasures(world, tx)
            worked = perf_counter()
        ended = perf_counter()
        self.commits.add(ended - began)
        self._tempo.add(sum(job.objects for job in group), worked - began, ended - worked)
        self._count(world)
        if tx.is_world_in_doubt:
            self._world = None
        try:
            self._follow_up(world, tx)
        finally:  # what is committed is done, whatever happens afterwards
            for job in group:
                job.let_go()
            for job, answer in zip(group, answers, strict=True):
                if isinstance(answer, OctyError):
                    job.future.set_exception(answer)
                else:
                    job.future.set_result(answer)

    def _count(self, world: World) -> None:
        """What is committed counts."""
        self.counts.add(world.counts)
        world.counts = Counts()

    def _note_erasures(self, world: World, tx: Transaction) -> None:
        """Before the commit: a backup that is restored must not bring back what is told to be gone (X3)."""
        self._store.erasure_ledger.append(world.store_name, tx.erased_profile_ids, tx.now_us)

    def _rebuild(self) -> None:
        """Brings the world back and moves it to the present, each due change at its own instant (T6).

        Without the accounts with which that fails.
        """
        set_aside: set[int] = set()
        while True:
            try:
                return self._rebuild_without(set_aside)
            except EvaluationFailed as error:
                log.exception("account.set_aside", account_id=error.account_id)
                set_aside.add(error.account_id)

    def _rebuild_without(self, set_aside: Collection[int]) -> None:
        with self._store.writer.begin():
            world = restore(self._store.writer, self._store.archive, self._clock, self._progress, set_aside)
            self._progress.catches_up()
            self._clock.not_before(world.now_us)
            tx = Transaction(world, self._store.writer)
            for tenant in world.tenants.values():
                tx.catch_up(tenant)
            tx.finish()
        self.counts.lose_timers()
        self._count(world)
        self._started = set()
        self._world = world
        self._event_ids = world.event_ids
        self._progress.ends()
        self._follow_up(world, tx)

    def _follow_up(self, world: World, tx: Transaction) -> None:
        """What a commit sets going: the sandbox's clock, webhooks, backfills."""
        for follow in tx.afterwards:
            follow()
        if isinstance(self._clock, ManualClock):
            self._clock.move_to(world.now_us)
        if tx.erased_profile_ids:
            self._archiver.erase()
        if tx.added_webhooks or self._clock.is_sandbox:
            self._on_webhooks()
        for tenant in world.tenants.values():
            for backfill in list(tenant.backfills.values()):
                if backfill not in self._started:
                    self._started.add(backfill)
                    self._begin(world, tenant, backfill)

    def _begin(self, world: World, tenant: Tenant, backfill: Backfill) -> None:
        if not self._clock.is_sandbox:
            self._backfills.add(tenant, backfill)
            return
        last_seq = fold_snapshot(self._store, tenant, [backfill], THREADS)
        with self._store.writer.begin():
            tx = Transaction(world, self._store.writer)
            finish(tx, tenant.account_id, backfill, last_seq)
            tx.finish()
        self._count(world)
        if tx.added_webhooks:
            self._on_webhooks()

    def _housekeep(self, tx: Transaction) -> None:
        """Forgets what need not be remembered any longer: answers and ids (E5, E8), and webhooks that are done.

        And asks for the trainings that are due.
        """
        if tx.now_us - self._housekept_us >= HOUSEKEEPING_EVERY_US:
            self._housekept_us = tx.now_us
            idempotency.expire(tx.connection, tx.now_us - IDEMPOTENCY_KEPT_US)
            message_ids.expire(tx.connection, tx.now_us - MESSAGE_IDS_KEPT_US)
            if ask_for_due(tx):
                tx.afterwards.append(self._on_jobs)
        if tx.now_us - self._forgot_us >= DELIVERIES_FORGOTTEN_EVERY_US:
            self._forgot_us = tx.now_us
            before_us = tx.now_us - DELIVERIES_KEPT_US
            deliveries.expire(tx.connection, before_us, DELIVERIES_FORGOTTEN_AT_ONCE)
            digests.expire(tx.connection, before_us, DELIVERIES_FORGOTTEN_AT_ONCE)
            tidy(tx, before_us)


def _answer(tx: Transaction, job: Job) -> object:
    """What the request comes to: a result, or an error that is the sender's. Any other error fails the group."""
    tx.world.traces.add_request(tx.world.last_seq + 1, job.trace)
    try:
        if job.once is None:
            return job.work(tx)
        return _answer_once(tx, job, job.once)
    except OctyError as error:
        return error


def _answer_once(tx: Transaction, job: Job, once: Once) -> object:
    """As `_answer`, and the answer is remembered, or was (E5)."""
    found = idempotency.find(tx.connection, job.account_id, once.path, once.key)
    if found is not None and found.created_us > tx.now_us - IDEMPOTENCY_KEPT_US:
        if found.body_sha256 != once.body_sha256:
            raise Conflicting("This Idempotency-Key came with another body before; use a new key for a new request.")
        raise Replayed(found.answer)
    result = job.work(tx)
    idempotency.add(
        tx.connection, job.account_id, once.path, once.key, once.body_sha256, once.answer(result), tx.now_us
    )
    return result
