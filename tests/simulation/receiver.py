"""Who takes the webhooks? A receiver of many moods, and the product's own sender with a wire that leads to it."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any, cast

import aiohttp
import msgspec

from octy.model.clock import Clock
from octy.webhooks.outbox import Delivery
from octy.webhooks.sender import Keys, Sender

FAILING_MOODS = (
    "answers 500",
    "answers 429",
    "resets before",
    "resets after",
    "hangs before",
    "hangs after",
)


class Received:
    """One webhook, as often as it came."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.times = 0
        self.accepted = 0
        """How often it was answered with 2xx."""


class Receiver:
    """Outlives every server. Remembers what came, before it answers."""

    def __init__(self, chance: Random, faults: Counter[str]) -> None:
        self._chance = chance
        self._faults = faults
        self.failing_share = 0.0
        self.received: dict[str, Received] = {}
        """By webhook id."""
        self.changed: list[str] = []
        """The ids of webhooks that came with another body than before."""

    def mood(self) -> str:
        """How the next attempt ends."""
        if self._chance.random() >= self.failing_share:
            return "answers 200"
        mood = self._chance.choice(FAILING_MOODS)
        self._faults[f"receiver {mood}"] += 1
        return mood

    def takes(self, webhook_id: str, body: bytes, *, accepted: bool) -> None:
        """It is here."""
        received = self.received.setdefault(webhook_id, Received(body))
        received.times += 1
        received.accepted += accepted
        if received.body != body:
            self.changed.append(webhook_id)

    def pause_seconds(self) -> float:
        """How long the wire takes."""
        return self._chance.choice((0.0, 0.001, 0.3, 4.0) if self.failing_share else (0.0, 0.001, 0.3))


class WiredSender(Sender):
    """The product's sender, all but the connection."""

    def __init__(self, clock: Clock, keys: Keys, receiver: Receiver) -> None:
        super().__init__(clock, keys, allow_private=False)
        self._receiver = receiver

    async def open(self) -> None:
        """There is nothing to be made ready."""

    async def _post(self, delivery: Delivery) -> aiohttp.ClientResponse:
        mood = self._receiver.mood()
        await asyncio.sleep(self._receiver.pause_seconds())
        if mood == "hangs before":
            await asyncio.sleep(3600)
        if mood == "resets before":
            raise aiohttp.ClientConnectionResetError
        webhook_id = self._headers(delivery)["webhook-id"]
        self._receiver.takes(webhook_id, delivery.body, accepted=mood == "answers 200")
        await asyncio.sleep(self._receiver.pause_seconds())
        if mood == "hangs after":
            await asyncio.sleep(3600)
        if mood == "resets after":
            raise aiohttp.ClientConnectionResetError
        return cast("aiohttp.ClientResponse", Answer(int(mood.split()[1])))


class Answer:
    """What the sender reads of an answer."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.headers: Mapping[str, str] = {"Retry-After": "30"} if status == 429 else {}
        self.content = self

    async def read(self, _: int) -> bytes:
        """The body is empty."""
        return b""

    def close(self) -> None:
        """The connection is given up."""


def told(body: bytes) -> tuple[str, str, str, str]:
    """Of whom, which segment, which verb and when a webhook tells (H1)."""
    said: Any = msgspec.json.decode(body)
    about = said["body"]
    return about["profile_id"], about["segment"]["segment_tag"], said["subject"].split()[-1], said["date_time"]
