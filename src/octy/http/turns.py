"""When may a request do what takes the event loop milliseconds? One at a time; between two of them everybody is heard.

Where many large bodies come at once, to decode one after the other would keep all that is small waiting for as long as
that takes: refusals, single events, questions about the server's health.
"""

import asyncio
from collections import deque


class Turns:
    """A line, in one event loop's thread."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_taken = False
        """Whether somebody has had a turn since the loop last looked at its connections."""

    async def next(self) -> None:
        """Returns when it is one's turn: at once, where nobody has had one since everybody was heard."""
        if self._is_taken:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn
            return
        self._is_taken = True
        asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        """Once the loop has come round."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # its request may have been given up
                turn.set_result(None)
                asyncio.get_running_loop().call_soon(self._go_on)
                return
        self._is_taken = False
