"""A client that costs next to nothing: requests encoded beforehand, connections kept, answers only measured."""

import asyncio
import time
from collections.abc import Iterator, Sequence

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


def drive(port: int, requests: Sequence[bytes], connections: int) -> Load:
    """Sends all requests over that many connections, each sending its next when the last is answered."""
    return asyncio.run(_drive(port, requests, connections))


async def _drive(port: int, requests: Sequence[bytes], connections: int) -> Load:
    latencies: list[float] = []
    waiting = iter(requests)
    began = time.perf_counter()
    await asyncio.gather(*(_connection(port, waiting, latencies) for _ in range(connections)))
    seconds = time.perf_counter() - began
    return Load(len(latencies), seconds, sorted(latencies))


async def _connection(port: int, waiting: Iterator[bytes], latencies: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    try:
        for request in waiting:
            began = time.perf_counter()
            writer.write(request)
            await _answer(reader)
            latencies.append(time.perf_counter() - began)
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 201"):
        raise RuntimeError(f"the server answered {head[:200]!r}")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    await reader.readexactly(length)
