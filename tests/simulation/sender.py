"""The product's own sender, with a wire that leads to the simulation's receiver."""

import asyncio
from collections.abc import Mapping
from typing import cast

import aiohttp

from octy.service.octy import Octy
from octy.store.folder import Store
from octy.webhooks.outbox import Delivery
from octy.webhooks.sender import Sender
from tests.simulation.attempts import Attempts, standing
from tests.simulation.receiver import Receiver

FOREVER_SECONDS = 3600


class WiredSender(Sender):
    """All of it but the connection."""

    def __init__(self, octy: Octy, store: Store, receiver: Receiver, attempts: Attempts) -> None:
        super().__init__(octy.clock, octy.signing_keys.valid, allow_private=False)
        self._octy = octy
        self._store = store
        self._receiver = receiver
        self._attempts = attempts

    async def open(self) -> None:
        """There is nothing to be made ready."""

    async def _post(self, delivery: Delivery) -> aiohttp.ClientResponse:
        with self._store.reading() as connection:
            stored = standing(connection, delivery.delivery_id)
        now_us = self._clock.now_us()
        with self._attempts.made(delivery, stored, now_us):
            return await self._answer(delivery, now_us)

    async def _answer(self, delivery: Delivery, now_us: int) -> aiohttp.ClientResponse:
        mood, headers = self._receiver.mood(), self._headers(delivery)
        secrets = [one.secret for one in self._octy.webhook_secrets(delivery.account_id)]
        self._attempts.is_signed(delivery, headers, secrets, now_us)
        answer = Answer(mood, self._receiver.retry_after_seconds())
        if answer.status != 200:
            self._attempts.fails(delivery, now_us)
        await self._takes_its_time(mood, "before")
        self._receiver.takes(headers["webhook-id"], delivery.body, accepted=answer.status == 200)
        await self._takes_its_time(mood, "after")
        if answer.status == 429:  # and that is heard
            self._attempts.fails(delivery, now_us, answer.retry_after_seconds)
        return cast("aiohttp.ClientResponse", answer)

    async def _takes_its_time(self, mood: str, when: str) -> None:
        await asyncio.sleep(self._receiver.pause_seconds())
        if mood == f"hangs {when}":
            await asyncio.sleep(FOREVER_SECONDS)
        if mood == f"resets {when}":
            raise aiohttp.ClientConnectionResetError


class Answer:
    """What the sender reads of an answer."""

    def __init__(self, mood: str, retry_after_seconds: int) -> None:
        what, _, status = mood.partition(" ")
        self.status = int(status) if what == "answers" else 0
        self.retry_after_seconds = retry_after_seconds if self.status == 429 else 0
        self.headers: Mapping[str, str] = {"Retry-After": str(retry_after_seconds)} if self.status == 429 else {}
        self.content = self

    async def read(self, _: int) -> bytes:
        """The body is empty."""
        return b""

    def close(self) -> None:
        """The connection is given up."""
