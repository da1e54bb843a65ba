"""Bodies are let in while there is room for them, counted from their first byte until they are answered (C20, C27).

The server and its clients share an event loop here, so that nothing happens between two steps of a story.
"""

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
import uvicorn

from octy.http import connections, pace
from octy.http.connections import Connections
from octy.http.protocol import HEAD_LOOKED_AT_BYTES, OctyHttpProtocol, served_by
from octy.model import limits
from octy.model.errors import Unavailable
from octy.service.rates import Rate
from tests.integration.http.world import Api, World
from tests.integration.service.serving import StandingClock

BATCH = "/v1/retention/events/create/batch"
PROFILES = "/v1/retention/profiles/create"
AUTHENTICATE = "/v1/account/authenticate"
ORDERS = 60
"""In which requests follow each other, each cut into pieces in a way of its own."""
PATIENCE_SECONDS = 20
"""How long to wait for what must come: no measure of anything."""
START_US = 1_700_000_000_000_000


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]


class Line:
    """A client's connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def sends(self, *pieces: bytes) -> None:
        """At once."""
        self._writer.write(b"".join(pieces))

    async def hears(self) -> Answer:
        """The next answer."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            body = await self._reader.readexactly(int(headers["content-length"]))
        return Answer(int(head[0].split()[1]), headers, json.loads(body))

    async def asks(self, *pieces: bytes) -> Answer:
        """Sends, and hears."""
        self.sends(*pieces)
        return await self.hears()

    async def is_closed(self) -> bool:
        """Whether the server closes it, without another word."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._reader.read() == b""

    def hangs_up(self) -> None:
        """Closes it."""
        self._writer.close()


class Server:
    """Where clients connect to."""

    def __init__(self, world: World, open_: Connections, uvicorn_server: uvicorn.Server) -> None:
        self.door = world.door
        self.open = open_
        self._uvicorn = uvicorn_server

    async def line(self) -> Line:
        """A new connection, of which the server knows."""
        port = self._uvicorn.servers[0].sockets[0].getsockname()[1]
        before = len(self.open)
        line = Line(*await asyncio.open_connection("127.0.0.1", port))
        await until(lambda: len(self.open) != before)
        return line


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


Story = Callable[[Server], Coroutine[Any, Any, None]]


def tell(world: World, story: Story, connections_max: int = 100) -> None:
    """Serves while the story lasts."""

    async def told() -> None:
        open_ = Connections(connections_max)
        async with serving(world, open_) as server:
            await story(Server(world, open_, server))

    asyncio.run(told())


@asynccontextmanager
async def serving(world: World, open_: Connections) -> AsyncIterator[uvicorn.Server]:
    config = uvicorn.Config(
        world.door, port=0, http=served_by(world.door, open_), ws="none", lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup()
    yield server
    await server.shutdown()


async def until(is_so: Callable[[], bool]) -> None:
    """Lets everybody go on until it is so."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so():
            await asyncio.sleep(0)


def request(api: Api, path: str, body: bytes, *lines: str, announced: int | None = None) -> bytes:
    """A POST with a body, or with its beginning."""
    length = len(body) if announced is None else announced
    fields = [f"POST {path} HTTP/1.1", "Host: x", f"Authorization: {api.headers['Authorization']}", *lines]
    return "\r\n".join([*fields, f"Content-Length: {length}", "", ""]).encode() + body


def question(api: Api) -> bytes:
    return f"GET {AUTHENTICATE} HTTP/1.1\r\nHost: x\r\nAuthorization: {api.headers['Authorization']}\r\n\r\n".encode()


def events(profile_id: str, padding: int) -> bytes:
    event = {"event_type": "viewed", "profile_id": profile_id, "event_properties": {"item_id": "x" * padding}}
    return json.dumps({"events": [event]}).encode()


