"""A server's life in months of simulated time, from one seed: what happens next, what fails, and what must be after it.

At each step chance says who goes on: a client, the writer, the archiver, the backfills, the auditor, the preparer, the
dispatcher, time, or a fault. All of it, with what came of it, goes into a trace, whose digest is the same whenever the
seed is.
"""

import hashlib
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any

from msgspec import Struct
from sqlalchemy import event

from octy.model.accounts import AccountConfiguration
from octy.model.errors import OctyError, StoreError, Unavailable
from octy.model.events import EventTypeDraft
from octy.model.instants import NEVER, US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, US_PER_SECOND, parse_instant
from octy.service import accounts
from octy.service.keys import new_keys
from octy.service.queue import Job
from tests.integration.service.failing import FAILURES
from tests.property.happenings import EVENT_TYPES
from tests.simulation import faults
from tests.simulation.attempts import Attempts
from tests.simulation.clients import Clients
from tests.simulation.disk import SUMS, Disk
from tests.simulation.faults import BROKEN, FULL
from tests.simulation.instants import Time
from tests.simulation.invariants import (
    FAILED,
    Violation,
    events_are_the_acknowledged,
    failed_are_shown,
    history_is_the_models,
    no_page_is_told,
    nothing_is_left_to_do,
    require,
    same,
    tags_are_the_models,
    the_check_is_clean,
    webhooks_are_the_models,
)
from tests.simulation.receiver import Receiver
from tests.simulation.requests import WEBHOOK_URL, Enables, Names, Request
from tests.simulation.server import Server, ended_backfill
from tests.simulation.surroundings import simulated
from tests.simulation.truth import Truth
from tests.simulation.turns import Crashed

BIRTH_US = parse_instant("2024-02-28T23:50:00Z")
DAYS = 30
CALM_US = 10 * US_PER_MINUTE
"""Once nothing fails any more, everything that is due is done within this time."""
CALM_STEP_US = 2 * US_PER_SECOND
LOOP_TURNS_MAX = 8
GROUPS_MAX = 10_000
"""Many times what a month takes."""

GROUP_FAILS_SHARE = 0.12
FAILED_SYNC = "an I/O error at a sync"
SYNC_FAILS_SHARE = 0.1
RECEIVER_FAILS_SHARE = 0.4
RARE = 1
"""How often, in a hundred steps, the machine as a whole is met by something."""
PAUSES_US = (1, US_PER_SECOND, US_PER_MINUTE, 20 * US_PER_MINUTE, 3 * US_PER_HOUR, 9 * US_PER_HOUR, US_PER_DAY)
ANSWERED_SHARE = 0.7
"""How often time is kind to whoever waits for a receiver's answer."""
ANSWER_US = (1_000, 300_000, US_PER_SECOND, 5 * US_PER_SECOND)
SLOW_COMMIT_US = (US_PER_SECOND, 10 * US_PER_SECOND, 5 * US_PER_MINUTE)
STEPS_US = (US_PER_SECOND, US_PER_MINUTE, US_PER_HOUR, US_PER_DAY)


class Deed(Struct):
    """A job of a group, before it is served."""

    job: Job
    request: Request | None
    ends: int | None
    """The segment whose backfill it ends."""


class Doubt(Struct):
    """A group of which nobody was told whether it is durable."""

    deeds: Sequence[Deed]
    now_us: int
    was_acknowledged: bool
    before: str = ""
    after: str = ""


class Report(Struct):
    """What a run came to."""

    seed: int
    trace: str
    days: float
    events: int
    webhooks: int
    faults: Counter[str]


def simulate(seed: int, root: Path, days: int = DAYS) -> Report:
    """Lives through so many simulated days; `Violation` where something is not as it must be."""
    simulation = Simulation(seed, root)
    try:
        return simulation.run(days)
    finally:
        simulation.clear_away()


