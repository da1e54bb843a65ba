"""Ten times as much comes in as the server can take, from clients that do not wait for each other (C20).

First what it takes at most, then a flood at ten times that rate, whatever became of the requests before, then once more
what it takes. Beside the flood, somebody asks for the server's health, and another account sends single events, far
below what it may. The server may use 512 MB: where there are control groups of the first version and we may make one,
the kernel sees to that.
"""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import fmean

import msgspec
from rich.table import Table

from bench.flood import Stream, flood
from bench.front_door import BATCH_PATH, SINGLE_PATH
from bench.load import Load, drive, during, encode_request
from bench.server import AUTHORIZATION, PUBLIC_KEY, SECRET_KEY, Running, serving
from bench.tables import table
from bench.world import BATCH, events, furnish
from octy.model.keys import Keys
from octy.model.profiles import ProfileDraft
from octy.service.clock import SystemClock
from octy.service.octy import Octy
from octy.store.folder import open_store

SEGMENTS = 20
MEMORY_BYTES = 512 * 1024 * 1024
TIMES_CAPACITY = 10
CONNECTIONS = 4
"""That many send as soon as they are answered, where what the server takes at most is looked for."""
MOST_SECONDS, MOST_SECONDS_QUICKLY = 60, 1
"""Taken each time to find out what the server takes at most for as long as one likes: the archive takes its share,
which grows as its files are merged into larger ones."""
SECONDS, SECONDS_QUICKLY = 300, 4
ASIDE_PER_SECOND = 20
IDLE_SECONDS = 15
CONNECTIONS_MAX, CONNECTIONS_ASIDE_MAX = 1_900, 40
"""A request that is due while all are taken is not sent, and counts as such."""
CALM_SECONDS_MAX = 30
CALM_LOOK_SECONDS = 0.2
OTHER = Keys("pk_other", "sk_other")
OTHER_AUTHORIZATION = "cGtfb3RoZXI6c2tfb3RoZXI="
"""pk_other:sk_other."""
HEALTH = b"GET /livez HTTP/1.1\r\nHost: bench\r\n\r\n"
_STORED = """
SELECT (SELECT coalesce(sum(row_count), 0) FROM event_blocks WHERE account_id = 1)
     + (SELECT coalesce(sum(row_count), 0) FROM archive_runs WHERE account_id = 1 AND log = 'events')
"""
OK, CREATED, BUSY = 200, 201, 503


