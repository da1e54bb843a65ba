"""What does an operation do, step by step, whoever carries it out?

An operation is a generator: it yields a request to be sent or a pause to be made, and is given what came of it. So it
is written once, and carried out by a client that blocks (`carry_out`) and by one that awaits (`carry_out_async`).
"""

from collections.abc import Awaitable, Callable, Generator
from typing import Generic, NamedTuple, TypeAlias, TypeVar

import httpx

T = TypeVar("T")
Row = TypeVar("Row")


class Pause(NamedTuple):
    """Nothing is to be done for a while."""

    seconds: float


Steps: TypeAlias = Generator[httpx.Request | Pause, httpx.Response | None, T]


class Page(NamedTuple, Generic[Row]):
    """Some of the rows of a list, and how the next ones are asked for, where there may be more."""

    rows: list[Row]
    following: "Callable[[], Steps[Page[Row]]] | None"


def carry_out(steps: Steps[T], send: Callable[[httpx.Request], httpx.Response], pause: Callable[[float], None]) -> T:
    """The operation's result, or what it raises."""
    try:
        step = next(steps)
        while True:
            try:
                answer = None
                if isinstance(step, Pause):
                    pause(step.seconds)
                else:
                    answer = send(step)
            except httpx.HTTPError as error:
                step = steps.throw(error)
            else:
                step = steps.send(answer)
    except StopIteration as end:
        result: T = end.value
        return result


async def carry_out_async(
    steps: Steps[T],
    send: Callable[[httpx.Request], Awaitable[httpx.Response]],
    pause: Callable[[float], Awaitable[None]],
) -> T:
    """As `carry_out`."""
    try:
        step = next(steps)
        while True:
            try:
                answer = await (pause(step.seconds) if isinstance(step, Pause) else send(step))
            except httpx.HTTPError as error:
                step = steps.throw(error)
            else:
                step = steps.send(answer)
    except StopIteration as end:
        result: T = end.value
        return result