def refused(answer: Answer, because: str = "Too many requests are waiting") -> None:
    """503 in the house's shape, with a word about when to try again."""
    assert answer.status == 503, answer
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.body["error"]["code"] == 500
    assert because in answer.body["error"]["errors"][0]["error_message"]


async def keep_busy(world: World, begun: asyncio.Event, leave: asyncio.Event) -> None:
    """The writer does nothing until it is let go."""
    loop = asyncio.get_running_loop()

    def wait(_: object) -> None:
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(leave.wait(), loop).result(60)

    await asyncio.wrap_future(world.octy._writer.submit(0, wait))


@pytest.mark.parametrize("path", [BATCH, PROFILES])
def test_a_body_for_which_there_is_no_room_is_refused_before_it_comes(
    served: World, shop: Api, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "BODY_BYTES_WAITING_MAX", 2_000)  # of which one account may have half

    async def story(server: Server) -> None:
        line = await server.line()
        body = b"{" + b" " * 1_000
        line.sends(request(shop, path, b"", announced=len(body)))
        refused(await line.hears())
        line.sends(body)
        assert (await line.asks(request(shop, path, b"{" + b" " * 999))).status == 400, "and it goes on"
        assert (await line.asks(question(shop))).status == 200, "questions have no body"
        assert server.door.bytes_inside == 0

    tell(served, story)


