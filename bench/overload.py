"""Ten times as much comes in as the server can take, from clients that do not wait for each other (C20).

First what it takes at most, then a flood at ten times that rate, whatever became of the requests before. Beside it,
somebody asks for the server's health, and another account sends single events, far below what it may. The server may
use 1 GB: where there are control groups of the first version and we may make one, the kernel sees to that. (The aim is
512 MB, which it does not keep yet.)
"""

import asyncio
import re
import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from itertools import cycle
from pathlib import Path

import msgspec
import uvloop
from rich.table import Table

from bench.front_door import BATCH_PATH, SINGLE_PATH
from bench.load import Load, drive, encode_request
from bench.server import AUTHORIZATION, PUBLIC_KEY, SECRET_KEY, Running, serving
from bench.tables import table
from bench.world import BATCH, events, furnish
from octy.model.profiles import ProfileDraft
from octy.service.clock import SystemClock
from octy.service.keys import Keys
from octy.service.octy import Octy
from octy.store.folder import open_store

SEGMENTS = 20
MEMORY_BYTES = 1024 * 1024 * 1024
TIMES_CAPACITY = 10
BATCHES, BATCHES_QUICKLY = 1_000, 100
"""Sent to find out what the server takes at most."""
SECONDS, SECONDS_QUICKLY = 60, 4
ASIDE_PER_SECOND = 20
IDLE_SECONDS = 5
CONNECTIONS_MAX = 2_000
"""A request that is due while all are taken is not sent, and counts as such."""
OTHER = Keys("pk_other", "sk_other")
OTHER_AUTHORIZATION = "cGtfb3RoZXI6c2tfb3RoZXI="
"""pk_other:sk_other."""
HEALTH = b"GET /livez HTTP/1.1\r\nHost: bench\r\n\r\n"
_STORED = """
SELECT (SELECT coalesce(sum(row_count), 0) FROM event_blocks WHERE account_id = 1)
     + (SELECT coalesce(sum(row_count), 0) FROM archive_runs WHERE account_id = 1 AND log = 'events')
"""
OK, CREATED, BUSY, BROKEN = 200, 201, 503, 0


def tables(*, quick: bool) -> Iterator[Table]:
    """Two tables: what became of the flood, and of those beside it."""
    other: list[str] = []
    with serving(prepare=lambda folder: _fill(folder, other), memory_bytes=MEMORY_BYTES) as server:
        ids = furnish(server, SEGMENTS)
        encode = msgspec.json.encode
        bodies = [encode({"events": events(ids, BATCH, seed)}) for seed in range(100)]
        requests = [encode_request(BATCH_PATH, AUTHORIZATION, body) for body in bodies]
        single = encode({"event_type": "charged", "profile_id": other[0]})
        flood = _Flood(server, requests, encode_request(SINGLE_PATH, OTHER_AUTHORIZATION, single))
        most = BATCHES_QUICKLY if quick else BATCHES
        drive(server.port, requests, 4)  # caches fill, kernels load
        capacity = drive(server.port, (one for one, _ in zip(cycle(requests), range(most), strict=False)), 4)
        idle = uvloop.run(flood.beside(IDLE_SECONDS))
        before = _memory_mb(server, "VmRSS")
        seconds = SECONDS_QUICKLY if quick else SECONDS
        beside = uvloop.run(flood.run(capacity.per_second * TIMES_CAPACITY, seconds))
        peak = _memory_mb(server, "VmHWM")
        stored = _stored(server)
    done, refused = (flood.load(status, seconds) for status in (CREATED, BUSY))
    answered = sum(len(some) for some in flood.latencies.values())
    title = f"{TIMES_CAPACITY} times what the server takes ({capacity.per_second:,.0f} batches/s), for {seconds} s"
    shown = table(title, "", "")
    shown.add_row("batches that were due, a second", f"{capacity.per_second * TIMES_CAPACITY:,.0f}")
    shown.add_row("batches that were sent, a second", f"{answered / seconds:,.0f}")
    shown.add_row("acknowledged, of what it takes at most", f"{done.per_second / capacity.per_second:.0%}")
    shown.add_row("neither acknowledged nor 503", f"{answered - done.requests - refused.requests:,}")
    acknowledged = done.requests + most + len(requests) + flood.extra
    shown.add_row("acknowledged events that are not stored", f"{max(acknowledged * BATCH - stored, 0):,}")
    shown.add_row("acknowledged within, p99 ms", f"{done.percentile_ms(99):,.0f}")
    shown.add_row("refused within, p99 ms", f"{refused.percentile_ms(99):,.0f}")
    shown.add_row("resident MB before, and at most", f"{before:,.0f}, {peak:,.0f}")
    shown.add_row("seconds from the end until all is as before", f"{flood.calm_after_seconds:.1f}")
    yield shown
    aside = table("Beside it", "", "asked", "as wanted", "p50 ms", "p99 ms", "idle p99 ms")
    for name, status, theirs, at_rest in (
        ("/livez", OK, beside[0], idle[0]),
        ("another account's single events", CREATED, beside[1], idle[1]),
    ):
        took = [seconds for said, seconds in theirs if said == status]
        loads = [_load(took, seconds), _load([one for _, one in at_rest], IDLE_SECONDS)]
        percentiles = (loads[0].percentile_ms(50), loads[0].percentile_ms(99), loads[1].percentile_ms(99))
        aside.add_row(name, f"{len(theirs):,}", f"{len(took):,}", *(f"{one:,.1f}" for one in percentiles))
    yield aside


