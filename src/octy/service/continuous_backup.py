"""The continuous backup: what is committed is in another folder a second later, and any moment since can be restored.

The writer tells which pages its transactions have changed (`store.backup.following`), between two of them; a thread of
its own writes that down (`store.backup.chain`). A chain begins with a copy of the whole database, at each start and
once a day; until that is whole, the chain before goes on. Where the folder cannot be written to, or takes too long,
the server serves on: the chain ends there, that is told, and another begins once the folder can be written to.
"""

import math
import threading
import time
from collections import deque
from contextlib import ExitStack
from pathlib import Path

import structlog
from msgspec import Struct

from octy.model.clock import Clock
from octy.model.errors import StoreError
from octy.model.instants import US_PER_DAY, US_PER_SECOND, iso
from octy.store import meta
from octy.store.backup import chain
from octy.store.backup.chain import NewChain
from octy.store.backup.changes import change_of
from octy.store.backup.copying import copied
from octy.store.backup.following import Follower, NewPages, Pinned
from octy.store.backup.taking import alone
from octy.store.erasure_ledger import FILE as ERASURES
from octy.store.erasure_ledger import store_name
from octy.store.folder import DATABASE, Store

log = structlog.get_logger()

EVERY_SECONDS = 1.0
"""How far the folder is behind at most, while it takes what it is given."""
SAID_EVERY_SECONDS = 60.0
"""How often it is written down that nothing was committed."""
BASE_EVERY_SECONDS = 86_400.0
AGAIN_SECONDS = 60.0
"""How long after a failure the next chain begins."""
WAITING_BYTES_MAX = 64 << 20
"""How much may wait to be written down. What the folder does not take as fast as it comes is not kept in memory."""


class ContinuousBackupSettings(Struct, frozen=True):
    """Where to, and how far back any moment can be restored."""

    folder: Path
    days: int


class _Broken(Struct, frozen=True):
    """What comes next does not follow what came before."""


class _BaseGivenUp(Exception):
    """The server ends and does not wait for a base, or what comes next does not follow it."""


_Told = NewPages | Pinned | _Broken


