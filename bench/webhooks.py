"""From an accepted event to its webhook: how long after the answer does the request leave? And what do dead ones cost?

A receiver of our own, in this process, notes when each request arrives, which is a little later than it left.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import cycle
from pathlib import Path

import msgspec
from rich.table import Table

from bench.load import encode_request
from bench.server import AUTHORIZATION, PUBLIC_KEY, SECRET_KEY, Running, serving
from bench.tables import table
from bench.world import furnish
from octy.model.accounts import AccountConfiguration
from octy.model.keys import Keys
from octy.service.clock import SystemClock
from octy.service.keys import new_keys
from octy.service.octy import Octy
from octy.store.folder import open_store

SEGMENTS = 20
RATES = (100, 1_000)
SECONDS, SECONDS_QUICKLY = 10, 1
DRAINED, DRAINED_QUICKLY = 5_000, 300
PENDING, PENDING_QUICKLY = 1_000_000, 20_000
IDLE_SECONDS, IDLE_SECONDS_QUICKLY = 60, 3
NUMBERS = "WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < :last) "
PENDING_DELIVERIES = (
    f"{NUMBERS} INSERT INTO outbox (webhook_id, account_id, profile_key, segment_key, event, body, created_us, state, "
    "attempts, attempts_before, next_attempt_us) SELECT 'msg_' || i, :dead, i, 0, 'live_segment.matched', x'7b7d', "
    ":us, 'pending', 0, 0, :us FROM numbers"
)
THEIR_LANES = f"{NUMBERS} INSERT INTO outbox_lanes SELECT :dead, i, :us FROM numbers"
PATH = "/v1/retention/events/create"
PATIENCE_SECONDS = 60
DEAD_URL = "http://127.0.0.1:1/"
CONTACT = {"contact_name": "B", "contact_surname": "B", "contact_email_address": "b@b.example"}


def tables(*, quick: bool) -> Iterator[Table]:
    """How soon, how many, and beside a receiver that takes nothing."""
    seconds = SECONDS_QUICKLY if quick else SECONDS
    shown = table("Webhooks: live matches", "from the answer to the webhook", "p50 ms", "p99 ms", "max ms")
    with serving("--allow-private-webhooks") as server:
        bench = _Bench(server)
        for rate in RATES:
            _add(shown, f"{rate:,} a second", asyncio.run(bench.delays(rate, seconds)))
        drain = asyncio.run(bench.drain(DRAINED_QUICKLY if quick else DRAINED))
    pending, idle_seconds = PENDING_QUICKLY if quick else PENDING, IDLE_SECONDS_QUICKLY if quick else IDLE_SECONDS
    without_audit = ("--audit-share", "0")  # it takes a hundredth of a core, whatever there is to deliver
    with serving("--allow-private-webhooks", *without_audit, prepare=lambda folder: _fill(folder, pending)) as server:
        time.sleep(idle_seconds / 10)  # the start's own work
        used = server.cpu_seconds()
        time.sleep(idle_seconds)
        share = (server.cpu_seconds() - used) / idle_seconds
        beside = asyncio.run(_Bench(server).delays(RATES[0], seconds))
    _add(shown, f"{RATES[0]:,} a second, {pending:,} pending for a dead receiver of another account", beside)
    yield shown
    others = table("Webhooks: many at once", "", "")
    others.add_row("drained to one receiver, a second", f"{drain:,.0f}")
    others.add_row(f"{pending:,} pending for a dead receiver, share of a core", f"{share:.1%}")
    yield others


def _add(shown: Table, what: str, delays: list[float]) -> None:
    cells = (f"{delays[int(len(delays) * share)] * 1000:.1f}" for share in (0.5, 0.99))
    shown.add_row(what, *cells, f"{delays[-1] * 1000:.1f}")


def _fill(folder: Path, pending: int) -> None:
    """A store with the benches' account, and another one to whose receiver nobody listens."""
    octy = Octy(open_store(folder), SystemClock(), allow_private_webhooks=True)
    octy.start()
    octy.create_account(Keys(PUBLIC_KEY, SECRET_KEY))
    dead = octy.create_account(new_keys()).account_id
    octy.configure(dead, AccountConfiguration(webhook_url=DEAD_URL)).result()
    octy.stop()
    store = open_store(folder)
    with store.writer.begin():
        for statement in (PENDING_DELIVERIES, THEIR_LANES):
            store.writer.exec_driver_sql(statement, {"last": pending - 1, "dead": dead, "us": time.time_ns() // 1_000})
    store.close()


class _Bench:
    """A server with a receiver of ours."""

    def __init__(self, server: Running) -> None:
        self._server = server
        self._ids = furnish(server, SEGMENTS)
        self._arrived: dict[str, float] = {}
        self._count = 0

    async def delays(self, rate: int, seconds: int) -> list[float]:
        """Seconds between the answer to an event and its webhook, each of a profile of its own; ascending."""
        self._arrived.clear()
        receiver = await self._listen()
        answered: dict[str, float] = {}
        reader, writer = await asyncio.open_connection("127.0.0.1", self._server.port)
        began = time.perf_counter()
        for number, profile in zip(range(rate * seconds), cycle(self._ids), strict=False):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            body = msgspec.json.encode({"event_type": "payment_error", "profile_id": profile})
            writer.write(encode_request(PATH, AUTHORIZATION, body))
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 201"), head
            await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
            answered.setdefault(profile, time.perf_counter())
        writer.close()
        await self._until(lambda: len(self._arrived) >= len(answered))
        receiver.close()
        return sorted(max(0.0, self._arrived[profile] - at) for profile, at in answered.items())

    async def drain(self, count: int) -> float:
        """Webhooks a second, as fast as one receiver gets them: those that were delivered before, once more."""
        receiver = await self._listen()
        self._count = 0
        began = time.perf_counter()
        answer = await asyncio.to_thread(self._server.post, "/v1/webhooks/deliveries/replay", {"state": "delivered"})
        wanted = min(count, int(answer["replayed"]))
        await self._until(lambda: self._count >= wanted)
        taken = time.perf_counter() - began
        receiver.close()
        return wanted / taken

    async def _until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            assert time.monotonic() < deadline, "webhooks never came"
            await asyncio.sleep(0.001)

    async def _listen(self) -> asyncio.Server:
        receiver = await asyncio.start_server(self._receive, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{receiver.sockets[0].getsockname()[1]}/hook"
        configuration = CONTACT | {"webhook_url": url, "authenticated_id_key": ""}
        await asyncio.to_thread(self._server.post, "/v1/configurations/account/set", configuration)
        return receiver

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers every request of a connection, and notes whose it was, until the bench is over."""
        with suppress(asyncio.CancelledError):
            while head := await _head(reader):
                body = await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
                self._arrived.setdefault(msgspec.json.decode(body)["body"]["profile_id"], time.perf_counter())
                self._count += 1
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
