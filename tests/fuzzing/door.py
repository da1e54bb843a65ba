"""The whole door, without a network: requests as ASGI has them, and bytes as a connection has them."""

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from uvicorn import Config
from uvicorn.server import ServerState

from octy.http.connections import Connections
from octy.http.protocol import served_by
from tests.integration.http.world import Api, World

EVENTS = "/v1/retention/events/create"
BATCH = "/v1/retention/events/create/batch"
PROFILES = "/v1/retention/profiles/create"
ITEMS = "/v1/retention/items/create"
STATUSES = {200, 201, 202, 400, 401, 403, 404, 405, 413, 414, 415, 422, 429, 431, 503}
"""What may be answered, whatever is asked. 503 comes from `/readyz` and from a server with too much to do."""


class AtTheDoor:
    """An account's requests. Counts what the server says that it has stored."""

    def __init__(self, world: World) -> None:
        self.api: Api = world.account()
        self.api.has_event_types(viewed=["item_id", "n"])
        (self.ana,) = self.api.has_profiles("ana")
        self.stranger = world.account()
        """Whose connections may break off before they hear that something is stored; so it is not counted."""
        self.stranger.has_event_types(viewed=[])
        (self.eve,) = self.stranger.has_profiles("eve")
        self._world = world
        self._runner = asyncio.Runner()
        self._right = self.api.headers["Authorization"].encode()
        self._said = {EVENTS: 0, PROFILES: 1, ITEMS: 0}
        paths = world.client.get("/openapi.json").json()["paths"]
        self._posts = cycle(path.replace("{delivery_id}", "d") for path in paths if "post" in paths[path])
        self._gets = cycle(path.replace("{delivery_id}", "d") for path in paths if "get" in paths[path])

    @staticmethod
    @contextmanager
    def opened(folder: Path) -> Iterator["AtTheDoor"]:
        """With a server of its own."""
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # it warns of each request that is none
        world = World(folder)
        door = AtTheDoor(world)
        try:
            yield door
        finally:
            door._runner.close()
            world.close()

    def post_anywhere(self, body: bytes) -> None:
        """The body to where it belongs, if it says so, or else to one address after another."""
        path = next((path for word, path in _HOMES if word in body), None) or next(self._posts)
        if "clock" in path or "delete" in path:
            path = PROFILES  # nothing is to go, and the clock is to stand, while it is counted what comes
        self._ask("POST", path, b"", [(b"authorization", self._right)], body)

    def ask_with_headers(self, lines: bytes) -> None:
        """Some address with these header lines."""
        pairs = [line.partition(b": ") for line in lines.split(b"\n")]
        headers = [(name.lower(), value) for name, _, value in pairs if name]
        self._ask("GET", next(self._gets), b"", [one for one in headers if one[0] != b"content-length"], b"")
        if not any(name in (b"content-length", b"transfer-encoding") for name, _ in headers):
            self._ask("POST", EVENTS, b"", headers, b"{}")

    def ask_with_query(self, query: bytes) -> None:
        """Some address with this query, as a connection would hand it on."""
        self._ask(
            "GET",
            next(self._gets),
            quote(query, safe="&=%+;,?#[]-._~:/").encode(),
            [(b"authorization", self._right)],
            b"",
        )

    def speak(self, data: bytes) -> None:
        """Bytes to a connection of its own, in two pieces."""
        said = self._runner.run(self._connection(data))
        if said:
            assert said.startswith(b"HTTP/1.1 "), said[:100]
            statuses = {int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:] if part[:3].isdigit()}
            assert statuses <= STATUSES | {100, 204, 408, 501}, said[:300]

    def check_all_is_stored_or_nothing(self) -> None:
        """What is stored is what the server said that it stored."""
        total = {
            EVENTS: len(self.api.get(f"/v1/retention/profiles/export?id={self.ana}").json()["events"]),
            PROFILES: self.api.get("/v1/retention/profiles").json()["request_meta"]["total"],
            ITEMS: self.api.get("/v1/retention/items").json()["request_meta"]["total"],
        }
        assert total == self._said, f"stored {total}, said {self._said}"

    def _ask(self, method: str, path: str, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        status, answer = self._runner.run(self._request(method, path, query, headers, body))
        assert status in STATUSES, f"{status} {answer[:500]!r}"
        if status >= 400:
            error = json.loads(answer)["error"]
            assert type(error["code"]) is int
            assert all(line["error_message"] for line in error["errors"])
            assert error["errors"]
        elif status == 201:
            self._note(path, json.loads(answer))

    def _note(self, path: str, answer: dict[str, Any]) -> None:
        if path == EVENTS:
            self._said[EVENTS] += not answer.get("duplicate")
        elif path == BATCH:
            self._said[EVENTS] += sum(not one.get("duplicate") for one in answer["created_events"])
        elif path == PROFILES:
            self._said[PROFILES] += len(answer["profiles"])
        elif path == ITEMS:
            self._said[ITEMS] += len(answer["items"])

    async def _request(
        self, method: str, path: str, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes
    ) -> tuple[int, bytes]:
        said: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            said.append(message)

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path, "raw_path": path.encode(), "root_path": "", "query_string": query, "headers": headers,
            "server": ("a", 80), "client": ("b", 1),
        }  # fmt: skip
        await self._world.door(cast("Any", scope), receive, send)
        return said[0]["status"], b"".join(one.get("body", b"") for one in said[1:])

    async def _connection(self, data: bytes) -> bytes:
        loop = asyncio.get_running_loop()
        kind = served_by(self._world.door, Connections(10))
        config = Config(cast("Any", self._world.door), http=kind, lifespan="off", log_config=None)
        config.load()
        receiver = kind(config=config, server_state=ServerState(), app_state={}, _loop=loop)
        protocol = receiver.connection
        wire = _Wire()
        receiver.connection_made(cast("Any", wire))
        for part in (data[: len(data) // 2], data[len(data) // 2 :]):
            if not wire.is_closing():
                protocol.received(memoryview(part))
                await asyncio.sleep(0)
        while protocol.cycle is not None and not protocol.cycle.response_complete and not _waits(protocol, wire):
            await asyncio.wait(protocol.tasks, return_when=asyncio.FIRST_COMPLETED)
        receiver.connection_lost(None)
        await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not asyncio.current_task()))
        return bytes(wire.said)


def _waits(protocol: Any, wire: "_Wire") -> bool:
    """Whether the rest of a body is still to come, so that nothing is answered."""
    return wire.is_closing() or bool(protocol.cycle.more_body)


class _Wire(asyncio.Transport):
    """A connection to nowhere."""

    def __init__(self) -> None:
        super().__init__({"peername": ("b", 1), "sockname": ("a", 80)})
        self.said = bytearray()
        self._is_closing = False

    def write(self, data: Any) -> None:
        self.said += data

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        self._is_closing = True

    def abort(self) -> None:
        self._is_closing = True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass


_HOMES = (
    (b'"events": [', BATCH),
    (b'"profiles": [{', PROFILES),
    (b'"items"', ITEMS),
    (b'"event_types"', "/v1/retention/events/types/create"),
    (b'"segment_name"', "/v1/retention/segments/create"),
    (b'"contact_name"', "/v1/configurations/account/set"),
    (b'"algorithm_name"', "/v1/configurations/retention/algorithms/set"),
    (b'"event_type"', EVENTS),
)
