"""Whoever works for long in the background rests between pieces of the work: others need the core too.

What the archiver has to do comes in pieces of seconds, and the operating system would give it as large a share as the
writer and the connections have. At seven tenths of what a server takes at most that left nothing, and requests waited.
"""

import time
from collections.abc import Callable

Rest = Callable[[], object]
"""What is done after each piece of work that takes long."""

SHARE = 1 / 3
"""Of a core, at most, while nothing is urgent."""
REST_SECONDS_MAX = 1.0


def go_on() -> None:
    """No rest: for work that somebody waits for."""


class Resting:
    """One thread's rest."""

    def __init__(self, wait: Callable[[float], object], is_urgent: Callable[[], bool]) -> None:
        """`wait` waits for so many seconds, or until there is something else to do; what is urgent has no rest."""
        self._wait = wait
        self._is_urgent = is_urgent
        self._rested_seconds = time.thread_time()
        """What the thread had used of the processor when it last rested."""

    def __call__(self) -> None:
        """Waits so long that what was done since the last time becomes the share that it may be."""
        if not self._is_urgent():
            used_seconds = time.thread_time() - self._rested_seconds
            self._wait(min(used_seconds * (1 / SHARE - 1), REST_SECONDS_MAX))
        self._rested_seconds = time.thread_time()
