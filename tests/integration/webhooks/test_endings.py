"""When is a webhook tried, and how does it end? In virtual time, for every way a receiver may behave (C22)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from aiohttp import web

from octy.model.clock import ManualClock
from octy.model.instants import US_PER_DAY, US_PER_SECOND, rfc1123
from octy.webhooks.dispatcher import Dispatcher
from octy.webhooks.schedule import JITTER, PAUSES_US, Schedule
from octy.webhooks.sender import Sender
from tests.integration.service.serving import Service
from tests.integration.service.world import Shop
from tests.integration.webhooks.conftest import NOON_US
from tests.integration.webhooks.memory import MemoryOutbox
from tests.integration.webhooks.receiver import Receiver, Request, signing_keys

pytestmark = pytest.mark.anyio

ALL = len(PAUSES_US) + 1
HANG_SECONDS = 0.05


class Behaviour(NamedTuple):
    """What a receiver answers, how many attempts that makes, and how the webhook ends."""

    name: str
    statuses: tuple[int, ...]
    attempts: int
    state: str
    headers: Mapping[str, str] = {}
    at_least_us: int = 0
    """What `Retry-After` asks for, as far as it is heeded."""
    closes: bool = False
    """Instead of answering."""
    hangs: bool = False


def failing(status: int) -> Behaviour:
    return Behaviour(f"{status} for ever", (status,) * 100, ALL, "failed")


def asking(status: int, header: str, seconds: int) -> Behaviour:
    name = f"{status} with Retry-After: {header}"
    return Behaviour(name, (status,) * 100, ALL, "failed", {"Retry-After": header}, seconds * US_PER_SECOND)


BEHAVIOURS = [
    *(Behaviour(f"{status} at once", (status,), 1, "delivered") for status in (200, 201, 202, 204)),
    *map(failing, (301, 302, 303, 307, 308, 400, 401, 403, 404, 408, 409, 422, 429, 500, 501, 502, 503, 504, 599)),
    Behaviour("410 at once", (410,), 1, "failed"),
    Behaviour("500, then 410", (500, 410), 2, "failed"),
    *(Behaviour(f"{n} failures, then 200", (500,) * n + (200,), n + 1, "delivered") for n in (1, 5, 9)),
    asking(429, "60", 60),
    asking(503, "3600", 3_600),
    asking(500, "86400", 86_400),
    asking(429, "86401", 86_400),
    asking(503, "9999999999", 86_400),
    asking(429, "0", 0),
    asking(503, "soon", 0),
    asking(429, "-5", 0),
    asking(503, rfc1123(NOON_US - US_PER_DAY), 0),
    Behaviour("closes the connection", (), ALL, "failed", closes=True),
    Behaviour("hangs", (), ALL, "failed", hangs=True),
]


class Told(NamedTuple):
    """What the account sees."""

    instants_us: list[int]
    state: str
    gone: bool


def behaving(behaviour: Behaviour) -> Callable[[Request], Awaitable[web.Response]]:
    statuses = list(behaviour.statuses)

    async def answer(_: Request) -> web.Response:
        if behaviour.hangs:
            await asyncio.sleep(60)
        if behaviour.closes:
            raise asyncio.CancelledError
        return web.Response(status=statuses.pop(0), headers=behaviour.headers)

    return answer


async def lived(behaviour: Behaviour, receiver: Receiver, seed: int) -> Told:
    """The instants of all attempts, as time jumps from one that is due to the next."""
    clock, outbox = ManualClock(NOON_US), MemoryOutbox()
    sender = Sender(clock, signing_keys, allow_private=True, timeout_seconds=HANG_SECONDS if behaviour.hangs else 15)
    dispatcher = Dispatcher(outbox, sender, clock, chance=Random(seed))
    receiver.answer = behaving(behaviour)
    outbox.add(receiver.url, due_us=NOON_US)
    await dispatcher.start()
    await dispatcher.drain()
    (row,) = outbox.rows
    while row.state == "pending":
        attempts = len(row.attempts)
        assert row.next_attempt_us > clock.now_us()
        clock.move_to(row.next_attempt_us - 1)
        await drained(dispatcher)
        assert len(row.attempts) == attempts, "never early"
        clock.move_to(row.next_attempt_us)
        await drained(dispatcher)
        assert len(row.attempts) == attempts + 1
    clock.move_to(clock.now_us() + 10 * US_PER_DAY)
    await drained(dispatcher)
    await dispatcher.stop()
    if not behaviour.hangs:  # or an attempt may be over before it has arrived, where the machine is slow
        assert len(receiver.requests) == len(row.attempts)
    assert set(receiver.ids) == {row.delivery.webhook_id}
    return Told([attempt.started_us for attempt in row.attempts], row.state, bool(outbox.gone))


async def drained(dispatcher: Dispatcher) -> None:
    dispatcher.wake()
    await dispatcher.drain()


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda behaviour: behaviour.name)
async def test_every_behaviour_is_met_by_the_schedule(behaviour: Behaviour, receiver: Receiver) -> None:
    told = await lived(behaviour, receiver, seed=len(behaviour.name))
    assert (len(told.instants_us), told.state) == (behaviour.attempts, behaviour.state)
    assert told.gone == (410 in behaviour.statuses)
    assert told.instants_us[0] == NOON_US
    pauses = [after - before for before, after in pairwise(told.instants_us)]
    for pause, planned in zip(pauses, PAUSES_US, strict=False):
        assert pause >= behaviour.at_least_us
        assert pause >= planned * (1 - JITTER)
        assert pause <= max(planned * (1 + JITTER), behaviour.at_least_us)


def test_there_are_at_least_thirty_behaviours() -> None:
    assert len(BEHAVIOURS) >= 30


async def test_the_schedule_survives_twenty_restarts(tmp_path: Path, receiver: Receiver) -> None:
    """C22. Through a real store: what is due after each start is what was due before it."""
    receiver.script = [500] * 100
    service = Service(tmp_path / "sandbox", ManualClock(NOON_US))
    shop = Shop(service)
    shop.has("ana")
    shop.wants_webhooks(receiver.url)
    shop.live("viewing", "view")
    shop.views("ana")
    instants = []
    for _ in range(ALL):
        await asyncio.to_thread(service.restart)
        dispatcher = Dispatcher(
            service.octy.outbox,
            Sender(service.clock, service.octy.signing_keys.valid, allow_private=True),
            service.clock,
            schedule=Schedule(jitter=0),
        )
        await dispatcher.start()
        await dispatcher.drain()
        await dispatcher.stop()
        instants.append(service.clock.now_us())
        await asyncio.to_thread(service.restart)
        next_us = await service.octy.outbox.next_due_us(service.clock.now_us())
        if len(instants) < ALL:
            service.clock.move_to(next_us)
    pauses = [after - before for before, after in pairwise(instants)]
    assert pauses == list(PAUSES_US)
    assert len(receiver.requests) == ALL
    assert set(receiver.ids) == set(shop.deliveries())
    assert service.octy.reading.deliveries(shop.account) == {"pending": 0, "delivered": 0, "failed": 1}
    attempts = service.rows("SELECT number, started_us, status FROM webhook_attempts ORDER BY number")
    assert attempts == [(number, at_us, 500) for number, at_us in enumerate(instants, 1)]
    service.stop()
