"""How are values spread? Counted below bounds, as Prometheus has it: cheap to add to, and its size never grows."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
"""Bounds for what should take milliseconds, and at times takes a minute."""


class Histogram:
    """Values in seconds. One thread adds; others may look at it meanwhile, and see it a moment old at most."""

    def __init__(self, bounds: Sequence[float] = SECONDS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        """How many values are at most as large as each bound, and larger than the one before; then those beyond all."""
        self.sum = 0.0

    def add(self, value: float) -> None:
        """One value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def absorb(self, counts: Sequence[int], total: float) -> None:
        """Values that somebody has counted by the same bounds."""
        for place, count in enumerate(counts):
            self.counts[place] += count
        self.sum += total

    def cumulated(self) -> Iterator[tuple[str, int]]:
        """Each bound as Prometheus writes it, and how many values are at most as large."""
        total = 0
        for bound, count in zip([*map(str, self.bounds), "+Inf"], list(self.counts), strict=True):
            total += count
            yield bound, total
