"""Receivers on 127.0.0.1: one remembers what it was sent and answers as told, the other answers with raw bytes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import NamedTuple, TypeAlias

from aiohttp import web


class Request(NamedTuple):
    """What a receiver was sent."""

    webhook_id: str
    body: bytes
    headers: Mapping[str, str]
    path: str


KEY = b"a key of thirty-two random bytes"


def signing_keys(_account_id: int, _now_us: int) -> list[bytes]:
    """What all accounts' webhooks are signed with."""
    return [KEY]


Answer: TypeAlias = Callable[[Request], Awaitable[web.Response]]


class Receiver:
    """Answers 200, or what `script` holds for the next requests: a status, or a whole answer."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.script: list[int | web.Response] = []
        self.answer: Answer = self._scripted
        self.at_once = 0
        self.most_at_once = 0
        self._changed = asyncio.Condition()

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.01, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port: int = self._runner.addresses[0][1]

    async def stop(self) -> None:
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        """The webhook ids, in the order of their arrival."""
        return [request.webhook_id for request in self.requests]

    async def arrived(self, count: int) -> None:
        """Waits until so many requests have arrived."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.requests) >= count)

    async def never(self, _: Request) -> web.Response:
        """An answer that does not come."""
        await asyncio.Event().wait()
        raise AssertionError

    async def _serve(self, raw: web.Request) -> web.Response:
        request = Request(raw.headers["webhook-id"], await raw.read(), raw.headers, raw.path_qs)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        async with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
        try:
            return await self.answer(request)
        finally:
            self.at_once -= 1

    async def _scripted(self, _: Request) -> web.Response:
        next_answer = self.script.pop(0) if self.script else 200
        return web.Response(status=next_answer) if isinstance(next_answer, int) else next_answer


CUT_OFF = (ConnectionError, asyncio.IncompleteReadError, RuntimeError)
"""What writing to, or reading from, somebody who has gone raises; the last is uvloop's."""

Speech: TypeAlias = Callable[[asyncio.StreamWriter], Awaitable[None]]


class RawReceiver:
    """Reads a request's head, then says what it likes; `cut_off` is set when nobody listens any more."""

    def __init__(self, speech: Speech) -> None:
        self._speech = speech
        self.scheme = "http"
        self.connections = 0
        self.cut_off = asyncio.Event()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hook"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(*CUT_OFF):
            await reader.readuntil(b"\r\n\r\n")
            await self._speech(writer)
            await writer.drain()
        self.cut_off.set()
        writer.close()