def _fill(folder: Path, other: list[str]) -> None:
    """A store with the benches' account, and another one with a profile."""
    octy = Octy(open_store(folder), SystemClock())
    octy.start()
    octy.create_account(Keys(PUBLIC_KEY, SECRET_KEY))
    account_id = octy.create_account(OTHER).account_id
    other += [one.profile_id for one in octy.create_profiles(account_id, [ProfileDraft("somebody")]).result().done]
    octy.stop()


def _load(latencies_seconds: list[float], seconds: float) -> Load:
    return Load(len(latencies_seconds), seconds, sorted(latencies_seconds) or [float("nan")])


def _memory_mb(server: Running, name: str) -> float:
    """`VmRSS`, what it holds now, or `VmHWM`, the most that it ever held."""
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path(f"/proc/{server.process.pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1e3


def _stored(server: Running) -> int:
    """How many events of the flooding account the store holds, wherever they are."""
    with closing(sqlite3.connect(f"file:{server.data / 'octy.db'}?mode=ro", uri=True)) as connection:
        (count,) = connection.execute(_STORED).fetchone()
    return int(count)


class _Flood:
    """Requests at a fixed rate, each over the next free connection, or a new one."""

    def __init__(self, server: Running, batches: list[bytes], single: bytes) -> None:
        self.latencies: defaultdict[int, list[float]] = defaultdict(list)
        """By what was answered; `BROKEN` where nothing was."""
        self.calm_after_seconds = 0.0
        self.extra = 0
        """Batches that were acknowledged after the flood."""
        self._port = server.port
        self._batches = batches
        self._single = single
        self._free: list[_Connection] = []
        self._taken = 0

    def load(self, status: int, seconds: float) -> Load:
        """What was answered so."""
        return _load(self.latencies[status], seconds)

    async def run(self, per_second: float, seconds: int) -> "list[list[tuple[int, float]]]":
        """Floods; what those beside it were answered."""
        aside = asyncio.create_task(self.beside(seconds))
        sent: set[asyncio.Task[None]] = set()
        began, due = time.perf_counter(), 0
        while (now := time.perf_counter() - began) < seconds:
            while due < now * per_second:
                if self._taken < CONNECTIONS_MAX:
                    self._taken += 1
                    task = asyncio.create_task(self._send(self._batches[due % len(self._batches)]))
                    sent.add(task)
                    task.add_done_callback(sent.discard)
                due += 1
            await asyncio.sleep(0.001)
        ended = time.perf_counter()
        await asyncio.gather(*sent)
        connection = await _Connection.to(self._port)
        while (await connection.ask(self._batches[0]))[0] != CREATED:
            await asyncio.sleep(0.01)
        self.extra = 1
        connection.close()
        self.calm_after_seconds = time.perf_counter() - ended
        for one in self._free:
            one.close()
        return await aside

    async def beside(self, seconds: int) -> "list[list[tuple[int, float]]]":
        """What is answered to who asks for the server's health, and to another account."""
        return list(await asyncio.gather(*(self._aside(one, seconds) for one in (HEALTH, self._single))))

    async def _aside(self, request: bytes, seconds: int) -> list[tuple[int, float]]:
        connection = await _Connection.to(self._port)
        told = []
        ends = time.perf_counter() + seconds
        while time.perf_counter() < ends:
            told.append(await connection.ask(request))
            await asyncio.sleep(1 / ASIDE_PER_SECOND)
        connection.close()
        return told

    async def _send(self, request: bytes) -> None:
        connection = self._free.pop() if self._free else None
        try:
            if connection is None or not connection.is_open:
                connection = await _Connection.to(self._port)
            status, seconds = await connection.ask(request)
        except OSError:
            status, seconds = BROKEN, 0.0
        else:
            if connection.is_open:
                self._free.append(connection)
        self.latencies[status].append(seconds)
        self._taken -= 1


class _Connection(asyncio.Protocol):
    """One of many; as little as can be done for each, so that what is measured is the server's time."""

    def __init__(self) -> None:
        self.is_open = True
        self._transport: asyncio.Transport
        self._told: asyncio.Future[tuple[int, float]] | None = None
        self._began = 0.0
        self._status = BROKEN
        self._missing_bytes = 0
        """Of the answer that has begun."""

    @classmethod
    async def to(cls, port: int) -> "_Connection":
        """A new one."""
        _, connection = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return connection

    async def ask(self, request: bytes) -> tuple[int, float]:
        """How it is answered, and after how many seconds."""
        self._told = asyncio.get_running_loop().create_future()
        self._began = time.perf_counter()
        self._transport.write(request)
        return await self._told

    def close(self) -> None:
        """It is done with."""
        self._transport.close()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """It stands."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """A head, which comes at once, and so much of what follows it."""
        if not self._missing_bytes:
            head, _, body = data.partition(b"\r\n\r\n")
            self._status = int(head[9:12])
            self._missing_bytes = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]) - len(body)
            self.is_open = b"connection: close" not in head
        else:
            self._missing_bytes -= len(data)
        if not self._missing_bytes:
            self._tell(self._status, time.perf_counter() - self._began)

    def connection_lost(self, exc: Exception | None) -> None:
        """Somebody has closed it."""
        del exc
        self.is_open = False
        self._tell(BROKEN, 0.0)

    def _tell(self, status: int, seconds: float) -> None:
        if self._told is not None and not self._told.done():
            self._told.set_result((status, seconds))
