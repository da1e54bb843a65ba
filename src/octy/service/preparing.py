"""Which tags does a purge remove, of a segment that has many? Worked out beforehand, for writes wait for a purge.

Tags of a segment whose deletion is pending stay as they are (X1), so they and their checksum are known before the
purge: found out in a thread of its own, from a snapshot, with rests, and kept in memory alone. A purge takes what is
known where that still holds; else, or where nothing is, it works it out by itself.
"""

import threading
import time
from collections.abc import Callable, Iterable
from hashlib import sha256

import numpy as np
import structlog
from sqlalchemy import Connection

from octy.engine.batch import Ints
from octy.model.receipts import line
from octy.service.tenant import Going, Tenant
from octy.store import profiles, tags
from octy.store.folder import Store

log = structlog.get_logger()

TAGS_MIN = 20_000
"""Fewer are worked out within the purge, in some hundredths of a second."""
LOOK_EVERY_SECONDS = 1.0
AGAIN_AFTER_SECONDS = 60.0
"""How often it looks whether what is known of a segment still holds: until a profile is deleted."""
REST_SHARE = 4
"""It rests so many times as long as it has worked."""


class Preparer:
    """One store's. There is no thread before the first deletion."""

    def __init__(self, store: Store, tenants: Callable[[], Iterable[Tenant]]) -> None:
        """`tenants` are those of the writer, as they are now."""
        self._store = store
        self._tenants = tenants
        self._looked: dict[tuple[int, int, int], float] = {}
        """By account, segment and deletion: when it was last looked at."""
        self._used_seconds = 0.0
        """Processor time of the thread, when it rested last."""
        self._stopping = threading.Event()
        self._waking = threading.Lock()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """A deletion may be pending."""
        with self._waking:
            if self._thread is None and not self._stopping.is_set():
                self._thread = threading.Thread(target=self._run, name="octy-purges", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Ends the thread."""
        with self._waking:
            self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def work(self) -> None:
        """Looks at all deletions that are pending."""
        looked = {}
        for tenant in self._tenants():
            for key, segment in list(tenant.segments.items()):
                if (deletion := segment.lifetime.deletion) is not None:
                    name = (tenant.account_id, key, deletion)
                    looked[name] = self._looked.get(name, -AGAIN_AFTER_SECONDS)
                    if time.monotonic() - looked[name] >= AGAIN_AFTER_SECONDS:
                        self._look(tenant, key, deletion)
                        looked[name] = time.monotonic()
        self._looked = looked

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.work()
            except Exception:
                log.exception("purges.not_prepared")
            self._stopping.wait(LOOK_EVERY_SECONDS)

    def _look(self, tenant: Tenant, key: int, deletion: int) -> None:
        with self._store.reading() as connection:
            count, known = tags.count(connection, key), tenant.going.get(key)
            if count < TAGS_MIN or (known is not None and known.holds(deletion, count)):
                return
            self._used_seconds = time.thread_time()
            going = self._worked_out(connection, tenant.account_id, key)
        if going is not None:
            tenant.going[key] = Going(deletion, *going)

    def _worked_out(self, connection: Connection, account_id: int, key: int) -> tuple[Ints, bytes] | None:
        """Whose tags go, and their checksum (`octy.model.receipts`); None where the server ends."""
        since_us = np.full(profiles.next_key(connection, account_id), -1, np.int64)
        for keys, created_us in tags.borne_in_parts(connection, key):
            since_us[keys] = created_us
            if self._rests():
                return None
        digest = sha256()
        for ids, their_keys in profiles.ids_in_order(connection, account_id):
            theirs = zip(ids, since_us[their_keys].tolist(), strict=True)
            digest.update("".join(line(profile_id, at_us) for profile_id, at_us in theirs if at_us >= 0).encode())
            if self._rests():
                return None
        return np.flatnonzero(since_us >= 0).astype(np.int32), digest.digest()

    def _rests(self) -> bool:
        """Whether it is to leave off."""
        is_over = self._stopping.wait(max(REST_SHARE * (time.thread_time() - self._used_seconds), 0.0))
        self._used_seconds = time.thread_time()
        return is_over
