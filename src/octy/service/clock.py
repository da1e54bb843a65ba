"""The system's clock, as production reads it (T3): what it says is believed as far as time that elapses bears it out.

Clocks are set: by a machine that has found out what time it is, by hand, by mistake. Beside what the system says stands
what has elapsed since the start, suspended machines included, which nobody sets. Where the two part by up to an hour,
the system is right: time goes on from there at once, or stands still until it is there. A larger step is not followed:
time elapses as if nobody had touched the clock, until the system is within an hour of it again, or the server is
started again.
"""

import threading
import time
from collections.abc import Callable

import structlog

from octy.model.instants import US_PER_HOUR, US_PER_SECOND, iso

log = structlog.get_logger()

STEP_FOLLOWED_US_MAX = US_PER_HOUR
STEP_TOLD_US_MIN = US_PER_SECOND
"""What is less between two looks is drift, or a clock that is being put right."""


def _system_us() -> int:
    return time.time_ns() // 1000


def _elapsed_us() -> int:
    return time.clock_gettime_ns(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)) // 1000


class SystemClock:
    """UTC from the system, never before an instant that was told already. For all threads."""

    is_sandbox = False

    def __init__(self, system_us: Callable[[], int] = _system_us, elapsed_us: Callable[[], int] = _elapsed_us) -> None:
        self._system_us = system_us
        self._elapsed_us = elapsed_us
        self._lock = threading.Lock()
        self._latest_us = 0
        self._began_us = system_us() - elapsed_us()
        """What time it was when nothing had elapsed, as far as it is believed."""
        self._told_us = self._began_us
        """The same by what the system said at the latest look, believed or not: so that each step is told once."""

    def now_us(self) -> int:
        """The current instant."""
        with self._lock:
            elapsed_us = self._elapsed_us()
            self._believe(self._system_us() - elapsed_us)
            self._latest_us = max(self._latest_us, self._began_us + elapsed_us)
            return self._latest_us

    def not_before(self, instant_us: int) -> None:
        """Another server has been at this instant already: time goes on from there, not from before."""
        now_us = self.now_us()
        with self._lock:
            if instant_us - now_us > STEP_FOLLOWED_US_MAX:
                log.warning("clock.behind_the_store", system=iso(now_us), store=iso(instant_us), goes_on_from="store")
                self._began_us += instant_us - now_us
            self._latest_us = max(self._latest_us, instant_us)

    def _believe(self, began_us: int) -> None:
        is_followed = abs(began_us - self._began_us) <= STEP_FOLLOWED_US_MAX
        if abs(step_us := began_us - self._told_us) >= STEP_TOLD_US_MIN:
            log.warning("clock.stepped", seconds=step_us / US_PER_SECOND, is_followed=is_followed)
        self._told_us = began_us
        if is_followed:
            self._began_us = began_us