def test_however_the_bytes_come_the_answers_are_the_same(
    served: World, shop: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Heads and bodies end anywhere in what is read at once, and requests do not wait for each other."""
    monkeypatch.setattr(limits, "BODY_BYTES_WAITING_MAX", 2_000)  # of which one account may have half
    long_head = f"X-Long: {'x' * HEAD_LOOKED_AT_BYTES}"
    chunks = b"3e9\r\n%s\r\n0\r\n\r\n" % (b" " * 1_001)
    wanted = [
        (question(shop), 200),
        (request(shop, BATCH, b"{" * 999), 400),
        (request(shop, BATCH, b"\r\n\r\n" * 300), 503),
        (request(shop, BATCH, b"GET / HTTP/1.1\r\n\r\n" * 10_000), 503),
        (request(shop, BATCH, b"{" * 1_001, long_head), 503),
        (request(shop, BATCH, b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked") + chunks, 503),
    ]

    async def story(server: Server) -> None:
        line = await server.line()
        for seed in range(ORDERS):
            random = Random(seed)
            random.shuffle(wanted)
            sent = b"".join(one for one, _ in wanted)
            cuts = sorted(random.choices(range(len(sent)), k=random.randrange(40)))
            for first, last in pairwise([0, *cuts, len(sent)]):
                line.sends(sent[first:last])
                await asyncio.sleep(0)
            assert [(await line.hears()).status for _ in wanted] == [status for _, status in wanted], seed
        assert server.door.bytes_inside == 0

    tell(served, story)


def test_bodies_that_wait_and_that_are_not_whole_yet_take_room(
    served: World, shop: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One waits for the writer, one for the rest of its bytes; the third finds no room until they are gone."""
    (ana,) = shop.has_profiles("ana")
    body = events(ana, padding=400)
    monkeypatch.setattr(limits, "BODY_BYTES_WAITING_MAX", 4 * len(body))

    async def story(server: Server) -> None:
        begun, leave = asyncio.Event(), asyncio.Event()
        busy = asyncio.create_task(keep_busy(served, begun, leave))
        await begun.wait()
        waiting, receiving, third = [await server.line() for _ in range(3)]
        waiting.sends(request(shop, BATCH, body))
        await until(lambda: server.door.bytes_inside == len(body))
        receiving.sends(request(shop, BATCH, body[:200], announced=len(body)))
        await until(lambda: server.door.bytes_inside == len(body) + 200)
        refused(await third.asks(request(shop, BATCH, body)))
        assert server.door.bytes_inside == len(body) + 200, "what was refused takes no room"
        receiving.sends(body[200:])
        leave.set()
        await busy
        assert (await waiting.hears()).status == 201
        assert (await receiving.hears()).status == 201
        assert server.door.bytes_inside == 0
        assert (await third.asks(request(shop, BATCH, body))).status == 201

    tell(served, story)


def test_a_body_of_unknown_length_is_refused_where_it_finds_no_room(
    served: World, shop: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "BODY_BYTES_WAITING_MAX", 2_000)

    async def story(server: Server) -> None:
        line = await server.line()
        head = request(shop, BATCH, b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
        line.sends(head, b"1f4\r\n" + b" " * 500 + b"\r\n")
        await until(lambda: server.door.bytes_inside == 500)
        line.sends(b"1f5\r\n" + b" " * 501 + b"\r\n")
        refused(await line.hears())
        line.sends(b"0\r\n\r\n")
        assert (await line.asks(question(shop))).status == 200
        assert server.door.bytes_inside == 0

    tell(served, story)


def test_one_account_leaves_room_for_another(served: World, shop: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODY_BYTES_WAITING_MAX", 2_000)
    other = served.account()

    async def story(server: Server) -> None:
        first, second, third = [await server.line() for _ in range(3)]
        first.sends(request(shop, BATCH, b"{" + b" " * 899, announced=1_000))
        await until(lambda: server.door.bytes_inside == 900)
        refused(await second.asks(request(shop, BATCH, b"{" + b" " * 199)))
        assert (await third.asks(request(other, BATCH, b"{" + b" " * 499))).status == 400
        first.hangs_up()
        await until(lambda: server.door.bytes_inside == 0)

    tell(served, story)


def test_nothing_is_read_while_the_queue_is_full(served: World, shop: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no JSON would be refused as such, had anybody looked."""

    async def story(server: Server) -> None:
        line = await server.line()
        monkeypatch.setattr(limits, "QUEUED_REQUESTS_MAX", 0)
        refused(await line.asks(request(shop, BATCH, b"no JSON")))
        refused(await line.asks(request(shop, PROFILES, b"no JSON")))
        monkeypatch.undo()
        assert (await line.asks(request(shop, BATCH, b"no JSON"))).status == 400

    tell(served, story)


def test_a_queue_that_has_become_full_since_the_head_came_is_told_too(
    served: World, shop: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(server: Server) -> None:
        line = await server.line()
        line.sends(request(shop, BATCH, b"no", announced=7))
        await until(lambda: server.door.bytes_inside == 2)
        monkeypatch.setattr(limits, "QUEUED_REQUESTS_MAX", 0)
        line.sends(b" JSON")
        refused(await line.hears())
        assert server.door.bytes_inside == 0

    tell(served, story)


def test_refusals_stay_in_the_order_of_requests(served: World, shop: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sent at once, without waiting for answers; the first takes long."""
    (ana,) = shop.has_profiles("ana")
    body = events(ana, padding=400)
    monkeypatch.setattr(limits, "BODY_BYTES_WAITING_MAX", 3 * len(body))

    async def story(server: Server) -> None:
        begun, leave = asyncio.Event(), asyncio.Event()
        busy = asyncio.create_task(keep_busy(served, begun, leave))
        await begun.wait()
        line = await server.line()
        line.sends(request(shop, BATCH, body))
        await until(lambda: server.door.bytes_inside == len(body))
        line.sends(request(shop, BATCH, body), question(shop))
        leave.set()
        await busy
        assert (await line.hears()).status == 201
        refused(await line.hears())
        assert (await line.hears()).status == 200
        assert server.door.bytes_inside == 0

    tell(served, story)


def test_who_leaves_requests_behind_gives_their_room_back(served: World, shop: Api) -> None:
    async def story(server: Server) -> None:
        begun, leave = asyncio.Event(), asyncio.Event()
        busy = asyncio.create_task(keep_busy(served, begun, leave))
        await begun.wait()
        line = await server.line()
        body = events("somebody", padding=1)
        line.sends(request(shop, BATCH, body) * 2, request(shop, BATCH, b"{", announced=100))
        await until(lambda: server.door.bytes_inside > len(body))
        line.hangs_up()
        leave.set()
        await busy
        await until(lambda: server.door.bytes_inside == 0)

    tell(served, story)


def test_whoever_is_told_not_to_send_is_not_waited_for(
    served: World, shop: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After `Expect: 100-continue`, nobody can say whether a body comes all the same."""
    monkeypatch.setattr(limits, "QUEUED_REQUESTS_MAX", 0)

    async def story(server: Server) -> None:
        line = await server.line()
        answer = await line.asks(request(shop, BATCH, b"", "Expect: 100-continue", announced=100))
        refused(answer)
        assert answer.headers["connection"] == "close"
        assert await line.is_closed()

    tell(served, story)


def test_an_account_holds_no_more_than_is_answered_soon(
    served: World, shop: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There would be room, but whoever came would wait."""
    (ana,) = shop.has_profiles("ana")
    other = served.account()
    body = events(ana, padding=400)
    monkeypatch.setattr(pace, "ALWAYS_BYTES", 10)
    monkeypatch.setattr(pace, "ALWAYS_REQUESTS", 1)
    monkeypatch.setattr(pace, "WAIT_SECONDS", 1e-9)

    async def story(server: Server) -> None:
        begun, leave = asyncio.Event(), asyncio.Event()
        busy = asyncio.create_task(keep_busy(served, begun, leave))
        await begun.wait()
        waiting, second = [await server.line() for _ in range(2)]
        waiting.sends(request(shop, BATCH, body))
        await until(lambda: server.door.bytes_inside == len(body))
        refused(await second.asks(request(shop, BATCH, body)))
        assert (await second.asks(request(other, BATCH, b"no JSON"))).status == 400, "another account"
        leave.set()
        await busy
        assert (await waiting.hears()).status == 201
        assert (await second.asks(request(shop, BATCH, body))).status == 201

    tell(served, story)


def test_a_refusal_leaves_nothing_for_the_collector(served: World, shop: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that its own frames know stays until then, and there may be thousands in a second."""
    (ana,) = shop.has_profiles("ana")
    body = events(ana, padding=400)

    async def story(server: Server) -> None:
        line = await server.line()
        monkeypatch.setattr(limits, "QUEUED_REQUESTS_MAX", 0)
        refused(await line.asks(request(shop, BATCH, body)))  # at the head
        monkeypatch.undo()
        line.sends(request(shop, BATCH, b"no", announced=7))
        await until(lambda: server.door.bytes_inside == 2)
        monkeypatch.setattr(limits, "QUEUED_REQUESTS_MAX", 0)
        line.sends(b" JSON")
        refused(await line.hears())  # when the body is whole
        monkeypatch.undo()
        monkeypatch.setattr(limits, "QUEUED_OBJECTS_MAX", 2)
        both = json.dumps({"events": json.loads(body)["events"] * 2}).encode()
        refused(await line.asks(request(shop, BATCH, both)))  # by the writer

    gc.collect()
    gc.disable()
    try:
        tell(served, story)
        assert [one for one in gc.get_objects() if isinstance(one, Unavailable)] == []
    finally:
        gc.enable()


# Connections


def test_a_connection_too_many_is_told_so_and_closed(served: World, shop: Api) -> None:
    async def story(server: Server) -> None:
        lines = [await server.line() for _ in range(3)]
        assert (await lines[1].asks(question(shop))).status == 200
        answer = await lines[2].asks(question(shop))
        refused(answer, "Too many connections")
        assert answer.headers["connection"] == "close"
        assert await lines[2].is_closed()
        health = await server.line()
        health.sends(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await health.hears()).status == 200, "that is always answered"

    tell(served, story, connections_max=2)


def test_who_has_been_quiet_for_longest_makes_way(served: World, shop: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "QUIET_SECONDS_MIN", 0)

    async def story(server: Server) -> None:
        kept, half = [await server.line() for _ in range(2)]
        half.sends(b"GET /healthz HTT")
        assert (await kept.asks(question(shop))).status == 200, "and has been quiet for less now"
        late = await connected(server)
        assert (await late.asks(question(shop))).status == 200
        assert await half.is_closed()
        assert (await kept.asks(question(shop))).status == 200

    tell(served, story, connections_max=2)


async def connected(server: Server) -> Line:
    """A new connection in the place of another."""
    port = server._uvicorn.servers[0].sockets[0].getsockname()[1]
    return Line(*await asyncio.open_connection("127.0.0.1", port))


def test_there_are_not_many_too_many_either(served: World, shop: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "TURNED_AWAY_MAX", 1)

    async def story(server: Server) -> None:
        lines = [await server.line() for _ in range(2)]
        third = await connected(server)
        assert await third.is_closed()
        assert (await lines[0].asks(question(shop))).status == 200

    tell(served, story, connections_max=1)


def test_a_kept_connection_is_not_closed_upon_a_request(served: World, shop: Api) -> None:
    """One that has come when the time is over, and that the loop was too busy to read."""

    async def story(server: Server) -> None:
        line = await server.line()
        assert (await line.asks(question(shop))).status == 200
        (connection,) = server.open._open
        assert isinstance(connection, OctyHttpProtocol)
        line.sends(question(shop))
        connection.timeout_keep_alive_handler()
        assert (await line.hears()).status == 200
        connection.timeout_keep_alive_handler()
        assert await line.is_closed()

    tell(served, story)


def test_a_kept_connection_is_closed_when_it_has_been_quiet_for_long(
    served: World, shop: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For longer than uvicorn's five seconds, after which proxies would still send."""

    async def story(server: Server) -> None:
        line = await server.line()
        assert (await line.asks(question(shop))).status == 200
        (kept,) = server.open._open
        assert isinstance(kept, OctyHttpProtocol)
        assert kept.timeout_keep_alive == limits.QUIET_SECONDS_MAX > 60
        monkeypatch.setattr(limits, "QUIET_SECONDS_MAX", 0)
        other = await server.line()
        assert (await other.asks(question(shop))).status == 200
        assert await other.is_closed()
        assert (await line.asks(question(shop))).status == 200

    tell(served, story)


def test_nor_after_a_refusal_nor_for_another(served: World, shop: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "QUIET_SECONDS_MIN", 0)
    monkeypatch.setattr(limits, "QUEUED_REQUESTS_MAX", 0)

    async def story(server: Server) -> None:
        line = await server.line()
        refused(await line.asks(request(shop, BATCH, b"no JSON")))
        line.sends(question(shop))
        await look(server, 1_000)
        assert (await line.hears()).status == 200
        line.sends(question(shop))
        somebody = Somebody()
        assert not server.open.admit(somebody), "the first does not make way"
        server.open.gone(somebody)
        assert (await line.hears()).status == 200

    tell(served, story, connections_max=1)


class Somebody:
    """A connection on which nothing happens."""

    def look(self, now: float) -> None:
        """Nothing."""

    def has_unread(self) -> bool:
        """No."""
        return False

    def give_way(self) -> None:
        """Nothing."""


# Slow ones


async def look(server: Server, later_by: float) -> None:
    """As the server does every second, so many seconds from now."""
    now = asyncio.get_running_loop().time()
    for one in list(server.open._open):
        one.look(now + later_by)


def test_a_head_that_does_not_come_is_not_waited_for(served: World, shop: Api) -> None:
    async def story(server: Server) -> None:
        silent, half, kept = [await server.line() for _ in range(3)]
        half.sends(b"GET /healthz HTT")
        await until(lambda: any(isinstance(one, OctyHttpProtocol) and one._reads_head for one in server.open._open))
        assert (await kept.asks(question(shop))).status == 200
        await look(server, limits.HEAD_SECONDS_MAX - 1)
        assert len(server.open) == 3
        await look(server, limits.HEAD_SECONDS_MAX + 1)
        assert await silent.is_closed()
        answer = await half.hears()
        assert (answer.status, answer.body["error"]["code"]) == (408, 400)
        assert await half.is_closed()
        assert (await kept.asks(question(shop))).status == 200

    tell(served, story)


def test_a_body_that_does_not_come_is_not_waited_for(served: World, shop: Api) -> None:
    async def story(server: Server) -> None:
        line = await server.line()
        line.sends(request(shop, BATCH, b"{", announced=100))
        await until(lambda: server.door.bytes_inside == 1)
        await look(server, limits.BODY_SECONDS_MAX - 1)
        assert server.door.bytes_inside == 1
        await look(server, limits.BODY_SECONDS_MAX + 1)
        answer = await line.hears()
        assert (answer.status, answer.body["error"]["code"]) == (408, 400)
        assert await line.is_closed()
        await until(lambda: server.door.bytes_inside == 0)

    tell(served, story)


def test_who_waits_for_an_answer_is_not_slow(served: World, shop: Api) -> None:
    (ana,) = shop.has_profiles("ana")

    async def story(server: Server) -> None:
        begun, leave = asyncio.Event(), asyncio.Event()
        busy = asyncio.create_task(keep_busy(served, begun, leave))
        await begun.wait()
        line = await server.line()
        line.sends(request(shop, BATCH, events(ana, padding=1)))
        await until(lambda: server.door.bytes_inside > 0)
        await look(server, 1_000)
        leave.set()
        await busy
        assert (await line.hears()).status == 201

    tell(served, story)


# Rates


def test_who_asks_too_often_is_told_when_to_come_back(served: World, shop: Api) -> None:
    """C32: 429, and nothing of the body is read. The code is one that clients know (wire.md 0.4)."""
    other = served.account()
    (ana,) = shop.has_profiles("ana")
    served.octy.requests_rate = Rate(served.octy.clock, 2, "requests")

    async def story(server: Server) -> None:
        line = await server.line()
        assert [(await line.asks(question(shop))).status for _ in range(2)] == [200, 200]
        told = await line.asks(question(shop))
        assert (told.status, told.headers["retry-after"], told.body["error"]["code"]) == (429, "1", 400)
        assert "2 requests a second" in told.body["error"]["errors"][0]["error_message"]
        assert (await line.asks(request(shop, BATCH, b"no JSON"))).status == 429
        assert (await line.asks(question(other))).status == 200, "another account"
        served_clock(served).move_to(START_US + 1_000_000)
        assert (await line.asks(request(shop, BATCH, events(ana, padding=1)))).status == 201

    tell(served, story)


def test_who_sends_too_many_events_is_told_when_to_come_back(served: World, shop: Api) -> None:
    (ana,) = shop.has_profiles("ana")
    batch = json.dumps({"events": [{"event_type": "viewed", "profile_id": ana}] * 300}).encode()
    served.octy.events_rate = Rate(served.octy.clock, 100, "events")

    async def story(server: Server) -> None:
        line = await server.line()
        assert (await line.asks(request(shop, BATCH, batch))).status == 201
        told = await line.asks(request(shop, BATCH, b"no JSON"))
        assert (told.status, told.headers["retry-after"], told.body["error"]["code"]) == (429, "3", 400)
        assert (await line.asks(question(shop))).status == 200
        served_clock(served).move_to(START_US + 3_000_000)
        assert (await line.asks(request(shop, BATCH, batch))).status == 201

    tell(served, story)


def served_clock(world: World) -> StandingClock:
    clock = world.octy.clock
    assert isinstance(clock, StandingClock)
    return clock
