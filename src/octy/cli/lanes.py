"""Which rows travel together, and in which order?

Batches go to the server in several lanes at once. Within a lane each waits for the one before, and the rows of one
owner, the events of a profile, are all in one lane: so they arrive in the file's order, which decides between events of
one instant (T2). A sandbox's clock follows the events (T4), so it gets a single lane.

What is in which batch depends on the file and the number of lanes alone: an upload that is resumed has the same ones.
"""

import signal
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, auto
from queue import SimpleQueue
from threading import Event, Thread
from typing import Generic, NamedTuple, Self, TypeVar

from octy.cli.objects import Objects
from octy.model.limits import BODY_BYTES_MAX

T = TypeVar("T")

LANES = 4
"""Enough for a server on a core of its own to be always at work."""
ENVELOPE_BYTES = 100
"""What stands around the objects of a request, at most."""


class Batch(NamedTuple):
    """Rows that are sent in one request."""

    number: int
    lane: int
    rows: Sequence[int]


class Sent(NamedTuple, Generic[T]):
    """What came of a batch: its answer, or why there is none."""

    batch: Batch
    answer: T | None
    failed: Exception | None


def lanes_for(objects: Objects, batch_max: int) -> int:
    """How many lanes: no more than there are full batches, for a small request costs nearly as much as a large one."""
    return min(LANES, -(-len(objects.bodies) // batch_max))


def batches_of(objects: Objects, batch_max: int, lanes: int) -> list[Batch]:
    """All rows in batches that fit into a request: by their number, and by the bytes that a server takes."""
    if not objects.owners:
        parts = _cut(objects, range(len(objects.bodies)), batch_max)
        return [Batch(number, number % lanes, part) for number, part in enumerate(parts)]
    rows: list[list[int]] = [[] for _ in range(lanes)]
    for row, owner in enumerate(objects.owners):
        rows[owner % lanes].append(row)
    cut = [(lane, part) for lane in range(lanes) for part in _cut(objects, rows[lane], batch_max)]
    return [Batch(number, lane, part) for number, (lane, part) in enumerate(cut)]


def _cut(objects: Objects, rows: Sequence[int], batch_max: int) -> Iterator[Sequence[int]]:
    start = size = 0
    for place, row in enumerate(rows):
        length = len(objects.bodies[row]) + 1
        if place > start and (place - start == batch_max or size + length > BODY_BYTES_MAX - ENVELOPE_BYTES):
            yield rows[start:place]
            start, size = place, 0
        size += length
    if rows:
        yield rows[start:]


class _Mark(Enum):
    """What comes through the queue beside results."""

    LANE_ENDED = auto()
    INTERRUPTED = auto()


class Lanes(Generic[T]):
    """Sends batches, each lane in a thread of its own.

    The threads end with the process, whatever they wait for: what is not answered is sent again when the upload is
    resumed, and the server knows it. Within the context the first Ctrl-C comes between two results, so that none is
    lost by it; a second one comes at once.
    """

    def __init__(self, batches: Sequence[Batch], send: Callable[[Batch], T]) -> None:
        self._send = send
        self._stopping = Event()
        self._sent: SimpleQueue[Sent[T] | _Mark] = SimpleQueue()
        lanes = {batch.lane for batch in batches}
        self._parts = [[batch for batch in batches if batch.lane == lane] for lane in lanes]
        self._running = len(lanes)
        self._before = signal.getsignal(signal.SIGINT)

    def __enter__(self) -> Self:
        """Begins to send."""
        if self._before is not signal.SIG_IGN:  # as a shell has it for what runs behind it
            signal.signal(signal.SIGINT, self._interrupt)
        for mine in self._parts:
            Thread(target=self._run, args=(mine,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """No lane begins another batch."""
        self.stop()

    def results(self, timeout_seconds: float | None = None) -> Iterator[Sent[T]]:
        """What came of each batch, as it comes, until all lanes have ended.

        `queue.Empty` where nothing comes, KeyboardInterrupt after Ctrl-C.
        """
        while self._running:
            sent = self._sent.get(timeout=timeout_seconds)
            if sent is _Mark.INTERRUPTED:
                raise KeyboardInterrupt
            if sent is _Mark.LANE_ENDED:
                self._running -= 1
            else:
                yield sent

    def stop(self) -> None:
        """No lane begins another batch, and Ctrl-C is what it was before."""
        self._stopping.set()
        signal.signal(signal.SIGINT, self._before)

    def _interrupt(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)
        self._sent.put(_Mark.INTERRUPTED)

    def _run(self, batches: Sequence[Batch]) -> None:
        for batch in batches:
            if self._stopping.is_set():
                break
            try:
                self._sent.put(Sent(batch, self._send(batch), None))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told where the results are read
                self._sent.put(Sent(batch, None, error))
                break
        self._sent.put(_Mark.LANE_ENDED)
