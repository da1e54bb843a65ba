"""Through the front door: durable, 20 segments, the server on one core; beside it, what the machine allows."""

from collections.abc import Iterator

import msgspec
from rich.table import Table

from bench.limits import decoding_per_second, inserting_per_second
from bench.load import Load, drive, encode_request
from bench.server import AUTHORIZATION, Running, serving
from bench.tables import table
from bench.world import BATCH, PROFILES, events, furnish
from bench.writer import writing_per_second

SEGMENTS = 20
BATCHES, BATCHES_QUICKLY = 800, 60
SINGLES, SINGLES_QUICKLY = 40_000, 3_000
BATCH_PATH = "/v1/retention/events/create/batch"
SINGLE_PATH = "/v1/retention/events/create"


def tables(*, quick: bool) -> Iterator[Table]:
    """One table."""
    encode = msgspec.json.encode
    batch_count, single_count = (BATCHES_QUICKLY, SINGLES_QUICKLY) if quick else (BATCHES, SINGLES)
    with serving() as server:
        ids = furnish(server, SEGMENTS)
        batches = [events(ids, BATCH, seed) for seed in range(batch_count)]
        bodies = [encode({"events": batch}) for batch in batches]
        singles = [encode(event) for event in events(ids, single_count, seed=-1)]
        half, eighth = len(bodies) // 2, len(singles) // 8
        rows = [
            (f"batches of {BATCH}, 1 connection", *_run(server, BATCH_PATH, bodies[:half], 1, BATCH)),
            (f"batches of {BATCH}, 4 connections", *_run(server, BATCH_PATH, bodies[half:], 4, BATCH)),
            ("single events, 1 connection", *_run(server, SINGLE_PATH, singles[:eighth], 1, 1)),
            ("single events, 32 connections", *_run(server, SINGLE_PATH, singles[eighth:], 32, 1)),
        ]
        half_rate = rows[-1][1].per_second / 2
        run = _run(server, SINGLE_PATH, singles[len(singles) // 2 :], 32, 1, half_rate)
        rows.append(("single events, at half that rate", *run))
    decoding, inserting = decoding_per_second(bodies, BATCH), inserting_per_second(batches)
    writing = writing_per_second(batch_count, SEGMENTS, PROFILES)
    title = f"Through the front door: durable, {SEGMENTS} segments, server on one core"
    shown = table(title, "", "requests/s", "events/s", "p50 ms", "p99 ms", "µs of the core", "of SQLite alone")
    for name, load, per_second, core_us in rows:
        shown.add_row(
            name,
            f"{load.per_second:,.0f}",
            f"{per_second:,.0f}",
            f"{load.percentile_ms(50):.2f}",
            f"{load.percentile_ms(99):.2f}",
            f"{core_us:.1f}",
            f"{per_second / inserting:.1%}",
        )
    shown.add_section()
    shown.add_row(
        "our writer alone, nothing to decode or encode", "", f"{writing:,.0f}", "", "", f"{1e6 / writing:.1f}", ""
    )
    shown.add_row("msgspec decoding the batches alone", "", f"{decoding:,.0f}", "", "", "", "")
    shown.add_row("SQLite inserting a row for each, durable", "", f"{inserting:,.0f}", "", "", "", "100%")
    yield shown


def _run(
    server: Running,
    path: str,
    bodies: list[bytes],
    connections: int,
    events_per_body: int,
    requests_per_second: float | None = None,
) -> tuple[Load, float, float]:
    """The load, events per second, and microseconds of the server's core per event."""
    requests = [encode_request(path, AUTHORIZATION, body) for body in bodies]
    used = server.cpu_seconds()
    load = drive(server.port, requests, connections, requests_per_second)
    core_us = (server.cpu_seconds() - used) / (len(bodies) * events_per_body) * 1e6
    return load, load.per_second * events_per_body, core_us
