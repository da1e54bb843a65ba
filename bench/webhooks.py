"""From an accepted event to its webhook: how long after the answer does the request leave?

A receiver of our own, in this process, notes when each request arrives, which is a little later than it left.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle

import msgspec
from rich.table import Table

from bench.load import encode_request
from bench.server import AUTHORIZATION, Running, serving
from bench.tables import table
from bench.world import furnish

SEGMENTS = 20
MATCHES, MATCHES_QUICKLY = 5_000, 300
PER_SECOND = 500
PATH = "/v1/retention/events/create"
PATIENCE_SECONDS = 30
CONTACT = {"contact_name": "B", "contact_surname": "B", "contact_email_address": "b@b.example"}


def tables(*, quick: bool) -> Iterator[Table]:
    """One table."""
    count = MATCHES_QUICKLY if quick else MATCHES
    with serving("--allow-private-webhooks") as server:
        delays = sorted(asyncio.run(_delays(server, count)))
    shown = table(
        f"Webhooks: {PER_SECOND} live matches a second", "from the answer to the webhook", "p50 ms", "p99 ms", "max ms"
    )
    cells = (f"{delays[int(len(delays) * share)] * 1000:.1f}" for share in (0.5, 0.99))
    shown.add_row(f"{len(delays):,} matches", *cells, f"{delays[-1] * 1000:.1f}")
    yield shown


async def _delays(server: Running, count: int) -> list[float]:
    """Seconds between the answer to an event and its webhook, each of a profile of its own."""
    arrived: dict[str, float] = {}
    receiver = await asyncio.start_server(lambda reader, writer: _receive(reader, writer, arrived), "127.0.0.1", 0)
    url = f"http://127.0.0.1:{receiver.sockets[0].getsockname()[1]}/hook"
    configuration = CONTACT | {"webhook_url": url, "authenticated_id_key": ""}
    await asyncio.to_thread(server.post, "/v1/configurations/account/set", configuration)
    ids = await asyncio.to_thread(furnish, server, SEGMENTS)
    answered: dict[str, float] = {}
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    began = time.perf_counter()
    for number, profile in zip(range(count), cycle(ids), strict=False):
        await asyncio.sleep(max(0.0, began + number / PER_SECOND - time.perf_counter()))
        body = msgspec.json.encode({"event_type": "payment_error", "profile_id": profile})
        writer.write(encode_request(PATH, AUTHORIZATION, body))
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 201"), head
        await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
        answered[profile] = time.perf_counter()
    writer.close()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(arrived) < len(answered):
        assert time.monotonic() < deadline, f"{len(answered) - len(arrived)} webhooks never came"
        await asyncio.sleep(0.01)
    receiver.close()
    return [max(0.0, arrived[profile] - at) for profile, at in answered.items()]


async def _receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, arrived: dict[str, float]) -> None:
    """Answers every request of a connection, and notes whose it was, until the bench is over."""
    with suppress(asyncio.CancelledError):
        while head := await _head(reader):
            body = await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
            arrived.setdefault(msgspec.json.decode(body)["body"]["profile_id"], time.perf_counter())
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    writer.close()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
