"""Who comes next, and for whom is there room? Requests wait in a line for each account, and are taken in turn.

An account's requests keep their order. Each turn is worth the same number of objects, so that nobody waits behind
another account's flood. Room is bounded in all, and nobody may hold more of it than is left for the others: one
account alone fills half, two fill a third each, and there is always some for whoever comes next.
"""

from collections import defaultdict, deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from msgspec import Struct

from octy.model import limits
from octy.model.idempotency import Once
from octy.model.tracing import Trace
from octy.service.transaction import Transaction

OBJECTS_PER_TURN = 500
"""As many as the largest request has, so that every turn serves one at least."""


def _nothing(_: Transaction) -> None:
    """Is left to do."""


class Job(Struct):
    """A request that waits for the writer."""

    account_id: int
    work: Callable[[Transaction], Any]
    once: Once | None
    objects: int
    future: "Future[Any]"
    trace: Trace | None = None

    @property
    def cost(self) -> int:
        """What it takes of a turn and of the room."""
        return max(self.objects, 1)

    def let_go(self) -> None:
        """It is done: what it asks for, which may be large, is held no longer while it is answered."""
        self.work = _nothing


class Room:
    """So much of something, shared by accounts. What one holds is at most what is left."""

    def __init__(self) -> None:
        self._held: defaultdict[int, int] = defaultdict(int)
        self.taken = 0

    def has(self, account_id: int, amount: int, most: int) -> bool:
        """Whether the account may take so much more, where there is `most` in all."""
        return self._held.get(account_id, 0) + amount <= most - self.taken - amount

    def held(self, account_id: int) -> int:
        """How much the account holds."""
        return self._held.get(account_id, 0)

    def take(self, account_id: int, amount: int) -> None:
        """The account holds so much more, whether or not there was room."""
        self._held[account_id] += amount
        self.taken += amount

    def give_back(self, account_id: int, amount: int) -> None:
        """The account holds so much less."""
        self.taken -= amount
        self._held[account_id] -= amount
        if not self._held[account_id]:
            del self._held[account_id]


class Queue:
    """All requests that wait. Its owner sees to it that one thread at a time changes it; any may ask `has_room`.

    In a sandbox there is one line, in which requests and what moves the clock stay in the order in which they came.
    """

    def __init__(self, *, is_sandbox: bool) -> None:
        self._is_sandbox = is_sandbox
        self._lines: dict[int, deque[Job]] = {}
        """By account; whose turn comes first is first."""
        self._credits: defaultdict[int, int] = defaultdict(int)
        """What is left to an account of its turns, while it waits for the next."""
        self._jobs = Room()
        self._objects = Room()

    def __len__(self) -> int:
        return self._jobs.taken

    @property
    def objects(self) -> int:
        """How many there are in all that waits; a request without any counts as one."""
        return self._objects.taken

    def has_room(self, account_id: int, objects: int) -> bool:
        """Whether the account may add a request of so many objects."""
        return self._jobs.has(account_id, 1, limits.QUEUED_REQUESTS_MAX) and self._objects.has(
            account_id, objects, limits.QUEUED_OBJECTS_MAX
        )

    def put(self, job: Job) -> None:
        """At the end of its account's line, whether or not there is room."""
        self._lines.setdefault(0 if self._is_sandbox else job.account_id, deque()).append(job)
        self._jobs.take(job.account_id, 1)
        self._objects.take(job.account_id, job.cost)

    def take(self, objects_max: int) -> list[Job]:
        """Those whose turn it is, until they hold so many objects, or a request's more.

        Where several accounts wait, each gets one turn: whoever has little to do need not wait for more than that.
        """
        taken: list[Job] = []
        objects = 0
        turns = len(self._lines) if len(self._lines) > 1 else objects_max
        while self._lines and objects < objects_max and turns > 0:
            whose = next(iter(self._lines))
            line = self._lines.pop(whose)
            credit = self._credits.pop(whose, 0) + OBJECTS_PER_TURN
            if line[0].cost <= credit:
                turns -= 1
            while line and line[0].cost <= credit and objects < objects_max:
                job = line.popleft()
                credit -= job.cost
                objects += job.cost
                self._jobs.give_back(job.account_id, 1)
                self._objects.give_back(job.account_id, job.cost)
                taken.append(job)
            if line:
                self._lines[whose] = line
                self._credits[whose] = credit
        return taken
