"""When may a request do what takes the event loop milliseconds? One at a time, and not before it is any use.

Where many large bodies come at once, to decode one after the other would keep all that is small waiting for as long as
that takes: refusals, single events, questions about the server's health. Between two of them everybody is heard.

What a body becomes is several times as large, and by the time that the writer gets to it in a flood, the processor's
cache has forgotten it: it costs half as much again as what the writer takes at once. So in a flood bodies wait as
bytes, each account's in turn, for as long as the writer has enough to do.
"""

import asyncio
from collections import deque
from collections.abc import Callable

LOOK_AGAIN_SECONDS = 0.001
"""After how long it is asked again whether the writer has enough to do."""


class Turns:
    """A line for each account, in one event loop's thread."""

    def __init__(self, is_enough: Callable[[], bool]) -> None:
        """`is_enough`: whether so much waits for the writer that it would be no use to decode more."""
        self._is_enough = is_enough
        self._lines: dict[int, deque[asyncio.Future[None]]] = {}
        """By account; whose turn comes first is first."""
        self._is_taken = False
        """Whether the loop has still to look at its connections, since the last turn or the last look."""

    async def next(self, account_id: int) -> None:
        """Returns when it is one's turn: at once, where nobody waits and the writer has little to do."""
        if not self._is_taken and not self._lines and not self._is_enough():
            self._take()
            return
        turn = asyncio.get_running_loop().create_future()
        self._lines.setdefault(account_id, deque()).append(turn)
        if not self._is_taken:
            self._look_again()
        await turn

    def _take(self) -> None:
        self._is_taken = True
        asyncio.get_running_loop().call_soon(self._go_on)

    def _look_again(self) -> None:
        self._is_taken = True
        asyncio.get_running_loop().call_later(LOOK_AGAIN_SECONDS, self._go_on)

    def _go_on(self) -> None:
        """Once the loop has come round."""
        self._is_taken = False
        while self._lines:
            if self._is_enough():
                self._look_again()
                return
            turn = self._first()
            if not turn.done():  # its request may have been given up
                turn.set_result(None)
                self._take()
                return

    def _first(self) -> "asyncio.Future[None]":
        """Of the account whose turn it is; it is the last to have another one."""
        account_id = next(iter(self._lines))
        line = self._lines.pop(account_id)
        turn = line.popleft()
        if line:
            self._lines[account_id] = line
        return turn
