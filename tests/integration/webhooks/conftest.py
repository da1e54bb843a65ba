"""Receivers, senders and dispatchers, on both event loops that the server may run on."""

from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest

from octy.model.clock import ManualClock
from octy.webhooks.dispatcher import Dispatcher
from octy.webhooks.sender import Sender
from tests.integration.webhooks.memory import MemoryOutbox
from tests.integration.webhooks.receiver import Receiver, signing_keys

NOON_US = 1_704_110_400_000_000


@pytest.fixture(
    params=[("asyncio", {"use_uvloop": False}), ("asyncio", {"use_uvloop": True})], ids=["asyncio", "uvloop"]
)
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON_US)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    await receiver.start()
    yield receiver
    await receiver.stop()


@pytest.fixture
async def other_receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    await receiver.start()
    yield receiver
    await receiver.stop()


@pytest.fixture
async def sender(clock: ManualClock) -> AsyncIterator[Sender]:
    sender = Sender(clock, signing_keys, allow_private=True)
    await sender.open()
    yield sender
    await sender.close()


@pytest.fixture
def outbox() -> MemoryOutbox:
    return MemoryOutbox()


@pytest.fixture
async def dispatcher(outbox: MemoryOutbox, clock: ManualClock) -> AsyncIterator[Dispatcher]:
    dispatcher = Dispatcher(outbox, Sender(clock, signing_keys, allow_private=True), clock, chance=Random(7))
    await dispatcher.start()
    yield dispatcher
    await dispatcher.stop()
