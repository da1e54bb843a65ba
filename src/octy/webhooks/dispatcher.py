"""Which webhooks leave when? Takes what is due from the outbox, sends it, and records what came of it.

- At least once (H4): a delivery stays pending until its result is recorded. Whatever is interrupted is sent again.
- Fair: at most `IN_FLIGHT_MAX` attempts at once, and `IN_FLIGHT_PER_RECEIVER_MAX` to one account's receiver; fewer
  until it has taken something, so that those that hang, also a hundred of them, hold up nobody else. What waits stays
  in the store; memory holds only what is in flight.
- In order: no two deliveries about one profile are ever in flight together, and of those that are due, the one that
  was made first goes first. The outbox lets a later one wait for an earlier one, but not for ever; one that is ahead
  then is marked so before it leaves.
- Gently: a receiver that takes nothing, or has too much to do, is given pauses (`octy.webhooks.breaker`).
- By the injected clock: retries fall due on it. In a sandbox they come when its clock is moved, and not before.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from random import Random, SystemRandom
from typing import Protocol

import structlog

from octy.model import tracing
from octy.model.clock import Clock
from octy.model.instants import NEVER, US_PER_SECOND
from octy.model.tracing import Report, Span, Trace, new_trace
from octy.webhooks.breaker import Breaker
from octy.webhooks.counts import DELIVERED, GIVEN_UP, POSTPONED, AttemptCounts
from octy.webhooks.outbox import Attempt, Busy, Delivery, GivenUp, Outbox, Postponed, Result, Succeeded
from octy.webhooks.outcome import Delivered, Failed, Outcome
from octy.webhooks.schedule import Schedule

log = structlog.get_logger()

IN_FLIGHT_MAX = 250
IN_FLIGHT_PER_RECEIVER_MAX = 10
IN_FLIGHT_UNPROVEN_MAX = 2
"""So many to a receiver that has taken nothing lately; one more with each that it takes."""
LOOK_SECONDS = 1.0
"""The clock is looked at so often while nothing is due: one that is moved, or set, tells nobody."""
GONE = 410
"""A receiver that answers so wants nothing any more."""
_OUTCOMES = {Succeeded: DELIVERED, Postponed: POSTPONED, GivenUp: GIVEN_UP}
TROUBLE_SECONDS = 1.0
"""The pause after the outbox has failed."""
STOP_SECONDS_MAX = 3.0
"""How long `stop` waits for results to be recorded."""


class Sending(Protocol):
    """Who makes attempts (`octy.webhooks.sender`)."""

    async def open(self) -> None:
        """Makes ready, in the running loop."""

    async def close(self) -> None:
        """Drops all connections."""

    async def attempt(self, delivery: Delivery) -> Outcome:
        """Sends the webhook once. Never raises for what a receiver or a network does."""


class Dispatcher:
    """Runs from `start` to `stop` in one event loop. Only `wake` and `forgive` may be called from other threads."""

    def __init__(
        self,
        outbox: Outbox,
        sender: Sending,
        clock: Clock,
        *,
        schedule: Schedule | None = None,
        chance: Random | None = None,
        counts: AttemptCounts | None = None,
        report: Report | None = None,
    ) -> None:
        """`report` takes the spans of attempts."""
        self._outbox = outbox
        self._sender = sender
        self._clock = clock
        self._schedule = schedule or Schedule()
        self._chance = chance or SystemRandom()
        self._counts = counts or AttemptCounts()
        self._report = report
        self._breaker = Breaker()
        self._in_flight: dict[tuple[int, int], asyncio.Task[None]] = {}
        """By (account id, profile key), from the claim until the result is recorded."""
        self._per_account: Counter[int] = Counter()
        self._proven: Counter[int] = Counter()
        """By account, how many more than that: of those with something in flight."""
        self._results: list[tuple[Delivery, Result]] = []
        self._stopping = False
        self._woken = asyncio.Event()
        self._finished = asyncio.Event()
        self._idle = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begins with whatever is due, also from before a restart."""
        self._loop = asyncio.get_running_loop()
        await self._sender.open()
        self._tasks = [asyncio.create_task(self._dispatch()), asyncio.create_task(self._record_results())]

    async def stop(self) -> None:
        """Ends within 5 s. Attempts in flight are broken off and stay pending; results that are known are recorded."""
        self._stopping = True
        if not self._tasks:
            return
        dispatching, recording = self._tasks
        await _cancelled([dispatching, *self._in_flight.values()])
        self._finished.set()
        await asyncio.wait([recording], timeout=STOP_SECONDS_MAX)
        if not recording.done():
            log.warning("webhooks.results_lost", results=len(self._results), consequence="these are sent again")
        await _cancelled([recording])
        await self._sender.close()

    def wake(self) -> None:
        """Says that deliveries were added, or that a manual clock was moved. From any thread, at any time."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has closed: there is nobody to wake
                self._loop.call_soon_threadsafe(self._woken.set)

    def forgive(self, account_id: int) -> None:
        """Says that an account has another receiver, or has mended its own. From any thread, at any time."""

        def forget() -> None:
            self._breaker.forget(account_id)
            self._woken.set()

        if self._loop is not None:
            with suppress(RuntimeError):  # as in `wake`
                self._loop.call_soon_threadsafe(forget)

    async def drain(self) -> None:
        """Returns when nothing is due and nothing in flight, as of now or later; at once when stopped."""
        assert self._tasks, "started before it is drained"
        self._idle.clear()
        self._woken.set()
        idle = asyncio.create_task(self._idle.wait())
        try:
            await asyncio.wait([idle, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        finally:
            idle.cancel()

    # What is due

    async def _dispatch(self) -> None:
        while True:
            self._woken.clear()
            now_us = self._clock.now_us()
            try:
                await self._start_due(now_us)
                next_due_us = self._breaker.next_end_us(now_us, NEVER)
                next_due_us = min(next_due_us, await self._outbox.next_due_us(now_us))
            except Exception:
                log.exception("webhooks.outbox_unreadable")
                await asyncio.sleep(TROUBLE_SECONDS)
                continue
            if not self._in_flight and not self._woken.is_set():
                self._idle.set()
            await self._sleep_until(next_due_us)

    async def _start_due(self, now_us: int) -> None:
        """Starts attempts until everything that is due is in flight, or has to wait for something that is.

        Each question leaves out those who are busy by then, so a receiver's long queue never hides the others'.
        """
        while (free := IN_FLIGHT_MAX - len(self._in_flight)) > 0:
            due = await self._outbox.due(now_us, free, IN_FLIGHT_PER_RECEIVER_MAX, self._busy(now_us))
            started = False
            for delivery in due:
                started |= self._start(delivery, now_us)
            if not started:
                return

    def _busy(self, now_us: int) -> Busy:
        full = {account for account, count in self._per_account.items() if count >= self._room(account, now_us)}
        return Busy(profiles=frozenset(self._in_flight), accounts=frozenset(full | self._breaker.paused(now_us)))

    def _room(self, account_id: int, now_us: int) -> int:
        return self._breaker.room(account_id, now_us, IN_FLIGHT_UNPROVEN_MAX + self._proven[account_id])

    def _start(self, delivery: Delivery, now_us: int) -> bool:
        """Starts an attempt, unless the profile or the receiver has become busy."""
        account = delivery.account_id
        whose = (account, delivery.profile_key)
        if whose in self._in_flight or self._per_account[account] >= self._room(account, now_us):
            return False
        self._per_account[account] += 1
        self._in_flight[whose] = asyncio.create_task(self._deliver(delivery))
        self._counts.in_flight = len(self._in_flight)
        return True

    async def _sleep_until(self, due_us: int) -> None:
        """Until the clock shows that instant, or somebody wakes us."""
        while not self._woken.is_set() and (ahead_us := due_us - self._clock.now_us()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(ahead_us / US_PER_SECOND, LOOK_SECONDS)):
                    await self._woken.wait()

    # What comes of it

    async def _deliver(self, delivery: Delivery) -> None:
        if delivery.webhook_url:
            result = await self._tried(delivery)
        else:
            error = "The account has no webhook URL any more."
            result = GivenUp(delivery.delivery_id, delivery.attempts, self._clock.now_us(), error, None)
        if result is None:
            await asyncio.sleep(TROUBLE_SECONDS)
            self._release([delivery])
            return
        self._counts.outcomes[_OUTCOMES[type(result)]] += 1
        self._results.append((delivery, result))
        self._finished.set()

    async def _tried(self, delivery: Delivery) -> Result | None:
        """What came of an attempt; None where none could be made, because the outbox has failed."""
        if delivery.is_ahead:
            try:
                delivery = await self._outbox.overtaking(delivery)
            except Exception:
                log.exception("webhooks.order_not_recorded", webhook_id=delivery.webhook_id)
                return None
        clock = asyncio.get_running_loop().time
        started_us, started = self._clock.now_us(), clock()
        if not delivery.attempts:
            self._counts.first_attempts.add((started_us - delivery.created_us) / US_PER_SECOND)
        trace = new_trace() if delivery.trace is None else delivery.trace.called()
        tracing.current.set(trace)
        outcome = await self._attempt(delivery)
        took_seconds = clock() - started
        self._counts.attempts.add(took_seconds)
        if self._report is not None and trace.is_recorded:
            self._report(_span(trace, outcome, delivery.attempts + 1, took_seconds))
        return self._result(delivery, outcome, started_us, round(took_seconds * 1_000))

    async def _attempt(self, delivery: Delivery) -> Outcome:
        try:
            return await self._sender.attempt(delivery)
        except Exception:
            log.exception("webhooks.attempt_broken", webhook_id=delivery.webhook_id)
            return Failed("The attempt could not be made.")

    def _result(self, delivery: Delivery, outcome: Outcome, started_us: int, took_ms: int) -> Result:
        attempts, now_us = delivery.attempts + 1, self._clock.now_us()
        context = log.bind(webhook_id=delivery.webhook_id, account_id=delivery.account_id, attempts=attempts)
        error = None if isinstance(outcome, Delivered) else outcome.reason
        attempt = Attempt(started_us, took_ms, outcome.status, error, outcome.excerpt)
        if isinstance(outcome, Delivered):
            self._breaker.succeeded(delivery.account_id)
            proven = self._proven[delivery.account_id] + 1
            self._proven[delivery.account_id] = min(proven, IN_FLIGHT_PER_RECEIVER_MAX - IN_FLIGHT_UNPROVEN_MAX)
            context.debug("webhooks.delivered", status=outcome.status)
            return Succeeded(delivery.delivery_id, attempts, now_us, attempt)
        asked = outcome.retry_after_seconds
        self._proven[delivery.account_id] //= 2
        self._breaker.failed(delivery.account_id, now_us, status=outcome.status, retry_after_seconds=asked)
        pause = self._schedule.pause_us(attempts - delivery.attempts_before, self._chance, asked)
        is_gone = outcome.status == GONE
        if pause is None or is_gone:
            context.warning("webhooks.given_up", reason=outcome.reason)
            return GivenUp(delivery.delivery_id, attempts, now_us, outcome.reason, attempt, is_gone)
        context.info("webhooks.postponed", reason=outcome.reason, pause_seconds=pause // US_PER_SECOND)
        return Postponed(delivery.delivery_id, attempts, now_us, now_us + pause, outcome.reason, attempt)

    async def _record_results(self) -> None:
        """Records results in groups: all that came while the group before was being stored."""
        while self._results or not self._stopping:
            await self._finished.wait()
            self._finished.clear()
            if not self._results:
                continue
            try:
                await self._record(tuple(self._results))
            except Exception:
                log.exception("webhooks.results_not_recorded", results=len(self._results))
                await asyncio.sleep(TROUBLE_SECONDS)
                self._finished.set()

    async def _record(self, group: Sequence[tuple[Delivery, Result]]) -> None:
        await self._outbox.record([result for _, result in group])
        del self._results[: len(group)]
        self._release(delivery for delivery, _ in group)

    def _release(self, deliveries: Iterable[Delivery]) -> None:
        for delivery in deliveries:
            del self._in_flight[delivery.account_id, delivery.profile_key]
            self._counts.in_flight = len(self._in_flight)
            self._per_account[delivery.account_id] -= 1
            if not self._per_account[delivery.account_id]:
                del self._per_account[delivery.account_id], self._proven[delivery.account_id]
        self._woken.set()


async def _cancelled(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancels them, and waits until they have ended."""
    doomed = list(tasks)
    for task in doomed:
        task.cancel()
    await asyncio.gather(*doomed, return_exceptions=True)


def _span(trace: Trace, outcome: Outcome, attempts: int, took_seconds: float) -> Span:
    facts: dict[str, str | int] = {"http.request.method": "POST", "http.request.resend_count": attempts - 1}
    if outcome.status is not None:
        facts["http.response.status_code"] = outcome.status
    return Span("webhook", trace, True, time.time_ns(), took_seconds, facts, not isinstance(outcome, Delivered))
