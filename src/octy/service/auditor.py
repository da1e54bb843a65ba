"""The thread that holds a server's tags against its log, all the time and a little at a time (`service.auditing`)."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from random import Random, SystemRandom

import structlog

from octy.service.auditing import Audit, Look, look, settle_doubts
from octy.service.transaction import Transaction
from octy.store.folder import Store
from octy.store.resting import Resting

log = structlog.get_logger()

LOOK_SECONDS = 0.25
"""Of one core's time, about, for one look; while it lasts, SQLite's log grows."""
PAUSE_SECONDS_MIN = 0.1
PAUSE_SECONDS_MAX = 600.0
PAUSE_AFTER_TROUBLE_SECONDS = 60.0
"""How long it rests after a failure, and after it has had the world rebuilt, for which requests wait."""


class Auditor:
    """One store's."""

    def __init__(
        self,
        store: Store,
        submit: "Callable[[Callable[[Transaction], None]], Future[None]]",
        share: float,
        random: Random | None = None,
    ) -> None:
        """`submit` has the writer do something. `share` is how much of one core's time it may take; 0 for none."""
        self._store = store
        self._submit = submit
        self._share = share
        self._random = random or SystemRandom()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="octy-auditor", daemon=True)
        self.audit = Audit()

    def start(self) -> None:
        """Begins to look."""
        if self._share > 0:
            self._thread.start()

    def stop(self) -> None:
        """Ends the thread. The writer is at work yet."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def work(self, goes_on: Callable[[], bool] = lambda: True) -> Look | None:
        """Looks at some profiles, and has mended what is wrong. What it looked at; None where there is nobody.

        After each profile `goes_on` says whether there is time for another.
        """
        began = time.thread_time()
        seen = look(self._store, self._random, goes_on)
        if seen is not None:
            self._submit(partial(settle_doubts, audit=self.audit, seen=seen)).result()
            self.audit.note(len(seen.profile_keys), seen.segment_keys)
        self.audit.seconds += time.thread_time() - began
        return seen

    def _run(self) -> None:
        rest = Resting(self._stopping.wait, self._stopping.is_set)
        pause = PAUSE_SECONDS_MIN
        while not self._stopping.wait(pause):
            before, differing = self.audit.seconds, self.audit.all.differing
            until = time.thread_time() + LOOK_SECONDS

            def goes_on(until: float = until) -> bool:
                rest()
                return time.thread_time() < until and not self._stopping.is_set()

            try:
                self.work(goes_on)
                took = self.audit.seconds - before
                pause = min(max(took / self._share - took, PAUSE_SECONDS_MIN), PAUSE_SECONDS_MAX)
                if self.audit.all.differing > differing:
                    pause = PAUSE_AFTER_TROUBLE_SECONDS
            except Exception:
                log.exception("audit.failed", again_in_seconds=PAUSE_AFTER_TROUBLE_SECONDS)
                pause = PAUSE_AFTER_TROUBLE_SECONDS