class ContinuousBackup:
    """One store's."""

    def __init__(self, store: Store, clock: Clock, settings: ContinuousBackupSettings) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings
        self._follower = Follower(store.folder / DATABASE)
        self._opened = ExitStack()
        self._changed = threading.Condition()
        self._waiting: deque[_Told] = deque()
        self._waiting_bytes = 0
        self._is_broken = True
        """Whether nothing is told before all is told anew."""
        self._begins_at: float = 0.0
        """When the next chain begins, by the monotonic clock."""
        self._taken_at = self._said_at = 0.0
        self._stopping = False
        self._chains: list[NewChain] = []
        """Those that are written to; the last one may have no base yet."""
        self._has_base = False
        """Whether the first of them has one."""
        self._erasures_bytes = -1
        self.failures = 0
        """How often a chain was broken off, since the start."""
        self._until_us = clock.now_us()
        self._thread = threading.Thread(target=self._run, name="octy-backup", daemon=True)

    def start(self) -> None:
        """Begins, before anything is served. StoreError where the folder is no place for it."""
        chain.require_place(self._settings.folder, self._store_name(), self._store.folder)
        self._opened.enter_context(alone(self._settings.folder))
        self._store.before_bringing = self._take
        self._store.archive.on_new = self._keep
        self._thread.start()

    @property
    def lag_seconds(self) -> float:
        """How long ago the last moment was that could be restored. Any thread asks."""
        return max(self._clock.now_us() - self._until_us, 0) / US_PER_SECOND

    def look(self) -> None:
        """The writer comes by, between two of its transactions."""
        if time.monotonic() - self._taken_at >= EVERY_SECONDS:
            self._take()

    def stop(self) -> None:
        """Writes down the rest. The writer's thread has ended."""
        self._begins_at = math.inf
        self._take()
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()
        self._opened.close()

    def close(self) -> None:
        """After the store is closed."""
        self._follower.close()

    # The writer's thread

    def _take(self) -> None:
        """Whatever becomes of this, what is committed is committed."""
        try:
            now = self._taken_at = time.monotonic()
            if not self._is_broken:
                pages = self._follower.take(self._clock.now_us())
                if pages.size_pages or now - self._said_at >= SAID_EVERY_SECONDS:
                    self._said_at = now
                    self._put(pages, pages.contents.nbytes)
            if now >= self._begins_at:
                self._begins_at = math.inf  # until that is done, or given up
                self._is_broken = False
                self._put(self._follower.begin(self._clock.now_us()), 0)
        except Exception as error:  # noqa: BLE001 - it is not the writer's
            self._break_off(error)

    def _put(self, told: NewPages | Pinned, count: int) -> None:
        with self._changed:
            if self._waiting_bytes + count > WAITING_BYTES_MAX and self._waiting:
                raise StoreError(f"{self._settings.folder} does not take in what is written")
            self._waiting.append(told)
            self._waiting_bytes += count
            self._changed.notify()

    # The archiver's

    def _keep(self, path: Path) -> None:
        """A file of the archive is there, and not in the ledger yet."""
        try:
            for one in self._chains:
                one.keep(path)
        except (OSError, StoreError) as error:
            self._break_off(error)

    # The thread

    def _run(self) -> None:
        while (told := self._next()) is not None:
            try:
                self._write_down(told)
                self._copy_erasures()
            except _BaseGivenUp:
                pass
            except Exception as error:  # noqa: BLE001 - whatever it is, the server serves on
                self._break_off(error)
        self._close()

    def _write_down(self, told: _Told) -> None:
        match told:
            case Pinned():
                self._begin(told)
            case NewPages():
                self._append(told)
            case _Broken():
                self._close()

    def _next(self) -> _Told | None:
        """What is to be written down next; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._stopping)
            return self._pop() if self._waiting else None

    def _pop(self) -> _Told:
        told = self._waiting.popleft()
        if isinstance(told, NewPages):
            self._waiting_bytes -= told.contents.nbytes
        return told

    def _begin(self, pinned: Pinned) -> None:
        """A new chain, with its base; until that is whole, the one before goes on."""
        self._has_base = bool(self._chains)
        try:
            known = chain.archive_files(self._settings.folder)
            new = NewChain(self._settings.folder)
            self._chains = [*self._chains, new]
            new.set_base(pinned, self._store.folder, self._store_name(), known, self._append_waiting)
        finally:
            pinned.connection.close()
        old, self._chains = self._chains[:-1], [new]
        for one in old:
            one.close()
        self._has_base = True
        self._begins_at = time.monotonic() + BASE_EVERY_SECONDS
        self._until_us = max(pinned.at_us, new.changes.until_us)
        log.info("continuous_backup.base", chain=new.folder.name, at=iso(pinned.at_us))
        self._drop_old(new)

    def _drop_old(self, new: NewChain) -> None:
        try:
            before_us = self._clock.now_us() - self._settings.days * US_PER_DAY
            chain.drop_old(self._settings.folder, before_us, [new.folder])
        except (OSError, StoreError) as error:
            log.warning("continuous_backup.old_kept", reason=str(error))

    def _append_waiting(self) -> None:
        """While a base is copied."""
        with self._changed:
            if self._stopping or _Broken() in self._waiting:
                raise _BaseGivenUp
            told = [self._pop() for _ in range(len(self._waiting))]
        for one in told:
            assert isinstance(one, NewPages), "a base takes less than a day"
            self._append(one)

    def _append(self, told: NewPages) -> None:
        if self._chains:
            change = change_of(told.until_us, told.size_pages, told.pages, told.contents)
            for one in self._chains:
                one.changes.append(change)
            if self._has_base:
                self._until_us = told.until_us

    def _store_name(self) -> str:
        """That of a new store is known once it is served."""
        with self._store.reading() as connection:
            return store_name(meta.get_value(connection, "id_key") or "")

    def _copy_erasures(self) -> None:
        """Whoever is erased stays erased, whatever moment is restored."""
        path = self._store.folder / ERASURES
        if path.exists() and (count := path.stat().st_size) != self._erasures_bytes:
            with path.open("rb") as source:
                copied(source, self._settings.folder, ERASURES)
            self._erasures_bytes = count

    def _break_off(self, error: Exception) -> None:
        """From any thread: nothing that was told is written down any more, until all is told anew."""
        with self._changed:
            if self._is_broken:
                return
            self._is_broken = True
            while self._waiting:
                if isinstance(told := self._pop(), Pinned):
                    told.connection.close()
            self._waiting.append(_Broken())
            self._begins_at = time.monotonic() + AGAIN_SECONDS
            self._changed.notify()
        self.failures += 1
        log.error("continuous_backup.broken_off", reason=str(error), again_in_seconds=AGAIN_SECONDS)

    def _close(self) -> None:
        closed, self._chains = self._chains, []
        for one in closed:
            one.close()