def tables(*, quick: bool) -> Iterator[Table]:
    """Two tables: what became of the flood, and of those beside it."""
    other: list[str] = []
    with serving(prepare=lambda folder: _fill(folder, other), memory_bytes=MEMORY_BYTES) as server:
        ids = furnish(server, SEGMENTS)
        encode = msgspec.json.encode
        bodies = [encode({"events": events(ids, BATCH, seed)}) for seed in range(100)]
        requests = [encode_request(BATCH_PATH, AUTHORIZATION, body) for body in bodies]
        single = encode({"event_type": "charged", "profile_id": other[0]})
        single_request = encode_request(SINGLE_PATH, OTHER_AUTHORIZATION, single)
        most_seconds = MOST_SECONDS_QUICKLY if quick else MOST_SECONDS
        drive(server.port, requests, CONNECTIONS)  # caches fill, kernels load
        at_most = [drive(server.port, during(most_seconds, requests), CONNECTIONS)]
        idle = _beside(single_request)
        flood(server.port, idle, IDLE_SECONDS)
        before = _memory(server)
        seconds = SECONDS_QUICKLY if quick else SECONDS
        flooding = Stream(requests, at_most[0].per_second * TIMES_CAPACITY, CONNECTIONS_MAX)
        beside = _beside(single_request)
        flood(server.port, [flooding, *beside], seconds)
        calm_seconds = _calm(server, single_request, idle[1].load(CREATED, IDLE_SECONDS).percentile_ms(99) / 1e3)
        after = _memory(server)
        at_most.append(drive(server.port, during(most_seconds, requests), CONNECTIONS))
        stored = _stored(server)
    done, refused = (flooding.load(status, seconds) for status in (CREATED, BUSY))
    capacity = fmean(one.per_second for one in at_most)
    shown = table(f"{TIMES_CAPACITY} times what the server takes, for {seconds} s", "", "")
    shown.add_row(
        "batches that it takes at most, a second, before and after",
        ", ".join(f"{one.per_second:,.0f}" for one in at_most),
    )
    shown.add_row("batches that were due, a second", f"{flooding.due / seconds:,.0f}")
    shown.add_row("batches that were sent, a second", f"{flooding.sent / seconds:,.0f}")
    shown.add_row("batches that were acknowledged, a second", f"{done.per_second:,.0f}")
    shown.add_row("the same, of what it takes at most", f"{done.per_second / capacity:.0%}")
    shown.add_row("neither acknowledged nor 503", f"{flooding.sent - done.requests - refused.requests:,}")
    acknowledged = done.requests + len(requests) + sum(one.requests for one in at_most)
    shown.add_row("acknowledged events that are not stored", f"{max(acknowledged * BATCH - stored, 0):,}")
    shown.add_row("acknowledged within, p50 and p99 ms", _percentiles(done))
    shown.add_row("refused within, p50 and p99 ms", _percentiles(refused))
    shown.add_row("resident MB before, and at most", f"{before['VmRSS']:,.0f}, {after['VmHWM']:,.0f}")
    shown.add_row(
        "of which not mapped from files, before and after", f"{before['RssAnon']:,.0f}, {after['RssAnon']:,.0f}"
    )
    shown.add_row("seconds from the last answer until all is as before", f"{calm_seconds:.1f}")
    yield shown
    aside = table("Beside it", "", "asked", "as wanted", "p50 ms", "p99 ms", "idle p99 ms")
    for name, status, theirs, at_rest in (
        ("/livez", OK, beside[0], idle[0]),
        ("another account's single events", CREATED, beside[1], idle[1]),
    ):
        load, rest = theirs.load(status, seconds), at_rest.load(status, IDLE_SECONDS)
        percentiles = (load.percentile_ms(50), load.percentile_ms(99), rest.percentile_ms(99))
        aside.add_row(name, f"{theirs.sent:,}", f"{load.requests:,}", *(f"{one:,.1f}" for one in percentiles))
    yield aside


def _beside(single: bytes) -> list[Stream]:
    """Somebody who asks for the server's health, and another account."""
    return [Stream([request], ASIDE_PER_SECOND, CONNECTIONS_ASIDE_MAX) for request in (HEALTH, single)]


def _calm(server: Running, single: bytes, idle_seconds: float) -> float:
    """After how many seconds a single event takes no longer than it did before the flood."""
    began = time.perf_counter()
    while time.perf_counter() - began < CALM_SECONDS_MAX:
        one = Stream([single], 1 / CALM_LOOK_SECONDS, 1)
        flood(server.port, [one], CALM_LOOK_SECONDS)
        if max(one.latencies[CREATED], default=CALM_SECONDS_MAX) <= 2 * idle_seconds:
            break
    return time.perf_counter() - began


def _percentiles(load: Load) -> str:
    return f"{load.percentile_ms(50):,.0f}, {load.percentile_ms(99):,.0f}"


def _fill(folder: Path, other: list[str]) -> None:
    """A store with the benches' account, and another one with a profile."""
    octy = Octy(open_store(folder), SystemClock())
    octy.start()
    octy.create_account(Keys(PUBLIC_KEY, SECRET_KEY))
    account_id = octy.create_account(OTHER).account_id
    other += [one.profile_id for one in octy.create_profiles(account_id, [ProfileDraft("somebody")]).result().done]
    octy.stop()


def _memory(server: Running) -> dict[str, float]:
    """In MB: `VmRSS`, what it holds now, `RssAnon`, what of it is not mapped from files, `VmHWM`, the most ever."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return {name: int(kb) / 1e3 for name, kb in re.findall(r"^(\w+):\s+(\d+) kB$", status, re.MULTILINE)}


def _stored(server: Running) -> int:
    """How many events of the flooding account the store holds, wherever they are."""
    with closing(sqlite3.connect(f"file:{server.data / 'octy.db'}?mode=ro", uri=True)) as connection:
        (count,) = connection.execute(_STORED).fetchone()
    return int(count)
