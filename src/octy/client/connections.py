"""How are operations carried out? By a connection that blocks, or by one that is awaited; nothing else differs.

Both are kept open from request to request.
"""

import asyncio
import os
import random
import time
import weakref
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from ipaddress import ip_address
from typing import Any, TypeVar

import httpx

from octy import __version__
from octy.client.requests import RETRIES, Jitter, Requests
from octy.client.settings import Settings
from octy.client.steps import Fetch, Page, Pause, Step, Steps, carry_out, carry_out_async

T = TypeVar("T")
Row = TypeVar("Row")

CONNECT_SECONDS_MAX = 5.0
ANSWER_SECONDS_MAX = 60.0
USER_AGENT = f"octy-python/{__version__}"


class Connection:
    """Where to, as whom, and how patiently."""

    def __init__(
        self,
        settings: Settings,
        *,
        retries: int = RETRIES,
        timeout_seconds: float = ANSWER_SECONDS_MAX,
        user_agent: str = USER_AGENT,
        jitter: Jitter = random.uniform,
    ) -> None:
        self.settings = settings
        self._retries = retries
        self._jitter = jitter
        self._options: dict[str, Any] = {
            "base_url": settings.url,
            "headers": {"Authorization": _authorization(settings), "User-Agent": user_agent},
            "timeout": httpx.Timeout(timeout_seconds, connect=min(CONNECT_SECONDS_MAX, timeout_seconds)),
            "trust_env": not _is_loopback(settings.url),  # a proxy never leads to this machine
        }

    def _requests(self, build: Callable[..., httpx.Request]) -> Requests:
        return Requests(build, self.settings.url, self._retries, self._jitter)


class Blocking(Connection):
    """Threads may share it; after a fork the child has connections of its own."""

    def __init__(self, settings: Settings, *, pause: Callable[[float], None] = time.sleep, **options: Any) -> None:  # noqa: ANN401 - as `Connection`
        super().__init__(settings, **options)
        self._pause = pause
        self.connect()
        _open.add(self)

    def connect(self) -> None:
        """Begins anew, without a connection."""
        self._http = httpx.Client(**self._options)
        self.requests = self._requests(self._http.build_request)

    def run(self, steps: Steps[T]) -> T:
        """Carries out an operation."""
        return carry_out(steps, self._take)

    def rows(self, first: Steps[Page[Row]]) -> Iterator[Row]:
        """All rows of a list; each page is asked for when it is reached."""
        page = self.run(first)
        yield from page.rows
        while page.following is not None:
            page = self.run(page.following())
            yield from page.rows

    def disconnect(self) -> None:
        """Gives the connections up."""
        self._http.close()

    def _take(self, step: Step) -> httpx.Response | None:
        match step:
            case Pause():
                self._pause(step.seconds)
                return None
            case Fetch():
                return self._fetch(step)
            case _:
                return self._http.send(step)

    def _fetch(self, step: Fetch) -> httpx.Response:
        response = self._http.send(step.request, stream=True)
        try:
            if response.is_success:
                step.into.begin(response)
                for part in response.iter_raw():
                    step.into.take(part)
            else:
                response.read()
        finally:
            response.close()
        return response


class Awaiting(Connection):
    """For one event loop."""

    def __init__(
        self,
        settings: Settings,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        **options: Any,  # noqa: ANN401 - as `Connection`
    ) -> None:
        super().__init__(settings, **options)
        self._pause = pause
        self._http = httpx.AsyncClient(**self._options)
        self.requests = self._requests(self._http.build_request)

    async def run(self, steps: Steps[T]) -> T:
        """Carries out an operation."""
        return await carry_out_async(steps, self._take)

    async def rows(self, first: Steps[Page[Row]]) -> AsyncIterator[Row]:
        """All rows of a list; each page is asked for when it is reached."""
        page = await self.run(first)
        for row in page.rows:
            yield row
        while page.following is not None:
            page = await self.run(page.following())
            for row in page.rows:
                yield row

    async def disconnect(self) -> None:
        """Gives the connections up."""
        await self._http.aclose()

    async def _take(self, step: Step) -> httpx.Response | None:
        match step:
            case Pause():
                await self._pause(step.seconds)
                return None
            case Fetch():
                return await self._fetch(step)
            case _:
                return await self._http.send(step)

    async def _fetch(self, step: Fetch) -> httpx.Response:
        response = await self._http.send(step.request, stream=True)
        try:
            if response.is_success:
                step.into.begin(response)
                async for part in response.aiter_raw():
                    await asyncio.to_thread(step.into.take, part)
            else:
                await response.aread()
        finally:
            await response.aclose()
        return response


_open: "weakref.WeakSet[Blocking]" = weakref.WeakSet()


def _after_fork() -> None:
    """What two processes write into one connection, no server understands."""
    for connection in _open:
        connection.connect()


os.register_at_fork(after_in_child=_after_fork)


def _authorization(settings: Settings) -> str:
    pair = f"{settings.keys.public_key}:{settings.keys.secret_key}"
    return f"Basic {b64encode(pair.encode()).decode()}"


def _is_loopback(url: str) -> bool:
    host = httpx.URL(url).host
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
