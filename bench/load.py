"""A client that costs next to nothing: requests encoded beforehand, connections kept, answers only measured.

Either each connection sends its next request when its last is answered, which shows how much is served at most; or
requests are due at a fixed rate, which shows how long one takes at that rate.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle

from msgspec import Struct


class Load(Struct, frozen=True):
    """What came of a run."""

    requests: int
    seconds: float
    latencies_seconds: list[float]
    """Ascending."""

    @property
    def per_second(self) -> float:
        """Requests answered per second."""
        return self.requests / self.seconds

    def percentile_ms(self, percent: float) -> float:
        """The latency within which that many of the requests were answered."""
        place = min(len(self.latencies_seconds) - 1, int(len(self.latencies_seconds) * percent / 100))
        return self.latencies_seconds[place] * 1000


def encode_request(path: str, authorization: str, body: bytes) -> bytes:
    """A POST as it goes over the wire."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: {authorization}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def during(seconds: float, requests: Sequence[bytes]) -> Iterator[bytes]:
    """The requests, again and again, for so long."""
    end = time.perf_counter() + seconds
    for request in cycle(requests):
        if time.perf_counter() > end:
            return
        yield request


def drive(port: int, requests: Iterable[bytes], connections: int, per_second: float | None = None) -> Load:
    """Sends all requests over that many connections, each sending its next when the last is answered.

    With `per_second`, requests are due at that rate. One for which no connection was free has waited since it was due.
    """
    return asyncio.run(_drive(port, requests, connections, per_second))


async def _drive(port: int, requests: Iterable[bytes], connections: int, per_second: float | None) -> Load:
    latencies: list[float] = []
    waiting = _due(requests, per_second)
    began = time.perf_counter()
    await asyncio.gather(*(_connection(port, waiting, latencies) for _ in range(connections)))
    seconds = time.perf_counter() - began
    return Load(len(latencies), seconds, sorted(latencies))


def _due(requests: Iterable[bytes], per_second: float | None) -> Iterator[tuple[float | None, bytes]]:
    """Each request with the instant at which it is due; None where that is at once."""
    start = time.perf_counter()
    for place, request in enumerate(requests):
        yield (None if per_second is None else start + place / per_second), request


async def _connection(port: int, waiting: Iterator[tuple[float | None, bytes]], latencies: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    try:
        for due, request in waiting:
            began = await _wait_until(due)
            writer.write(request)
            await _answer(reader)
            latencies.append(time.perf_counter() - began)
    finally:
        writer.close()


async def _wait_until(due: float | None) -> float:
    """When the request began: when it was due, but for what the timer was late."""
    now = time.perf_counter()
    if due is None:
        return now
    if now >= due:
        return due
    await asyncio.sleep(due - now)
    return time.perf_counter()


async def _answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 201"):
        raise RuntimeError(f"the server answered {head[:200]!r}")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    await reader.readexactly(length)
