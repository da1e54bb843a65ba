"""E5: a request with an `Idempotency-Key` is done once. Every route that changes something goes through `write`.

The answer is made from the result by one function, whether it is sent now or stored beside the change for a repeat.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from octy.http.answers import Json
from octy.http.batches import Sent
from octy.http.errors import all_failed
from octy.http.receiving import IDEMPOTENCY_KEY
from octy.http.requests import Asking
from octy.model import limits
from octy.model.errors import Problem, Refused
from octy.model.idempotency import Answer, Once, Replayed
from octy.model.outcomes import Failure, Outcome
from octy.model.values import shown

T = TypeVar("T")
D = TypeVar("D")

REPLAYED = {"Idempotent-Replayed": "true"}


async def write(
    request: Asking,
    start: Callable[[Once | None], "Future[T]"],
    answer: Callable[[T], Answer],
    settled: Callable[[T], None] = lambda _: None,
) -> Json[Any]:
    """Starts a change, waits until it is durable, and answers; or answers as the first time, if this is a repeat.

    `settled` is told of the result once it is durable. An answer that is stored is made before, and perhaps again.
    """
    once = _once(request, answer)
    try:
        result = await _settled(start(once))
    except Replayed as replayed:
        return Json(replayed.answer, REPLAYED)
    settled(result)
    return Json(answer(result))


async def write_batch(
    request: Asking,
    sent: Sent[D],
    start: Callable[[list[D], Once | None], "Future[Outcome[T]]"],
    answer: Callable[[Outcome[T]], Answer],
    named: Callable[[Failure], str] = lambda failure: failure.message,
) -> Json[Any]:
    """As `write`, for a request of several objects. `answer` is asked where any was accepted.

    Where none was, the answer is an error with a line for each, worded by `named`.
    """

    def answered(outcome: Outcome[T]) -> Answer:
        whole = sent.with_unread(outcome)
        if whole.done:
            return answer(whole)
        lines = [Failure(failure.index, named(failure)) for failure in whole.failed]
        return all_failed("None of the request's objects was accepted.", lines)

    if not sent.drafts:
        return Json(answered(Outcome([], [])))
    return await write(request, lambda once: start(sent.drafts, once), answered, sent.settled)


async def _settled(future: "Future[T]") -> T:
    """The future's result, once the writer's thread has set it.

    Unlike `asyncio.wrap_future`, it leaves the future alone when the request is cancelled: what the writer has begun
    goes on.
    """
    loop = asyncio.get_running_loop()
    waiter = loop.create_future()

    def wake() -> None:
        if not waiter.done():
            waiter.set_result(None)

    def done(_: "Future[T]") -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(wake)

    future.add_done_callback(done)
    await waiter
    try:
        return future.result()
    finally:
        del future  # what it raises would refer to itself by way of this frame, and stay until the collector comes


def _once(request: Asking, answer: Callable[[Any], Answer]) -> Once | None:
    keys = [value for name, value in request.scope["headers"] if name == IDEMPOTENCY_KEY]
    if not keys:
        return None
    key = keys[0].decode("latin-1")
    if len(keys) > 1 or not 1 <= len(key) <= limits.IDEMPOTENCY_KEY_CHARACTERS_MAX:
        wanted = f"one, of 1 to {limits.IDEMPOTENCY_KEY_CHARACTERS_MAX} characters"
        found = f"{len(keys)} of them" if len(keys) > 1 else shown(key)
        raise Refused("The Idempotency-Key is not usable.", [Problem("Idempotency-Key", found, wanted)])
    return Once(request.scope["path"], key, request.body_sha256, answer)
