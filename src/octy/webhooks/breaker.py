"""How much may a receiver be sent at once? Less while it fails: then it is only asked now and then whether it is back.

A receiver that takes nothing would otherwise hold as many connections as it may for as long as there is something to
send, and cost the other accounts time. Whatever waits stays in the queue. What is known here is forgotten at the end of
the process, and learnt again in ten attempts.
"""

from collections import deque

from octy.model.instants import US_PER_SECOND

OUTCOMES_KEPT = 20
OUTCOMES_MIN = 10
FAILURES_SHARE = 0.7
"""So many attempts, and of them so many failed, and the receiver is given a pause."""

PAUSE_US_MIN = 5 * US_PER_SECOND
PAUSE_US_MAX = 60 * US_PER_SECOND
"""The first pause, and the longest: each is twice the one before."""

BUSY_STATUSES = frozenset({429, 502, 503, 504})
"""A receiver that answers so has too much to do: it is given a pause at once."""
BUSY_PAUSE_US = US_PER_SECOND


class _Receiver:
    """What is known of one receiver."""

    def __init__(self) -> None:
        self.outcomes: deque[bool] = deque(maxlen=OUTCOMES_KEPT)
        self.pause_us = 0
        """The latest pause for failing; 0 where it has had none."""
        self.until_us = 0
        """The end of the latest pause, for whatever reason; from then on it is on probation."""

    @property
    def fails(self) -> bool:
        """Whether most of the latest attempts have failed."""
        count = len(self.outcomes)
        return count >= OUTCOMES_MIN and self.outcomes.count(False) >= FAILURES_SHARE * count


class Breaker:
    """By account. Nothing is remembered of receivers that only succeed."""

    def __init__(self) -> None:
        self._receivers: dict[int, _Receiver] = {}

    def room(self, account_id: int, now_us: int, otherwise: int) -> int:
        """How many attempts may be under way at once: none in a pause, one on probation."""
        receiver = self._receivers.get(account_id)
        if receiver is None or not receiver.until_us:
            return otherwise
        return 0 if now_us < receiver.until_us else 1

    def paused(self, now_us: int) -> set[int]:
        """The accounts whose receivers are given a pause now."""
        return {account_id for account_id, one in self._receivers.items() if now_us < one.until_us}

    def next_end_us(self, now_us: int, otherwise: int) -> int:
        """The earliest end of a pause."""
        ends = (one.until_us for one in self._receivers.values() if now_us < one.until_us)
        return min(ends, default=otherwise)

    def forget(self, account_id: int) -> None:
        """The account has another receiver, or has mended its own."""
        self._receivers.pop(account_id, None)

    def succeeded(self, account_id: int) -> None:
        """The receiver takes something."""
        receiver = self._receivers.get(account_id)
        if receiver is None:
            return
        if receiver.until_us:  # on probation no longer
            del self._receivers[account_id]
            return
        receiver.outcomes.append(True)
        if all(receiver.outcomes):
            del self._receivers[account_id]

    def failed(self, account_id: int, now_us: int, *, status: int | None, retry_after_seconds: int | None) -> None:
        """The receiver does not take something."""
        receiver = self._receivers.setdefault(account_id, _Receiver())
        receiver.outcomes.append(False)
        was_probed = receiver.pause_us and now_us >= receiver.until_us
        if was_probed or (receiver.fails and not receiver.pause_us):
            receiver.pause_us = min(max(2 * receiver.pause_us, PAUSE_US_MIN), PAUSE_US_MAX)
            receiver.until_us = max(receiver.until_us, now_us + receiver.pause_us)
        if status in BUSY_STATUSES:
            asked_us = max((retry_after_seconds or 0) * US_PER_SECOND, BUSY_PAUSE_US)
            receiver.until_us = max(receiver.until_us, now_us + asked_us)
