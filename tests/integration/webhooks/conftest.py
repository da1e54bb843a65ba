"""Receivers, senders and dispatchers, on both event loops that the server may run on."""

import socket
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest

from octy.model.clock import ManualClock
from octy.webhooks import guard
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


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The addresses for which a socket was asked for by the time its guard had let them pass; none is ever made."""
    asked: list[tuple[Any, ...]] = []

    def refuse(*arguments: Any, **_: Any) -> socket.socket:
        asked.append(arguments)
        raise OSError(101, "Network is unreachable")

    class Sockets:
        AF_INET, AF_INET6, AF_UNSPEC = socket.AF_INET, socket.AF_INET6, socket.AF_UNSPEC
        IPPROTO_TCP, AI_NUMERICHOST, AI_NUMERICSERV = socket.IPPROTO_TCP, socket.AI_NUMERICHOST, socket.AI_NUMERICSERV
        socket = staticmethod(refuse)

    monkeypatch.setattr(guard, "socket", Sockets)
    return asked
