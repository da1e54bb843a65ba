"""What time is it? The one source of it in a simulation: time that passes, and the wall clock that people set."""

from octy.model.instants import US_PER_SECOND


class Time:
    """Passes only when told. In the place of the module `time` wherever the product asks that."""

    CLOCK_MONOTONIC = 1

    def __init__(self, begins_us: int) -> None:
        self.elapsed_us = 0
        """Never runs backwards; timeouts and pauses are measured by it."""
        self._wall_ahead_us = begins_us

    @property
    def wall_us(self) -> int:
        """What the machine's clock shows."""
        return self.elapsed_us + self._wall_ahead_us

    def passes(self, us: int) -> None:
        """Both go on."""
        assert us >= 0, "time does not run backwards"
        self.elapsed_us += us

    def is_set(self, by_us: int) -> None:
        """Somebody sets the machine's clock, forward or back."""
        self._wall_ahead_us += by_us

    def time_ns(self) -> int:
        """As `time.time_ns`."""
        return self.wall_us * 1_000

    def clock_gettime_ns(self, _: int) -> int:
        """As `time.clock_gettime_ns` of a clock that nobody sets."""
        return self.elapsed_us * 1_000

    def monotonic(self) -> float:
        """As `time.monotonic`."""
        return self.elapsed_us / US_PER_SECOND

    def sleep(self, _: float) -> None:
        """As `time.sleep`, for pauses that are too short to count."""
