"""`python -m bench`: through the front door, durable, 20 segments; beside it, what the machine allows."""

import argparse

import msgspec
from rich.console import Console
from rich.table import Table

from bench.engine import BATCH as ENGINE_BATCH
from bench.engine import PROFILES, engine_stages
from bench.limits import decoding_per_second, inserting_per_second
from bench.load import Load, drive, encode_request
from bench.server import AUTHORIZATION, Running, serving
from bench.world import BATCH, events, furnish
from octy.engine.warm import warm

SEGMENTS = 20
BATCHES = 400
SINGLES = 20_000
ENGINE_SEGMENTS = (20, 100)
ENGINE_STAGES = (100_000, 1_000_000, 2_000_000, 4_000_000)
BATCH_PATH = "/v1/retention/events/create/batch"
SINGLE_PATH = "/v1/retention/events/create"


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed through the front door, beside the limits of the machine.")
    parser.add_argument("--segments", type=int, default=SEGMENTS)
    parser.add_argument("--batches", type=int, default=BATCHES)
    parser.add_argument("--singles", type=int, default=SINGLES)
    wanted = parser.parse_args()
    encode = msgspec.json.encode
    with serving() as server:
        ids = furnish(server, wanted.segments)
        batches = [events(ids, BATCH, seed) for seed in range(wanted.batches)]
        bodies = [encode({"events": batch}) for batch in batches]
        singles = [encode(event) for event in events(ids, wanted.singles, seed=-1)]
        rows = [
            (f"batches of {BATCH}, 1 connection", *_run(server, BATCH_PATH, bodies[: len(bodies) // 2], 1, BATCH)),
            (f"batches of {BATCH}, 4 connections", *_run(server, BATCH_PATH, bodies[len(bodies) // 2 :], 4, BATCH)),
            ("single events, 1 connection", *_run(server, SINGLE_PATH, singles[: wanted.singles // 8], 1, 1)),
            ("single events, 32 connections", *_run(server, SINGLE_PATH, singles[wanted.singles // 8 :], 32, 1)),
        ]
        half = rows[-1][1].per_second / 2
        run = _run(server, SINGLE_PATH, singles[wanted.singles // 2 :], 32, 1, half)
        rows.append(("single events, at half that rate", *run))
    decoding = decoding_per_second(bodies, BATCH)
    inserting = inserting_per_second(batches)
    table = Table(title=f"Through the front door: durable, {wanted.segments} segments, server on one core")
    for column in ("", "requests/s", "events/s", "p50 ms", "p99 ms", "µs of the core", "of SQLite alone"):
        table.add_column(column, justify="left" if not column else "right")
    for name, load, per_second, core_us in rows:
        table.add_row(
            name,
            f"{load.per_second:,.0f}",
            f"{per_second:,.0f}",
            f"{load.percentile_ms(50):.2f}",
            f"{load.percentile_ms(99):.2f}",
            f"{core_us:.1f}",
            f"{per_second / inserting:.1%}",
        )
    table.add_section()
    table.add_row("msgspec decoding the batches alone", "", f"{decoding:,.0f}", "", "", "", "")
    table.add_row("SQLite inserting the batches alone, durable", "", f"{inserting:,.0f}", "", "", "", "100%")
    console = Console(width=120)
    console.print(table)
    console.print(_engine_table())


def _engine_table() -> Table:
    warm()
    table = Table(title=f"The engine alone, one core: {PROFILES:,} profiles, batches of {ENGINE_BATCH:,}")
    for column in ("segments", "events before", "µs per event", "tag changes per event"):
        table.add_column(column, justify="right")
    for segments in ENGINE_SEGMENTS:
        for stage in engine_stages(segments, ENGINE_STAGES):
            cells = (f"{stage.events_before:,}", f"{stage.us_per_event:.2f}", f"{stage.changes_per_event:.2f}")
            table.add_row(str(segments), *cells)
        table.add_section()
    return table


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


main()
