"""Bodies are let in while there is room for them, and counted from their first byte until they are answered."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from octy.http.door import Door
from octy.model import limits
from tests.integration.http.world import Api, World, error_of
from tests.integration.service.serving import StandingClock

BATCH = "/v1/retention/events/create/batch"
PROFILES = "/v1/retention/profiles/create"
START_US = 1_700_000_000_000_000


@pytest.fixture
def served(tmp_path: Path) -> Iterator[World]:
    """A server of its own, outside a sandbox."""
    world = World(tmp_path, StandingClock(START_US))
    yield world
    world.close()


@pytest.fixture
def shop(served: World) -> Api:
    api = served.account()
    api.has_event_types(viewed=["item_id"])
    return api


def events(profile_id: str, count: int, padding: int = 0) -> dict[str, Any]:
    properties = {"item_id": "x" * padding}
    return {"events": [{"event_type": "viewed", "profile_id": profile_id, "event_properties": properties}] * count}


def refused(answer: httpx.Response) -> None:
    """503 in the house's shape, with a word about when to try again."""
    error = error_of(answer, 503, code=500)
    assert int(answer.headers["retry-after"]) >= 1
    assert "Too many requests are waiting" in error["reason"]


@pytest.mark.parametrize("path", [BATCH, PROFILES])
def test_a_body_for_which_there_is_no_room_is_refused(
    served: World, shop: Api, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "BODY_BYTES_WAITING_MAX", 1_000)
    refused(shop.post(path, b"{" + b" " * 1_000))
    assert served.door.bytes_inside == 0
    error_of(shop.post(path, b"{" + b" " * 999), 400)
    assert shop.get("/v1/retention/segments").status_code == 200, "questions have no body"
    assert served.door.bytes_inside == 0


@pytest.mark.parametrize("through_the_lane", [True, False])
def test_bodies_that_wait_and_that_are_not_whole_yet_take_room(
    served: World, shop: Api, monkeypatch: pytest.MonkeyPatch, through_the_lane: bool
) -> None:
    """One waits for the writer, one for the rest of its bytes; the third finds no room until they are gone."""
    (ana,) = shop.has_profiles("ana")
    body = json.dumps(events(ana, 1, padding=400)).encode()
    monkeypatch.setattr(limits, "BODY_BYTES_WAITING_MAX", 2 * len(body))
    door = served.door if through_the_lane else Door(served.app, served.octy)

    async def story() -> None:
        transport = httpx.ASGITransport(door)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://octy", headers=shop.headers) as client:
            rest = asyncio.Event()

            async def in_two_pieces() -> AsyncIterator[bytes]:
                yield body[:200]
                await rest.wait()
                yield body[200:]

            begun, leave = asyncio.Event(), asyncio.Event()
            busy = asyncio.create_task(_keep_busy(served, begun, leave))
            await begun.wait()
            waiting = asyncio.create_task(client.post(BATCH, content=body))
            while door.bytes_inside < len(body):
                await asyncio.sleep(0)
            receiving = asyncio.create_task(client.post(BATCH, content=in_two_pieces()))
            while door.bytes_inside < len(body) + 200:
                await asyncio.sleep(0)
            refused(await client.post(BATCH, content=body))
            assert door.bytes_inside == len(body) + 200, "what was refused takes no room"
            rest.set()
            leave.set()
            await busy
            assert (await waiting).status_code == 201
            assert (await receiving).status_code == 201
            assert door.bytes_inside == 0
            assert (await client.post(BATCH, content=body)).status_code == 201

    asyncio.run(story())


async def _keep_busy(served: World, begun: asyncio.Event, leave: asyncio.Event) -> None:
    """The writer does nothing until it is let go."""
    loop = asyncio.get_running_loop()

    def wait(_: object) -> None:
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(leave.wait(), loop).result(60)

    await asyncio.wrap_future(served.octy._writer.submit(0, wait))


def test_a_sender_that_hangs_up_gives_its_room_back(served: World, shop: Api) -> None:
    async def story() -> None:
        received: Iterator[dict[str, Any]] = iter(
            [{"type": "http.request", "body": b"x" * 100, "more_body": True}, {"type": "http.disconnect"}]
        )

        async def receive() -> Any:
            message = next(received)
            if message["type"] == "http.disconnect":
                assert served.door.bytes_inside == 100
            return message

        async def send(_: Any) -> None:
            pass

        headers = [(b"authorization", shop.headers["Authorization"].encode())]
        scope = {"type": "http", "method": "POST", "path": BATCH, "headers": headers, "query_string": b""}
        await served.door(scope, receive, send)  # type: ignore[arg-type]

    asyncio.run(story())
    assert served.door.bytes_inside == 0


def test_nothing_is_read_while_the_queue_is_full(shop: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no JSON would be refused as such, had anybody looked."""
    monkeypatch.setattr(limits, "QUEUED_REQUESTS_MAX", 0)
    refused(shop.post(BATCH, b"no JSON"))
    refused(shop.post(PROFILES, b"no JSON"))
    monkeypatch.undo()
    error_of(shop.post(BATCH, b"no JSON"), 400)
