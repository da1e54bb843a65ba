"""How much of an account may be inside, so that nobody waits for long? As much as is answered of it in so long.

A bound in bytes is no bound in time: what is half a second's work on one machine is three on a busier one. So it is
measured how long requests took, and how much was inside before them; whoever would have to wait for too long is told so
at once. Some may always be inside, so that a few connections that send one request after another are never refused.
"""

WAIT_SECONDS = 0.1
"""How long a request should wait for those before it. What comes on top is its own work, and the group's under way."""
REQUEST_BYTES = 1_500
"""What a request costs apart from its body, in bytes of a batch of events that cost the same."""
ALWAYS_REQUESTS, ALWAYS_BYTES = 8, 500_000
"""So many requests may always be inside, however large; or so many bytes, which is some hundred single events."""
BYTES_PER_SECOND = 20_000_000
"""How fast bodies are taken to be dealt with until that is known."""
WEIGHT = 0.05
"""Of a new measurement."""


class Pace:
    """Of each account."""

    def __init__(self) -> None:
        self._per_second: dict[int, float] = {}

    def most_bytes(self, account_id: int) -> float:
        """How many bytes of the account are answered soon."""
        return max(self._per_second.get(account_id, BYTES_PER_SECOND) * WAIT_SECONDS, ALWAYS_BYTES)

    def has_room(self, account_id: int, requests: int, inside_bytes: int) -> bool:
        """Whether one more may come, where so many requests of so many bytes would be inside with it."""
        return requests <= ALWAYS_REQUESTS or inside_bytes <= self.most_bytes(account_id)

    def answered(self, account_id: int, ahead_bytes: int, seconds: float) -> None:
        """A request's answer begins so long after its body came, when so much was inside, its own among it.

        Where little was, that tells how long a request takes, and not how many are dealt with.
        """
        if ahead_bytes < ALWAYS_BYTES / 2:
            return
        before = self._per_second.get(account_id, BYTES_PER_SECOND)
        self._per_second[account_id] = before + WEIGHT * (ahead_bytes / max(seconds, 1e-3) - before)
