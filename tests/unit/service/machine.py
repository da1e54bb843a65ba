"""The production server's clock, on a machine whose time elapses, and whose clock is set, as a test says (C37)."""

from octy.model.instants import US_PER_DAY
from octy.service.clock import SystemClock

UPTIME_US = 5 * US_PER_DAY
"""The machine runs longer than the server."""


class MachineClock(SystemClock):
    """A server starts when the machine's clock says `system_us`."""

    def __init__(self, system_us: int) -> None:
        self._machine_elapsed_us = UPTIME_US
        self._machine_ahead_us = system_us - UPTIME_US
        super().__init__(
            lambda: self._machine_ahead_us + self._machine_elapsed_us,
            lambda: self._machine_elapsed_us,
        )

    @property
    def system_us(self) -> int:
        """What the machine's clock says."""
        return self._system_us()

    def passes(self, us: int) -> int:
        """Time elapses; what time it is for the server then."""
        with self._lock:
            self._machine_elapsed_us += us
        return self.now_us()

    def steps(self, us: int) -> int:
        """The machine's clock is set; what time it is for the server then."""
        with self._lock:
            self._machine_ahead_us += us
        return self.now_us()

    def drifts(self, us: int, ppm: int) -> int:
        """Time elapses on a clock that is too fast, or too slow."""
        with self._lock:
            self._machine_ahead_us += us * ppm // 1_000_000
            self._machine_elapsed_us += us
        return self.now_us()

    def move_to(self, instant_us: int) -> None:
        """So much time elapses as lacks until then."""
        self.passes(instant_us - self.now_us())
