"""How do events reach the server without anybody waiting for them?

`track` puts an event into a buffer and returns; a thread sends what is there, in batches, in the order in which the
events were accepted. An accepted event is sent again until the server answers for it, and bears a `message_id`, so that
it is stored once however often it is sent (E8). Only an answer that speaks of the event settles it: neither a server
that is away nor wrong keys lose anything but time, and room in the buffer.
"""

import atexit
import logging
import os
import random
import uuid
import weakref
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from threading import Lock, Thread
from typing import NamedTuple

from msgspec import Raw, Struct

from octy.client.batches import ENVELOPE_BYTES, encoded, failures_of, joined, names_objects
from octy.client.buffer import Buffer, Waiting
from octy.client.connections import Blocking
from octy.client.envelope import FailedObject
from octy.client.errors import BufferFull, FailedOne, RequestRefused
from octy.client.operations.events import PATH, drafted
from octy.client.views import ProfileView
from octy.model import limits
from octy.model.errors import OctyError, Problem, Refused, Unauthorized, Unavailable
from octy.model.events import EventDraft

log = logging.getLogger("octy.client")

FIRST_PAUSE_SECONDS = 0.5
PAUSE_SECONDS_MAX = 30.0
"""Between attempts while the server is away: the first pause, and the longest; each is twice the one before."""
REQUEST_STATUSES = frozenset({400, 413, 422})
"""The request itself is at fault, so the same one will be refused again."""


class Tracking(Struct, frozen=True, kw_only=True):
    """How events are tracked. The handlers are called by the thread that sends, except `on_full`."""

    events_per_batch: int = limits.EVENTS_PER_BATCH_MAX
    """So many are sent at once; 1 to 500."""
    interval_seconds: float = 1.0
    """An event waits no longer for others than this."""
    events_max: int = 10_000
    """So many may wait for an answer; then the buffer is full."""
    exit_seconds: float = 10.0
    """How long the end of the program, or of the `with` block, waits for answers."""
    is_stamped: bool = True
    """Whether `created_at` is the instant of the call unless given. False leaves the instant to the server, as in a
    sandbox, whose clock an event ahead of it would move (T4)."""
    on_full: Callable[[EventDraft], None] | None = None
    """Gets an event for which there is no room, instead of BufferFull being raised."""
    on_refused: Callable[[EventDraft, str], None] | None = None
    """Gets an event that the server refused, with its reason; else the reason is logged."""
    on_unsent: Callable[[Sequence[EventDraft]], None] | None = None
    """Gets the events that had no answer when `exit_seconds` were over; else their number is logged."""

    def __post_init__(self) -> None:
        """Refused where a number makes no sense."""
        problems = []
        if not 1 <= self.events_per_batch <= limits.EVENTS_PER_BATCH_MAX:
            wanted = f"1 to {limits.EVENTS_PER_BATCH_MAX}"
            problems.append(Problem("events_per_batch", str(self.events_per_batch), wanted))
        if self.events_max < self.events_per_batch:
            wanted = "as many as events_per_batch, or more"
            problems.append(Problem("events_max", str(self.events_max), wanted))
        if problems:
            raise Refused("So events cannot be tracked.", problems)


class _Answer(Struct):
    """What became of a batch, as far as it matters here."""

    created_events: list[Raw]
    failed_to_create: list[FailedObject] = []


class _State(NamedTuple):
    """What a process has of its own: after a fork the child begins with nothing, and the parent keeps its events."""

    buffer: Buffer
    starting: Lock