class Simulation:
    """One seed's."""

    def __init__(self, seed: int, root: Path) -> None:
        self._seed = seed
        self._root = root
        self._chance = Random(seed)
        self._in_small_groups = self._chance.random() < 0.5
        """What is due at once takes several groups. A choice might come between them, so nobody makes one."""
        self._time = Time(BIRTH_US)
        self._faults: Counter[str] = Counter()
        self._receiver = Receiver(self._chance, self._faults)
        self._attempts = Attempts()
        self._failed: dict[str, bytes] = {}
        """The bodies of webhooks that counted as failed, by id."""
        self._truth = Truth(BIRTH_US)
        self._trace = hashlib.sha256()
        self._generation = 0
        self._disk: Disk
        self._server: Server
        self._names: Names
        self._clients: Clients
        self._asked: dict[Future[Any], Request] = {}
        self._doubt: Doubt | None = None
        self._server_is_gone = False
        self._commits = self._commits_before = 0
        """How many were begun, and how many of them before the present group."""
        self._errors: list[str] = []
        self._is_failing = False
        self._groups = 0
        self._paused_until_us: dict[str, int] = {}

    def run(self, days: int) -> Report:
        """From the first start to the last check."""
        with simulated(
            self._time, self._chance, self._syncs, self._writes, self._errors, in_small_groups=self._in_small_groups
        ):
            self._begins()
            self._is_failing = True
            self._receiver.failing_share = RECEIVER_FAILS_SHARE
            while self._time.elapsed_us < days * US_PER_DAY:
                self._steps()
            self._is_failing = False
            self._receiver.failing_share = 0.0
            self._calms_down()
            self._ends()
        return Report(
            seed=self._seed,
            trace=self._trace.hexdigest(),
            days=self._time.elapsed_us / US_PER_DAY,
            events=self._truth.last_seq,
            webhooks=len(self._receiver.received),
            faults=self._faults,
        )

    def clear_away(self) -> None:
        """Leaves no thread and no folder."""
        if hasattr(self, "_server"):
            self._server.ends()
        for generation in range(self._generation + 1):
            shutil.rmtree(self._folder(generation), ignore_errors=True)

    # The beginning and the end

    def _begins(self) -> None:
        self._folder(0).mkdir()
        self._start_server()
        writer = self._server.writer
        account = self._at_once(
            writer.submit(0, lambda tx: accounts.create(tx, "the shop", new_keys()))
        ).account.account_id
        self._at_once(self._server.octy._renew_secret(account))
        self._names = Names(account, writer.event_ids, {}, {}, {})
        self._clients = Clients(
            self._chance, self._truth, self._names, self._faults, may_choose=not self._in_small_groups
        )
        octy = self._server.octy
        self._at_once(octy.create_event_types(account, [EventTypeDraft(name, ("a", "b")) for name in EVENT_TYPES]))
        self._at_once(octy.configure(account, AccountConfiguration(webhook_url=WEBHOOK_URL)))
        for request in [self._clients.new_customer() for _ in range(3)] + [
            self._clients.new_segment() for _ in range(3)
        ]:
            self._sends(request)
            self._writer_goes_on()

    def _at_once(self, future: "Future[Any]") -> Any:
        self._server.serves(self._server.takes_group())
        return future.result(0)

    def _calms_down(self) -> None:
        """Liveness: within ten minutes all that is due is done."""
        self._paused_until_us.clear()
        self._rests()  # what had failed before is noted before
        self._sends(Enables(replay=True))
        self._rests()
        del self._errors[:]  # of what had failed before, some is told only now
        for _ in range(CALM_US // CALM_STEP_US):
            self._rests()
            self._time.passes(CALM_STEP_US)
        self._auditor_goes_on()
        self._rests()
        require(self._server.audit.checked, "the server has audited itself")
        require(not self._errors, "no error is logged once nothing fails", self._errors)
        nothing_is_left_to_do(self._server)
        require(not self._clients.again and not self._asked, "every client has its answer")
        self._compares()

    def _rests(self) -> None:
        """Everybody does what there is to do now."""
        while (request := self._clients.sends_again()) is not None:
            self._sends(request)
        for _ in range(2):
            self._loop_goes_on(LOOP_TURNS_MAX)
            while self._server.has_requests or self._server.due_us <= self._now_us():
                self._writer_goes_on()
        self._server.archiver.turn()
        while self._is_anybody_busy():
            self._writer_goes_on()
            for worker in (self._server.archiver, self._server.auditor):
                if worker.is_busy:
                    worker.turn()
            if self._server.wants_to_fold:
                self._server.backfills.turn()

    def _is_anybody_busy(self) -> bool:
        server = self._server
        return server.archiver.is_busy or server.auditor.is_busy or server.wants_to_fold or server.has_requests

    def _ends(self) -> None:
        """All that waits for another attempt gets it, and what was given up too; then everything is looked at."""
        self._waits_for_webhooks()
        failed_are_shown(self._server, self._names)
        self._attempts.forget_pauses()
        self._at_once(self._server.octy.replay_deliveries(self._names.account, FAILED, None))
        self._waits_for_webhooks()
        self._compares()
        events_are_the_acknowledged(self._server, self._truth)
        history_is_the_models(self._server, self._truth)
        webhooks_are_the_models(self._server, self._truth, self._names, self._receiver, self._failed)
        self._notes("end", faults.contents(self._server.folder))
        self._server.writer._archiver.stop()
        self._server.ends()
        the_check_is_clean(self._server)

    def _waits_for_webhooks(self) -> None:
        """Until none has another attempt before it."""
        self._rests()
        while (due_us := self._next_attempt_us()) < NEVER:
            self._time_goes_on(max(due_us - self._now_us(), CALM_STEP_US))
            self._rests()

    def _next_attempt_us(self) -> int:
        with self._server.store.reading() as connection:
            question = "SELECT min(next_attempt_us) FROM outbox WHERE state = 'pending'"
            (due_us,) = connection.exec_driver_sql(question).one()
        return NEVER if due_us is None else int(due_us)

    # A step

    def _steps(self) -> None:
        actions: dict[Callable[[], None], int] = {
            self._client_asks: 30,
            self._writer_may_go_on: 30,
            self._dispatcher_goes_on: 18,
            self._archiver_goes_on: 8,
            self._backfills_go_on: 6,
            self._auditor_goes_on: 2,
            self._preparer_goes_on: 2,
            self._time_passes: 10,
            self._clock_is_set: RARE,
            self._somebody_pauses: 2 * RARE,
            self._crashes: RARE,
            self._looks: 1,
        }
        (action,) = self._chance.choices(list(actions), list(actions.values()))
        self._notes(action.__name__, self._time.elapsed_us)
        try:
            action()
        except Crashed:
            self._starts_again()

    def _client_asks(self) -> None:
        self._sends(self._clients.next_request(self._now_us()))

    def _writer_may_go_on(self) -> None:
        if not self._is_paused("writer"):
            self._writer_goes_on()

    def _dispatcher_goes_on(self) -> None:
        if not self._is_paused("dispatcher"):
            self._loop_goes_on(self._chance.randint(1, LOOP_TURNS_MAX))

    def _archiver_goes_on(self) -> None:
        if not self._is_paused("archiver"):
            self._server.archiver.turn()

    def _auditor_goes_on(self) -> None:
        self._server.auditor.turn()

    def _preparer_goes_on(self) -> None:
        self._server.preparer.turn()

    def _backfills_go_on(self) -> None:
        if not self._is_paused("backfills") and self._server.wants_to_fold:
            self._server.backfills.turn()

    def _time_passes(self) -> None:
        """By little, by much, or to both sides of an edge; mostly by little while an attempt is under way."""
        if self._server.dispatcher._in_flight and self._chance.random() < ANSWERED_SHARE:
            self._time_goes_on(self._chance.choice(ANSWER_US))
            return
        now_us = self._now_us()
        due_us = min(self._server.due_us, self._next_attempt_us())
        if self._chance.random() < 0.4 and now_us < due_us < now_us + 3 * US_PER_DAY:
            self._time_goes_on(max(due_us - now_us + self._chance.choice((-1, 0, 1, 1_000)), 0))
        else:
            self._time_goes_on(self._chance.choice(PAUSES_US))

    def _time_goes_on(self, by_us: int) -> None:
        """Not so far that a webhook that was given up is forgotten before it was seen."""
        with self._server.store.reading() as connection:
            question = "SELECT webhook_id, body FROM outbox WHERE state = 'failed'"
            self._failed.update(connection.exec_driver_sql(question).all())
        self._time.passes(by_us)

    def _clock_is_set(self) -> None:
        by_us = self._chance.choice(STEPS_US) * self._chance.choice((-1, 1))
        self._faults[f"clock set {'forward' if by_us > 0 else 'back'}"] += 1
        self._time.is_set(by_us)

    def _somebody_pauses(self) -> None:
        who = self._chance.choice(("writer", "dispatcher", "archiver", "backfills"))
        self._faults[f"{who} paused"] += 1
        self._paused_until_us[who] = self._time.elapsed_us + self._chance.choice(PAUSES_US)

    def _is_paused(self, who: str) -> bool:
        return self._time.elapsed_us < self._paused_until_us.get(who, 0)

    def _crashes(self) -> None:
        self._faults["crash"] += 1
        self._crash()
        raise Crashed

    def _looks(self) -> None:
        """What is served now must be right now."""
        if self._server.writer._world is not None and self._server.due_us > self._server.now_us:
            self._compares()
            events_are_the_acknowledged(self._server, self._truth)

    # Requests and what comes of them

    def _sends(self, request: Request) -> None:
        future = request.send(self._server.octy, self._names)
        self._asked[future] = request
        self._clients.waiting.append(request)

    def _writer_goes_on(self) -> None:
        server = self._server
        self._groups += 1
        require(self._groups < GROUPS_MAX, "the writer comes to rest")
        if not server.has_requests and server.writer._world is not None and server.due_us > self._now_us():
            return
        group = server.takes_group()
        deeds = [self._deed(job) for job in group]
        self._commits_before = self._commits
        try:
            with self._something_fails():
                server.serves(group)
        except Crashed:
            self._is_in_doubt(deeds)
            raise
        require(not server.audit.differing, "no server finds that its tags are wrong", server.audit)
        self._lives(deeds)

    def _deed(self, job: Job) -> Deed:
        """What a job is, and whether the world that it would change is the one that there is."""
        ends, world = ended_backfill(job), self._server.writer._world
        if ends is not None and world is not None:
            tenant = world.tenants[self._names.account]
            segment = tenant.segments.get(ends)
            is_current = tenant.backfills.get(ends) is job.work.keywords["backfill"]  # type: ignore[attr-defined]
            ends = int(segment.definition.name) if segment is not None and is_current else None
        return Deed(job, self._asked.get(job.future), ends if world is not None else None)

    def _lives(self, deeds: Sequence[Deed]) -> None:
        """A group was served: it is durable, or it failed and nothing of it is."""
        failed = [isinstance(deed.job.future.exception(0), Unavailable) for deed in deeds]
        require(all(failed) or not any(failed), "a group is stored as a whole")
        if self._server.writer._world is None:
            require(all(failed), "what could not be stored is not acknowledged")
        else:
            self._truth.passes(self._server.now_us)
        if any(failed):
            for deed in deeds:
                self._comes_to_nothing(deed)
            return
        for deed in deeds:
            self._happens(deed)
        if deeds:
            self._notes("group", self._server.now_us, len(deeds))
            self._learn_names()

    def _happens(self, deed: Deed) -> None:
        if deed.ends is not None and deed.ends in self._truth.backfilling:
            self._truth.ends_backfill(deed.ends)
        if deed.request is None:
            return
        wanted = deed.request.happens(self._truth, self._names)
        if not deed.job.future.done():  # nobody was told
            return
        self._asked.pop(deed.job.future)
        self._clients.waiting.remove(deed.request)
        error = deed.job.future.exception(0)
        require(error is None or isinstance(error, OctyError), "whoever is wrong is told how", error)
        answer = deed.job.future.result(0) if error is None else error
        same(deed.request.answered(answer, self._names), wanted, f"the answer to {deed.request} is right")

    def _comes_to_nothing(self, deed: Deed) -> None:
        if deed.request is not None:
            self._asked.pop(deed.job.future)
            self._clients.waiting.remove(deed.request)
            self._clients.again.append(deed.request)

    def _learn_names(self) -> None:
        with self._server.store.reading() as connection:
            rows = connection.exec_driver_sql("SELECT customer_id, profile_id, profile_key FROM profiles").all()
            for customer, profile_id, key in rows:
                same(key, self._truth.profiles.get(customer), f"the profile of {customer} is the one that was created")
                self._names.profile_ids[customer] = profile_id
                self._names.keys[profile_id] = key
            self._names.segment_ids.update(connection.exec_driver_sql("SELECT name, segment_id FROM segments").all())

    def _loop_goes_on(self, turns: int) -> None:
        self._server.turns_loop(turns)
        require(not self._attempts.wrong, "each attempt is as it must be", *self._attempts.wrong)

    def _compares(self) -> None:
        tags_are_the_models(self._server, self._truth, self._names)

    # What fails

    def _something_fails(self) -> AbstractContextManager[object]:
        """Of a group of the writer."""
        if not self._is_failing or self._chance.random() >= GROUP_FAILS_SHARE:
            return ExitStack()
        kind = self._chance.choice((*faults.FAILING, faults.CRASH_IN_GROUP, faults.CRASH_IN_COMMIT, faults.SLOW))
        store = self._server.store
        if kind == faults.CRASH_IN_GROUP:
            return faults.crash_at_statement(
                store, self._chance.randint(1, faults.STATEMENTS_MAX), self._crash_in_group
            )
        if kind == faults.CRASH_IN_COMMIT:
            return faults.crash_in_commit(store, self._disk, self._next_folder(), self._crash_in_commit)
        if kind == faults.SLOW:
            self._faults[kind] += 1
            return faults.slow(store, lambda: self._time.passes(self._chance.choice(SLOW_COMMIT_US)))
        if faults.is_locked(store):  # by itself, since a COMMIT that failed
            return ExitStack()
        return self._counted(kind, FAILURES[kind](store))

    @contextmanager
    def _counted(self, kind: str, failing: AbstractContextManager[object]) -> Iterator[None]:
        """A failure that nobody felt is none."""
        with failing:
            yield
        self._faults[kind] += self._server.writer._world is None

    def _crash_in_group(self) -> None:
        self._faults[faults.CRASH_IN_GROUP] += 1
        self._crash()

    def _crash_in_commit(self, before: str, after: str) -> None:
        self._faults[faults.CRASH_IN_COMMIT] += 1
        self._server_is_gone = True
        self._doubt = Doubt([], 0, was_acknowledged=False, before=before, after=after)

    def _is_in_doubt(self, deeds: Sequence[Deed]) -> None:
        """Was it the group's own commit, or that of a world that was being brought back?"""
        if self._server.writer._world is None:
            self._doubt = None
            return
        found = self._doubt or Doubt([], 0, was_acknowledged=False)
        found.deeds, found.now_us = deeds, self._server.now_us
        found.was_acknowledged = any(deed.job.future.done() for deed in deeds)
        self._doubt = found

    def _syncs(self, path: Path) -> None:
        """`os.fsync`."""
        if self._server_is_gone or (self._root not in path.parents and path != self._root):
            return
        if self._is_failing and self._chance.random() < SYNC_FAILS_SHARE:
            if self._chance.random() < 0.5:
                self._faults["crash at a sync"] += 1
                if path.name == SUMS and self._commits > self._commits_before:  # it is the next thing that is synced
                    self._doubt = Doubt([], 0, was_acknowledged=False, after=faults.contents(path.parent))
                self._crash()
                raise Crashed
            self._faults[FAILED_SYNC] += 1
            raise faults.failed(BROKEN)
        self._disk.syncs(path)
        if threading.current_thread() is not threading.main_thread():
            self._server.archiver.pauses()

    def _writes(self) -> None:
        """Rows are to go into a file of the archive."""
        if self._is_failing and self._chance.random() < SYNC_FAILS_SHARE:
            self._faults["a full disk under the archive"] += 1
            raise faults.failed(FULL)

    def _crash(self) -> None:
        self._server_is_gone = True
        self._disk.crash(self._next_folder())

    # The next process

    def _starts_again(self) -> None:
        while True:
            self._server_is_gone = True
            self._server.ends()
            shutil.rmtree(self._folder(self._generation))
            self._generation += 1
            self._resolves_doubt()
            self._time.passes(self._chance.choice((0, US_PER_SECOND, US_PER_MINUTE, US_PER_HOUR)))
            self._paused_until_us.clear()
            try:
                self._start_server()
            except Crashed:
                continue
            break
        for future, request in self._asked.items():
            require(not future.done() or future.cancelled(), "whoever has an answer was heard", request)
            self._clients.again.append(request)
        self._asked.clear()
        del self._clients.waiting[:]
        self._truth.passes(self._server.now_us)
        self._learn_names()
        self._notes("started", self._server.now_us)
        self._compares()
        events_are_the_acknowledged(self._server, self._truth)

    def _start_server(self) -> None:
        folder = self._folder(self._generation)
        self._server_is_gone = False
        self._commits_before = self._commits
        no_page_is_told(folder)
        self._disk = Disk(folder, self._chance)
        self._server = self._opened(folder)
        event.listen(self._server.store.writer, "commit", self._notes_commit)
        crashes = self._is_failing and self._chance.random() < GROUP_FAILS_SHARE
        with ExitStack() as failing:
            if crashes:
                number = self._chance.randint(1, faults.STATEMENTS_MAX)
                failing.enter_context(faults.crash_at_statement(self._server.store, number, self._crash_in_group))
            self._server.start()

    def _opened(self, folder: Path) -> Server:
        """Where the disk fails while a folder is opened, that is told; the next try may find it well."""
        while True:
            failed = self._faults[FAILED_SYNC]
            try:
                return Server(folder, self._time, self._chance, self._receiver, self._attempts, self._disk)
            except StoreError as error:
                if self._faults[FAILED_SYNC] == failed:
                    raise Violation(f"a crashed folder can be served: {error}") from error

    def _notes_commit(self, _: object) -> None:
        self._commits += 1
        self._disk.notes_commit(self._server.store)

    def _resolves_doubt(self) -> None:
        """The store itself says whether a group is in it: all of it or nothing."""
        doubt, self._doubt = self._doubt, None
        if doubt is None:
            return
        is_durable = False
        if doubt.before != doubt.after:
            found = faults.contents_of_image(self._folder(self._generation))
            require(found in (doubt.before, doubt.after), "a group is stored as a whole, or not at all")
            is_durable = found == doubt.after
        require(is_durable or not doubt.was_acknowledged, "what was acknowledged is durable")
        self._notes("doubt", is_durable)
        if is_durable and doubt.deeds:
            self._truth.passes(doubt.now_us)
            for deed in doubt.deeds:
                self._happens(deed)

    # Small things

    def _now_us(self) -> int:
        return self._server.octy.clock.now_us()

    def _folder(self, generation: int) -> Path:
        return self._root / f"{self._seed}-{generation}"

    def _next_folder(self) -> Path:
        return self._folder(self._generation + 1)

    def _notes(self, *what: object) -> None:
        self._trace.update(repr(what).encode())
