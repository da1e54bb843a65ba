"""Octy itself, as everything outside talks to it: questions are answered at once, changes become futures.

A change's future is done once the change is durable and its tags are made (T5). It fails with an `OctyError` that says
what the sender can do.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future

from octy.model.accounts import Account, AccountConfiguration
from octy.model.clock import Clock
from octy.model.errors import Refused
from octy.model.events import EventDraft, EventInstance, EventType, EventTypeDraft
from octy.model.idempotency import Once
from octy.model.instants import iso
from octy.model.items import Item
from octy.model.outcomes import Outcome
from octy.model.profiles import Profile, ProfileDraft, ProfileUpdate
from octy.model.segments import Segment
from octy.service import accounts, event_types, items, profiles, segments
from octy.service.accounts import Credentials, Keys
from octy.service.ingest import ingest
from octy.service.outbox import WriterOutbox
from octy.service.progress import Readiness
from octy.service.reading import Reading
from octy.service.transaction import Transaction
from octy.service.writer import Writer
from octy.store.accounts import all_accounts
from octy.store.folder import Store


class Octy:
    """A store, served."""

    def __init__(self, store: Store, clock: Clock, *, allow_private_webhooks: bool = False) -> None:
        self.clock = clock
        self.is_sandbox = clock.is_sandbox
        self.allow_private_webhooks = allow_private_webhooks or clock.is_sandbox
        self._store = store
        self._on_webhooks: Callable[[], None] = lambda: None
        self._writer = Writer(store, clock, self._tell_of_webhooks)
        self.outbox = WriterOutbox(store, self._writer)
        self.has_started = False
        """Whether anything but its readiness can be asked."""

    def start(self) -> None:
        """Brings the store's world back and catches up with the present; then requests are served."""
        self._writer.start()
        self.reading = Reading(self._store, self._writer.event_ids)
        with self._store.reading() as connection:
            self._credentials = Credentials(all_accounts(connection))
        self.has_started = True

    def cancel_start(self) -> None:
        """Has `start`, in another thread, leave off where it has not come to its end; it raises `Unavailable`."""
        if not self.has_started:
            self._writer.cancel_start()

    def stop(self) -> None:
        """Answers what waits already, then closes the store."""
        self._writer.stop()
        self._store.close()

    def on_webhooks(self, wake: Callable[[], None]) -> None:
        """`wake` is called after each commit that adds webhooks or moves a sandbox's clock, in the writer's thread."""
        self._on_webhooks = wake

    def _tell_of_webhooks(self) -> None:
        self._on_webhooks()

    def readiness(self) -> Readiness:
        """Whether requests are served, and how far it is until then."""
        return self._writer.readiness

    def check_room(self) -> None:
        """Unavailable where the writer takes no request at all now, so that nobody need read one."""
        self._writer.check_room()

    # Accounts

    def authenticate(self, public_key: str, secret_key: str) -> Account | None:
        """The account that the keys belong to."""
        account_id = self._credentials.account_id(public_key, secret_key)
        return None if account_id is None else Account(account_id, public_key)

    @property
    def credentials_changes(self) -> int:
        """A number that is another one when `authenticate` may say other than before."""
        return self._credentials.changes

    def has_accounts(self) -> bool:
        """Whether anybody could use this store yet."""
        return not self._credentials.empty

    def create_account(self, keys: Keys) -> Account:
        """A new account with these keys; Refused where the public key is taken."""
        stored = self._writer.submit(0, lambda tx: accounts.create(tx, keys)).result()
        self._credentials.add(stored)
        return stored.account

    def account(self, account_id: int) -> Account:
        """The account as configured."""
        return self.reading.account(account_id)

    def configure(
        self, account_id: int, configuration: AccountConfiguration, once: Once | None = None
    ) -> "Future[Account]":
        """Replaces the account's configuration."""

        def work(tx: Transaction) -> Account:
            return accounts.configure(tx, account_id, configuration, allow_private_webhooks=self.allow_private_webhooks)

        return self._writer.submit(account_id, work, once)

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
        return self._writer.submit(account_id, lambda tx: segments.delete(tx, account_id, ids), once)

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
        """E2."""
        return self._writer.submit(account_id, lambda tx: ingest(tx, account_id, drafts), once, objects=len(drafts))

    def put_items(
        self, account_id: int, given: Sequence[Item], *, create: bool, once: Once | None = None
    ) -> "Future[Outcome[Item]]":
        """Creates or updates items."""
        return self._writer.submit(
            account_id, lambda tx: items.put(tx, account_id, given, create=create), once, objects=len(given)
        )

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
