"""What has become of attempts to deliver webhooks, in numbers, since the server's start."""

from collections import Counter

from octy.model.histogram import Histogram

DELIVERED, POSTPONED, GIVEN_UP = "delivered", "postponed", "given_up"


class AttemptCounts:
    """The dispatcher adds; other threads may look at it meanwhile."""

    def __init__(self) -> None:
        self.outcomes = Counter({DELIVERED: 0, POSTPONED: 0, GIVEN_UP: 0})
        self.in_flight = 0
        self.first_attempts = Histogram()
        """From the instant of what a webhook tells to its first attempt, in seconds."""
        self.attempts = Histogram()
        """How long attempts took, in seconds."""
