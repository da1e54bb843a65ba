"""Which tracked events wait for an answer, and which are to be sent next?

A queue that many threads fill and one empties. Nothing leaves it but what the server has answered for, so that a broken
connection, a restart of the server or a refused request loses nothing.
"""

import time
from collections import deque
from itertools import islice
from threading import Condition
from typing import NamedTuple

from octy.client.batches import ranges
from octy.model.events import EventDraft


class Waiting(NamedTuple):
    """An event that was accepted, and what will be sent of it."""

    event: EventDraft
    body: bytes


class Buffer:
    """Events in the order in which they were accepted."""

    def __init__(self, events_max: int, events_per_batch: int, interval_seconds: float) -> None:
        self._events_max = events_max
        self._batch_max = self._events_per_batch = events_per_batch
        self._interval_seconds = interval_seconds
        self._changed = Condition()
        self._waiting: deque[Waiting] = deque()
        self._accepted_count = self._settled_count = 0
        self._wanted_count = 0
        """So many of the accepted ones are to be sent without waiting for more."""
        self._begins_at = 0.0
        """When the oldest of a new batch came, or when a pause ends."""
        self._is_pausing = False
        self._is_given_up = False

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def put(self, waiting: Waiting) -> bool:
        """False where there is no room."""
        with self._changed:
            if len(self._waiting) >= self._events_max or self._is_given_up:
                return False
            self._waiting.append(waiting)
            self._accepted_count += 1
            count = len(self._waiting)
            if count == 1 and not self._is_pausing:
                self._begins_at = time.monotonic()
            if count in (1, self._batch_max):
                self._changed.notify_all()
            return True

    def batch(self) -> list[Waiting]:
        """Waits until events are due, and returns them; they stay in the buffer until they are settled."""
        with self._changed:
            while (seconds := self._due_in_seconds()) > 0:
                self._changed.wait(seconds if seconds != float("inf") else None)
            some = list(islice(self._waiting, self._batch_max))
            _, end = next(ranges([one.body for one in some], self._batch_max))
            return some[:end]

    def settle(self, count: int) -> None:
        """The server has answered for the first so many."""
        with self._changed:
            if self._is_given_up:
                return
            for _ in range(count):
                self._waiting.popleft()
            self._settled_count += count
            self._batch_max = self._events_per_batch
            self._is_pausing = False
            self._begins_at = time.monotonic()
            self._changed.notify_all()

    def halve(self, count: int) -> None:
        """A request of so many was refused as a whole: the next one is half as large, to find which of them it was."""
        with self._changed:
            self._batch_max = max(1, count // 2)

    def pause(self, seconds: float) -> None:
        """Nothing is due for a while, unless somebody wants it now."""
        with self._changed:
            self._is_pausing = True
            self._wanted_count = self._settled_count
            self._begins_at = time.monotonic() + seconds

    def want_all(self) -> None:
        """All that was accepted is due now."""
        with self._changed:
            self._wanted_count = self._accepted_count
            self._is_pausing = False
            self._changed.notify_all()

    def wait_until_settled(self, seconds: float | None) -> bool:
        """Waits until all that was accepted so far is answered for; False where that took too long."""
        end = None if seconds is None else time.monotonic() + seconds
        with self._changed:
            wanted = self._accepted_count
            while self._settled_count < wanted:
                left = None if end is None else end - time.monotonic()
                if left is not None and left <= 0:
                    return False
                self._changed.wait(left)
            return True

    def give_up(self) -> list[EventDraft]:
        """Empties it for good; what had not been answered for."""
        with self._changed:
            self._is_given_up = True
            left = [one.event for one in self._waiting]
            self._settled_count += len(left)
            self._waiting.clear()
            self._changed.notify_all()
            return left

    def _due_in_seconds(self) -> float:
        if not self._waiting:
            return float("inf")
        now = time.monotonic()
        if self._is_pausing:
            return self._begins_at - now
        if self._settled_count < self._wanted_count or len(self._waiting) >= self._batch_max:
            return 0
        return self._begins_at + self._interval_seconds - now
