"""What does an operation do, step by step, whoever carries it out?

An operation is a generator: it yields a request to be sent, a file to be fetched or a pause to be made, and is given
what came of it. So it is written once, and carried out by a client that blocks (`carry_out`) and by one that awaits
(`carry_out_async`).
"""

from collections.abc import Awaitable, Callable, Generator
from contextlib import closing
from typing import Generic, NamedTuple, TypeAlias, TypeVar

import httpx

from octy.client.arriving import Arrival

T = TypeVar("T")
Row = TypeVar("Row")


class Pause(NamedTuple):
    """Nothing is to be done for a while."""

    seconds: float


class Fetch(NamedTuple):
    """A request whose answer is a file."""

    request: httpx.Request
    into: Arrival


Step: TypeAlias = httpx.Request | Fetch | Pause
Steps: TypeAlias = Generator[Step, httpx.Response | None, T]


class Page(NamedTuple, Generic[Row]):
    """Some of the rows of a list, and how the next ones are asked for, where there may be more."""

    rows: list[Row]
    following: "Callable[[], Steps[Page[Row]]] | None"


def carry_out(steps: Steps[T], take: Callable[[Step], httpx.Response | None]) -> T:
    """The operation's result, or what it raises. `take` does one step."""
    with closing(steps):  # whatever ends it, nothing of it stays open
        try:
            step = next(steps)
            while True:
                try:
                    answer = take(step)
                except httpx.HTTPError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result


async def carry_out_async(steps: Steps[T], take: Callable[[Step], Awaitable[httpx.Response | None]]) -> T:
    """As `carry_out`."""
    with closing(steps):
        try:
            step = next(steps)
            while True:
                try:
                    answer = await take(step)
                except httpx.HTTPError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result
