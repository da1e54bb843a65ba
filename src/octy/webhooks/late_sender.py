"""A sender that is loaded when it is opened, which a server does once it is ready.

To load aiohttp takes a tenth of a second, for which no start should wait: nobody is told of anything before it is over.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from octy.webhooks.outbox import Delivery
from octy.webhooks.outcome import Outcome

if TYPE_CHECKING:
    from octy.webhooks.sender import Sender


class LateSender:
    """What `make` makes, in a thread that may take its time."""

    def __init__(self, make: "Callable[[], Sender]") -> None:
        self._make = make
        self._made: Sender | None = None

    async def open(self) -> None:
        """Makes ready, in the running loop."""
        self._made = await asyncio.to_thread(self._make)
        await self._made.open()

    async def close(self) -> None:
        """Drops all connections."""
        if self._made is not None:
            await self._made.close()

    async def attempt(self, delivery: Delivery) -> Outcome:
        """Sends the webhook once."""
        assert self._made is not None, "opened before the first attempt"
        return await self._made.attempt(delivery)
