"""What tells the time: the one interface through which anything in Octy learns what time it is (T3)."""

from typing import Protocol

from octy.model.instants import iso


class Clock(Protocol):
    """A source of instants that never runs backwards as seen through one object."""

    @property
    def is_sandbox(self) -> bool:
        """Whether the clock moves only when told, and follows events that are ahead of it (T4)."""

    def now_us(self) -> int:
        """The current instant."""

    def not_before(self, instant_us: int) -> None:
        """The store has been at this instant: from now on, none before it is told."""


class ManualClock:
    """A clock that moves only when told: the sandbox's, and every test's."""

    is_sandbox = True

    def __init__(self, now_us: int) -> None:
        self._now_us = now_us

    def now_us(self) -> int:
        """The instant to which it was last moved."""
        return self._now_us

    def move_to(self, instant_us: int) -> None:
        """Moves forward, or stays; ValueError for an instant in the past."""
        if instant_us < self._now_us:
            raise ValueError(f"the clock stands at {iso(self._now_us)} and does not move back to {iso(instant_us)}")
        self._now_us = instant_us

    def not_before(self, instant_us: int) -> None:
        """Moves there, unless it is there already."""
        self._now_us = max(self._now_us, instant_us)
