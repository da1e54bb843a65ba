"""The system's clock, as production reads it (T3)."""

import time


class SystemClock:
    """UTC from the system; where that jumps back, time stands still until it has caught up."""

    is_sandbox = False

    def __init__(self) -> None:
        self._latest_us = 0

    def now_us(self) -> int:
        """The current instant, never before one that was told already."""
        self._latest_us = max(self._latest_us, time.time_ns() // 1000)
        return self._latest_us
