"""What came on connections that was no HTTP: told in the log, but not as often as anybody likes to send some."""

import structlog

log = structlog.get_logger()

PAUSE_SECONDS = 60
"""Between two lines of the log."""


class Noise:
    """So much of it since the last line. In the event loop's thread."""

    def __init__(self) -> None:
        self._count = 0
        self._next_line = 0.0

    def add(self) -> None:
        """Something came, and its connection is closed."""
        self._count += 1

    def tell(self, now: float) -> None:
        """Called now and then, with the instant by `time.monotonic`."""
        if self._count and now >= self._next_line:
            log.warning("http.not_understood", requests=self._count)
            self._count, self._next_line = 0, now + PAUSE_SECONDS