class Tracker:
    """Takes events from any thread, and sends them from one of its own."""

    def __init__(self, options: Tracking, connect: Callable[[], Blocking]) -> None:
        """`connect` makes the thread's own connection, which repeats nothing by itself."""
        self._options = options
        self._connect = connect
        self._is_closed = False
        self.begin()
        _open.add(self)

    def begin(self) -> None:
        """With an empty buffer, and no thread yet."""
        options = self._options
        self._state = _State(
            Buffer(options.events_max, options.events_per_batch, options.interval_seconds), starting=Lock()
        )
        self._thread: Thread | None = None

    def track(self, event: EventDraft) -> None:
        """Accepts the event. BufferFull where there is no room, Refused where it can never be sent."""
        if self._is_closed:
            raise OctyError("The client is closed; nothing more is tracked.")
        body = encoded(event, "event")
        if len(body) > limits.BODY_BYTES_MAX - ENVELOPE_BYTES:
            found, wanted = f"{len(body):,} bytes", f"at most {limits.BODY_BYTES_MAX - ENVELOPE_BYTES:,} bytes"
            raise Refused("The event is too large.", [Problem("event", found, wanted)])
        if self._state.buffer.put(Waiting(event, body)):
            self._start()
        elif self._options.on_full is not None:
            self._options.on_full(event)
        else:
            raise BufferFull(
                f"{self._options.events_max:,} tracked events wait for an answer; this one was not accepted."
            )

    def flush(self, seconds: float | None = None) -> bool:
        """Sends what was accepted so far, and waits for the answers; False where they took longer than `seconds`."""
        self._state.buffer.want_all()
        return self._state.buffer.wait_until_settled(seconds)

    def close(self) -> None:
        """Flushes for `exit_seconds`; what has no answer then is handed over, or told of. Nothing is accepted after."""
        if self._is_closed:
            return
        self._is_closed = True
        atexit.unregister(self.close)
        self.flush(self._options.exit_seconds)
        left = self._state.buffer.give_up()  # with what another thread put in meanwhile
        if left and self._options.on_unsent is not None:
            self._options.on_unsent(left)
        elif left:
            log.error("%d tracked events had no answer when the client was closed", len(left))

    def _start(self) -> None:
        if self._thread is not None:
            return
        with self._state.starting:
            if self._thread is None:
                atexit.register(self.close)
                self._thread = Thread(target=self._send_all, args=(self._state.buffer,), name="octy-track", daemon=True)
                self._thread.start()

    def _send_all(self, buffer: Buffer) -> None:
        """The thread's whole life."""
        connection = self._connect()
        failures = 0
        while True:
            some = buffer.batch()
            try:
                failed = self._send(connection, some)
            except (Unavailable, Unauthorized, RequestRefused) as error:
                if isinstance(error, RequestRefused) and error.status in REQUEST_STATUSES:
                    buffer.halve(len(some))
                    continue
                if not failures:
                    log.warning("tracked events wait: %s", error)
                buffer.pause(_pause_seconds(error, failures))
                failures += 1
                continue
            if failures:
                log.warning("tracked events are sent again")
            failures = 0
            buffer.settle(len(some))
            for one in failed:
                self._refused(some[one.index].event, one.reason)

    def _send(self, connection: Blocking, some: Sequence[Waiting]) -> list[FailedOne]:
        """Those that the server refused. Raises where it did not answer for each."""
        body = joined("events", [one.body for one in some])
        try:
            answer = connection.run(connection.requests.post(f"{PATH}/create/batch", body, _Answer))
        except RequestRefused as refused:
            if not names_objects(refused) and (len(some) > 1 or refused.status not in REQUEST_STATUSES):
                raise
            answer = _Answer([], failures_of(refused, len(some)))
        failed = {one.index: one.error_message for one in answer.failed_to_create if one.index is not None}
        told = len(answer.created_events) + len(failed)
        if told != len(some) or not failed.keys() <= set(range(len(some))):
            raise Unavailable(f"The server does not say what became of each of {len(some)} events.")
        return [FailedOne(index, reason) for index, reason in failed.items()]

    def _refused(self, event: EventDraft, reason: str) -> None:
        if self._options.on_refused is None:
            log.error("a tracked event (%s of %s) was refused: %s", event.event_type, event.profile_id, reason)
            return
        try:
            self._options.on_refused(event, reason)
        except Exception:  # the program's own; the events behind this one must not wait for ever
            log.exception("on_refused failed")


class Tracks:
    """The part of a client that tracks: the same for both."""

    def __init__(self, options: Tracking, connect: Callable[[], Blocking]) -> None:
        self._is_stamped = options.is_stamped
        self._tracker = Tracker(options, connect)

    def track(
        self,
        profile: ProfileView | str,
        event_type: str,
        properties: Mapping[str, object] | None = None,
        /,
        *,
        created_at: datetime | str | None = None,
        message_id: str | None = None,
        **more_properties: object,
    ) -> str:
        """Accepts an event of a profile and returns at once; its `message_id`.

        `created_at` is now unless given. Properties that are called like a parameter go into `properties`. BufferFull
        where too many events wait for an answer.
        """
        at = created_at or (datetime.now(UTC) if self._is_stamped else None)
        known = message_id or uuid.uuid4().hex
        self._tracker.track(drafted(profile, event_type, dict(properties or {}) | more_properties, at, known))
        return known


_open: "weakref.WeakSet[Tracker]" = weakref.WeakSet()


def _after_fork() -> None:
    """The parent sends what it had accepted; the child, which has not inherited the thread, begins anew."""
    for tracker in _open:
        tracker.begin()


os.register_at_fork(after_in_child=_after_fork)


def _pause_seconds(error: OctyError, failures: int) -> float:
    named = error.retry_after_seconds if isinstance(error, Unavailable) else 0
    seconds = min(max(FIRST_PAUSE_SECONDS * 2 ** min(failures, 10), named), PAUSE_SECONDS_MAX)
    return random.uniform(seconds / 2, seconds) if named < seconds else seconds  # noqa: S311 - no secret depends on it
