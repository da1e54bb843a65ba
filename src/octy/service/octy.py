"""Octy itself, as everything outside talks to it: questions are answered at once, changes become futures.

A change's future is done once the change is durable and its tags are made (T5). It fails with an `OctyError` that says
what the sender can do.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

from msgspec.structs import replace

from octy.model.accounts import Account, AccountConfiguration, AccountLimits
from octy.model.algorithms import AlgorithmConfiguration
from octy.model.clock import Clock
from octy.model.datasets import DatasetRequest
from octy.model.errors import Refused, Unavailable, raise_any
from octy.model.events import EventDraft, EventInstance, EventType, EventTypeDraft
from octy.model.histogram import Histogram
from octy.model.idempotency import Once
from octy.model.instants import iso
from octy.model.items import Item
from octy.model.jobs import Job, JobKind
from octy.model.keys import Key, Keys, Role
from octy.model.lifetimes import Segment
from octy.model.outcomes import Outcome
from octy.model.profiles import Profile, ProfileDraft, ProfileUpdate
from octy.model.webhooks import Delivery, DeliveryFilter, Receiver, Stop, WebhookSecret
from octy.service import (
    accounts,
    algorithms,
    deliveries,
    event_types,
    items,
    keys,
    profiles,
    receivers,
    segments,
    webhook_secrets,
)
from octy.service.accounts import Configured, Created
from octy.service.archiver import Archiver
from octy.service.auditor import Auditor
from octy.service.continuous_backup import ContinuousBackup, ContinuousBackupSettings
from octy.service.counts import Counts
from octy.service.datasets.asking import ask
from octy.service.deliveries import Replayed
from octy.service.ingest import ingest
from octy.service.jobs import keeping
from octy.service.jobs.runner import JobSettings, Runner
from octy.service.keys import Credentials
from octy.service.outbox import WriterOutbox
from octy.service.preparing import Preparer
from octy.service.progress import CATCHING_UP, ENDING, Readiness
from octy.service.rates import Rate
from octy.service.reading import Reading
from octy.service.training import asking as trainings
from octy.service.training.ending import TrainingEnding
from octy.service.transaction import Transaction
from octy.service.webhook_secrets import SigningKey, SigningKeys
from octy.service.writer import Load, Writer
from octy.store.accounts import all_accounts
from octy.store.folder import Store, told_of
from octy.store.keys import StoredKey, all_keys
from octy.store.webhook_secrets import all_secrets
from octy.webhooks.counts import AttemptCounts

T = TypeVar("T")


class Octy:
    """A store, served."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        allow_private_webhooks: bool = False,
        allow_http_webhooks: bool = False,
        new_webhook_secrets: bool = False,
        continuous_backup: ContinuousBackupSettings | None = None,
        audit_share: float = 0.0,
        job_settings: JobSettings = JobSettings(),  # noqa: B008 - frozen
        requests_per_second: int = 0,
        events_per_second: int = 0,
    ) -> None:
        """`new_webhook_secrets`: every account gets another, because those that are stored cannot be read.

        `audit_share`: of one core's time, for holding tags against the log (`service.auditor`).
        `requests_per_second`, `events_per_second`: of each account; any number where 0, and in a sandbox.
        """
        self.clock = clock
        self.is_sandbox = clock.is_sandbox
        self.allow_private_webhooks = allow_private_webhooks or clock.is_sandbox
        self.allow_http_webhooks = allow_http_webhooks
        self.requests_rate = Rate(clock, requests_per_second, "requests")
        self.events_rate = Rate(clock, events_per_second, "events")
        self._store = store
        self._new_secrets = new_webhook_secrets
        self._on_webhooks: Callable[[], None] = lambda: None
        self._on_mended: Callable[[int], None] = lambda _: None
        self.backup = None if continuous_backup is None else ContinuousBackup(store, clock, continuous_backup)
        look = (lambda: None) if self.backup is None else self.backup.look
        self._writer = Writer(store, clock, self._tell_of_webhooks, self._wake_jobs, look)
        self.auditor = Auditor(store, self._writer.submit_unrefused, audit_share)
        self._jobs = Runner(
            store,
            clock,
            self._writer.submit_unrefused,
            job_settings,
            {JobKind.TRAINING: TrainingEnding(store.folder, self._writer.submit_unrefused)},
        )
        self._preparer = Preparer(store, self._writer.tenants)
        self.outbox = WriterOutbox(store, self._writer)
        self.signing_keys = SigningKeys()
        self.attempts = AttemptCounts()
        """Kept by whoever sends the webhooks."""
        self.unread_events = 0
        """How many events were refused because their form could not be read; kept by whoever reads requests."""
        self.deaths = 0
        """How many servers before this one died; kept by whoever puts another in their place."""
        self.has_started = False
        """Whether anything but its readiness can be asked."""
        self.is_ending = False
        """Whether the end was asked for: what comes is answered still, and nothing more ought to."""

    def start(self, prepare: Callable[[], None] = lambda: None) -> None:
        """Brings the store's world back and catches up with the present; then requests are served.

        `prepare` does what is to be done before the first of them. StoreError says why not.
        """
        if self.backup is not None:
            self.backup.start()
        with self._told_of_what_failed():
            with told_of(self._store.folder):
                self._start()
            prepare()
        self._jobs.start()
        if any(one.lifetime.is_pending for tenant in self._writer.tenants() for one in tenant.segments.values()):
            self._preparer.wake()
        self.has_started = True
        self.auditor.start()

    @contextmanager
    def _told_of_what_failed(self) -> Iterator[None]:
        """What could not be stored at the start is not to be sent again by anybody: the reason is told instead."""
        try:
            yield
        except Unavailable as error:
            if error.__cause__ is None:
                raise
            with told_of(self._store.folder):
                raise error.__cause__ from None

    def _start(self) -> None:
        self._writer.start()
        self.reading = Reading(self._store, self._writer.event_ids, self.auditor.audit)
        with self._store.reading() as connection:
            stored = all_accounts(connection)
            self._credentials = Credentials(self.clock, stored, all_keys(connection))
            secrets = all_secrets(connection)
        self.signing_keys.load([] if self._new_secrets else secrets, self._store.vault)
        for one in stored:
            self._hold_to_limits(one)
            self._drop(one.account_id)  # what a restart has interrupted
            if self.signing_keys.present(one.account_id) is None:
                self._renew_secret(one.account_id).result()

    def cancel_start(self) -> None:
        """Has `start`, in another thread, leave off where it has not come to its end; it raises `Unavailable`."""
        if not self.has_started:
            self._writer.cancel_start()

    def stop(self) -> None:
        """Answers what waits already, then closes the store."""
        self.auditor.stop()
        self._jobs.stop()
        self._preparer.stop()
        self._writer.stop()
        if self.backup is not None:
            self.backup.stop()
        self._store.close()
        if self.backup is not None:
            self.backup.close()

    def on_webhooks(self, wake: Callable[[], None], forgive: Callable[[int], None]) -> None:
        """`wake` is called after each commit that adds webhooks or moves a sandbox's clock, in the writer's thread.

        `forgive` is called with an account that has set, enabled or tried out its receiver, so it should work now.
        """
        self._on_webhooks = wake
        self._on_mended = forgive

    def _tell_of_webhooks(self) -> None:
        self._on_webhooks()

    def _wake_jobs(self) -> None:
        self._jobs.wake()

    def readiness(self) -> Readiness:
        """Whether requests are served, and how far it is until then."""
        readiness = self._writer.readiness
        if self.is_ending:
            return replace(readiness, is_ready=False, step=ENDING)
        if readiness.is_ready and not self.has_started:  # the world stands, and nobody's keys are known yet
            return replace(readiness, is_ready=False, step=CATCHING_UP)
        return readiness

    def refusal(self, account_id: int) -> Unavailable | None:
        """Why the writer takes no request of the account now, so that nobody need read one.

        Not raised: what is raised has a traceback, and where thousands are refused a second, that costs more than all
        else.
        """
        return self._writer.refusal(account_id)

    @property
    def has_enough_waiting(self) -> bool:
        """Whether so much waits for the writer that it would be no use yet to bring more."""
        return self._writer.has_enough

    @property
    def recent_bytes(self) -> int:
        """How much memory the newest events take, which the archive does not have yet."""
        return self._writer.recent_bytes

    # How it fares: for whoever watches, from any thread

    def load(self) -> Load:
        """How much there is, and waits."""
        return self._writer.load()

    @property
    def counts(self) -> Counts:
        """What was committed since the start."""
        return self._writer.counts

    @property
    def commits(self) -> Histogram:
        """How long groups of requests took."""
        return self._writer.commits

    @property
    def commits_failed(self) -> int:
        """How many groups could not be stored."""
        return self._writer.commits_failed

    @property
    def archiver(self) -> Archiver:
        """What moves older rows into files."""
        return self._writer.archiver

    def stored_bytes(self) -> dict[str, int]:
        """How long the store's files are."""
        return self._store.sizes()

    # Accounts

    @property
    def credentials(self) -> Credentials:
        """Whose keys are whose."""
        return self._credentials

    def has_accounts(self) -> bool:
        """Whether anybody could use this store yet."""
        return not self._credentials.empty

    def create_account(self, given: Keys, name: str | None = None) -> Account:
        """A new account with these keys, called by its public key unless it has another name; Refused where it is."""

        def work(tx: Transaction) -> tuple[Created, tuple[SigningKey, ...]]:
            created = accounts.create(tx, name or given.public_key, given)
            account_id = created.account.account_id
            return created, webhook_secrets.renew(tx, self._store.vault, self.signing_keys, account_id, 0)

        created, secrets = self._writer.submit(0, work).result()
        self.signing_keys.put(created.account.account_id, secrets)
        self._credentials.put(created.key)
        return created.account

    def add_keys(self, account_id: int, given: Keys, role: Role) -> Key:
        """One more pair of keys for an account."""
        return self._put(self._writer.submit(account_id, lambda tx: keys.add(tx, account_id, given, role)))

    def end_keys(self, public_key: str, after_seconds: int = 0) -> Key:
        """Keys are refused from then on, by whoever holds them; NotFound where there are none."""
        stored = self._credentials.stored(public_key)
        return self._put(self._writer.submit(stored.key.account_id, lambda tx: keys.end(tx, stored, after_seconds)))

    def set_shut(self, account_id: int, *, is_shut: bool) -> Account:
        """Whether all of an account's keys are refused."""
        account = self._writer.submit(
            account_id, lambda tx: accounts.set_shut(tx, account_id, is_shut=is_shut)
        ).result()
        self._credentials.set_shut(account_id, is_shut=is_shut)
        return account

    def limit_account(self, account_id: int, given: AccountLimits) -> Account:
        """What the account may ask for in a second, from now on."""
        account = self._writer.submit(account_id, lambda tx: accounts.limit(tx, account_id, given)).result()
        self._hold_to_limits(account)
        return account

    def _hold_to_limits(self, account: Account) -> None:
        self.requests_rate.limit(account.account_id, account.limits.requests_per_second)
        self.events_rate.limit(account.account_id, account.limits.events_per_second)

    def all_accounts(self) -> list[Account]:
        """All, in the order of their creation."""
        with self._store.reading() as connection:
            return all_accounts(connection)

    def _put(self, storing: "Future[StoredKey]") -> Key:
        stored = storing.result()
        self._credentials.put(stored)
        return stored.key

    def account(self, account_id: int) -> Account:
        """The account as configured."""
        return self.reading.account(account_id)

    def configure(
        self, account_id: int, configuration: AccountConfiguration, once: Once | None = None
    ) -> "Future[Configured]":
        """Replaces the account's configuration."""

        def work(tx: Transaction) -> Configured:
            return accounts.configure(
                tx,
                account_id,
                configuration,
                allow_private_webhooks=self.allow_private_webhooks,
                allow_http_webhooks=self.allow_http_webhooks,
            )

        return self._then_drop(account_id, self._writer.submit(account_id, work, once))

    def configure_algorithm(
        self, account_id: int, configuration: AlgorithmConfiguration, once: Once | None = None
    ) -> "Future[AlgorithmConfiguration]":
        """Replaces what is configured of one algorithm."""
        return self._writer.submit(account_id, lambda tx: algorithms.configure(tx, account_id, configuration), once)

    # Webhooks

    def enable_webhooks(self, account_id: int, *, replay: bool, once: Once | None = None) -> "Future[Receiver]":
        """The receiver is sent something again; `replay`: also what was made while it was disabled."""

        def work(tx: Transaction) -> Receiver:
            return receivers.enable(tx, account_id, replay=replay)

        return self._then_drop(account_id, self._writer.submit(account_id, work, once))

    def _then_drop(self, account_id: int, change: "Future[T]") -> "Future[T]":
        """Sees to it that after a change all is given up that is not to be sent to a receiver any more."""
        change.add_done_callback(lambda _: self._drop(account_id))
        return self._then_forgive(account_id, change)

    def _then_forgive(self, account_id: int, change: "Future[T]") -> "Future[T]":
        change.add_done_callback(lambda _: self._on_mended(account_id))
        return change

    def _drop(self, account_id: int) -> None:
        def work(tx: Transaction) -> None:
            if receivers.drop_some(tx, account_id):
                self._drop(account_id)

        self._writer.submit_unrefused(work)

    def webhook_secrets(self, account_id: int) -> list[WebhookSecret]:
        """What the account's webhooks are signed with now, the present secret first."""
        return self.signing_keys.shown(account_id, self.clock.now_us())

    def rotate_webhook_secret(
        self, account_id: int, overlap_hours: int, once: Once | None = None
    ) -> "Future[tuple[SigningKey, ...]]":
        """A new secret; the one before stays valid for so many hours."""
        return self._renew_secret(account_id, overlap_hours, once)

    def replay_delivery(self, account_id: int, delivery_id: str, once: Once | None = None) -> "Future[Delivery]":
        """A webhook is sent once more, with the same id."""
        sent = self._writer.submit(account_id, lambda tx: deliveries.replay(tx, account_id, delivery_id), once)
        return self._then_forgive(account_id, sent)

    def replay_deliveries(
        self, account_id: int, asked: DeliveryFilter, after: str | None, once: Once | None = None
    ) -> "Future[Replayed]":
        """Those that are asked for are sent once more, so many at a time, the oldest first."""
        return self._writer.submit(account_id, lambda tx: deliveries.replay_many(tx, account_id, asked, after), once)

    def release_webhooks(self, account_id: int, segment_id: str, once: Once | None = None) -> "Future[Stop]":
        """A segment whose breaker is open is told of again."""
        return self._writer.submit(account_id, lambda tx: deliveries.release(tx, account_id, segment_id), once)

    def test_webhook(self, account_id: int, once: Once | None = None) -> "Future[Delivery]":
        """A webhook that tells of nothing."""
        sent = self._writer.submit(account_id, lambda tx: deliveries.test(tx, account_id), once)
        return self._then_forgive(account_id, sent)

    def _renew_secret(
        self, account_id: int, overlap_hours: int = 0, once: Once | None = None
    ) -> "Future[tuple[SigningKey, ...]]":
        def work(tx: Transaction) -> tuple[SigningKey, ...]:
            return webhook_secrets.renew(tx, self._store.vault, self.signing_keys, account_id, overlap_hours)

        def done(renewed: "Future[tuple[SigningKey, ...]]") -> None:
            if renewed.exception() is None:
                self.signing_keys.put(account_id, renewed.result())

        renewed = self._writer.submit(account_id, work, once)
        renewed.add_done_callback(done)
        return renewed

    # Event types and segments

    def create_event_types(
        self, account_id: int, drafts: Sequence[EventTypeDraft], once: Once | None = None
    ) -> "Future[Outcome[EventType]]":
        """E1."""
        return self._writer.submit(account_id, lambda tx: event_types.create(tx, account_id, drafts), once)

    def delete_event_types(
        self, account_id: int, ids: Sequence[str], once: Once | None = None
    ) -> "Future[Outcome[str]]":
        """E7."""
        return self._writer.submit(account_id, lambda tx: event_types.delete(tx, account_id, ids), once)

    def create_segment(
        self, account_id: int, raw: object, once: Once | None = None
    ) -> "Future[tuple[Segment, list[str]]]":
        """The segment of a decoded JSON object, with warnings (D1 to D11); `DefinitionRefused` with every violation."""
        return self._writer.submit(account_id, lambda tx: segments.create(tx, account_id, raw), once)

    def delete_segments(self, account_id: int, ids: Sequence[str], once: Once | None = None) -> "Future[Outcome[str]]":
        """X1."""
        asked = self._writer.submit(account_id, lambda tx: segments.delete(tx, account_id, ids), once)
        asked.add_done_callback(lambda _: self._preparer.wake())
        return asked

    def restore_segments(self, account_id: int, ids: Sequence[str], once: Once | None = None) -> "Future[Outcome[str]]":
        """Cancels deletions that are pending (X1)."""
        return self._writer.submit(account_id, lambda tx: segments.restore(tx, account_id, ids), once)

    # Profiles, events, items

    def create_profiles(
        self, account_id: int, drafts: Sequence[ProfileDraft], once: Once | None = None
    ) -> "Future[Outcome[Profile]]":
        """E6."""
        return self._writer.submit(
            account_id, lambda tx: profiles.create(tx, account_id, drafts), once, objects=len(drafts)
        )

    def update_profiles(
        self, account_id: int, updates: Sequence[ProfileUpdate], once: Once | None = None
    ) -> "Future[Outcome[Profile]]":
        """E6."""
        return self._writer.submit(
            account_id, lambda tx: profiles.update(tx, account_id, updates), once, objects=len(updates)
        )

    def delete_profiles(self, account_id: int, ids: Sequence[str], once: Once | None = None) -> "Future[Outcome[str]]":
        """X3."""
        return self._writer.submit(account_id, lambda tx: profiles.delete(tx, account_id, ids), once, objects=len(ids))

    def ingest(
        self, account_id: int, drafts: Sequence[EventDraft], once: Once | None = None
    ) -> "Future[Outcome[EventInstance]]":
        """E2. TooMuch where the account has sent as many as it may."""
        raise_any(self.events_rate.refusal(account_id))
        self.events_rate.take(account_id, len(drafts))
        return self._writer.submit(account_id, lambda tx: ingest(tx, account_id, drafts), once, objects=len(drafts))

    def put_items(
        self, account_id: int, given: Sequence[Item], *, create: bool, once: Once | None = None
    ) -> "Future[Outcome[Item]]":
        """Creates or updates items."""
        return self._writer.submit(
            account_id, lambda tx: items.put(tx, account_id, given, create=create), once, objects=len(given)
        )

    # Datasets

    def request_dataset(self, account_id: int, asked: DatasetRequest, once: Once | None = None) -> "Future[Job]":
        """A job that makes it; Refused where it cannot be made, or leaks and must not."""
        requested = self._writer.submit(account_id, lambda tx: ask(tx, account_id, asked), once)
        requested.add_done_callback(lambda _: self._jobs.wake())
        return requested

    def delete_datasets(self, account_id: int, ids: Sequence[str], once: Once | None = None) -> "Future[Outcome[str]]":
        """They go with their files; one that is being made is not."""
        return self._writer.submit(
            account_id, lambda tx: keeping.remove(tx, account_id, JobKind.DATASET, ids), once, objects=len(ids)
        )

    # Trainings

    def start_training(self, account_id: int, algorithm: str, once: Once | None = None) -> "Future[Job]":
        """A job that learns from a dataset, which another makes before it; Refused where it cannot be."""
        requested = self._writer.submit(account_id, lambda tx: trainings.ask(tx, account_id, algorithm), once)
        requested.add_done_callback(lambda _: self._jobs.wake())
        return requested

    # The sandbox

    def move_clock(self, now_us: int) -> "Future[int]":
        """Moves a sandbox's clock forward and applies everything that falls due on the way, in order (T6)."""

        def work(tx: Transaction) -> int:
            if now_us < tx.now_us:
                raise Refused(f"The clock stands at {iso(tx.now_us)} and does not move back to {iso(now_us)}.")
            tx.flush()
            tx.move_to(now_us)
            return now_us

        assert self.is_sandbox, "only a sandbox's clock is moved"
        return self._writer.submit(0, work)
