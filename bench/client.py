"""`octy-cli upload` as a user runs it: how long do 100,000 rows take, from the command's start to its end?

Events of 10,000 profiles over 90 days into 20 segments; the server has one core, the command the other. Each file is
uploaded to a server of its own. The peer is how the public client goes about it (wire.md 4): parsed rows, 500 in a
request, one request after another over one connection; without that client's checks of the file and its start.
"""

import csv
import gzip
import http.client
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet
from rich.table import Table

from bench.server import AUTHORIZATION, KEYS, Running, serving
from bench.tables import table
from bench.world import WEIGHTS, furnish

ROWS, ROWS_QUICKLY = 100_000, 10_000
PROFILES, PROFILES_QUICKLY = 10_000, 1_000
SEGMENTS = 20
DAYS = 90
FILES = ("events.csv", "events.csv.gz", "events.ndjson", "events.parquet")
BATCH = 500
PROPERTY = "event_properties>>"


def tables(*, quick: bool) -> Iterator[Table]:
    """One table."""
    rows, profiles = (ROWS_QUICKLY, PROFILES_QUICKLY) if quick else (ROWS, PROFILES)
    title = (
        f"octy-cli upload events: {rows:,} rows of {profiles:,} profiles, {DAYS} days of history, {SEGMENTS} segments"
    )
    shown = table(title, "file", "MB", "seconds", "rows/s", "s of its core", "s of the server's")
    peer = "one request after another"
    for name, upload in {peer: _one_after_another, **dict.fromkeys(FILES, _upload)}.items():
        with serving() as server, tempfile.TemporaryDirectory(prefix="octy-bench-") as folder:
            path = Path(folder) / ("events.csv" if name == peer else name)
            _write(path, _events(furnish(server, SEGMENTS, profiles), rows))
            began, own, servers = time.perf_counter(), _cpu_seconds(), server.cpu_seconds()
            upload(server, path, rows)
            seconds, own, servers = time.perf_counter() - began, _cpu_seconds() - own, server.cpu_seconds() - servers
            size = f"{path.stat().st_size / 1e6:.1f}"
            shown.add_row(name, size, f"{seconds:.1f}", f"{rows / seconds:,.0f}", f"{own:.1f}", f"{servers:.1f}")
    yield shown


def _cpu_seconds() -> float:
    """Of this process and of all commands that have ended."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _events(ids: Sequence[str], count: int) -> list[dict[str, Any]]:
    chance = random.Random(5)
    now = time.time()
    instants = sorted(chance.uniform(now - DAYS * 86_400, now - 60) for _ in range(count))
    names = chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=count)
    return [
        {
            "event_type": name,
            "profile_id": chance.choice(ids),
            "created_at": f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}",
            f"{PROPERTY}plan": chance.choice(("gold", "silver", "free")),
            f"{PROPERTY}page": f"/p/{chance.randrange(500)}",
        }
        for name, at in zip(names, instants, strict=True)
    ]


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    if path.suffix == ".parquet":
        parquet.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".ndjson":
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    else:
        with gzip.open(path, "wt") if path.suffix == ".gz" else path.open("w") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


def _one_after_another(server: Running, path: Path, rows: int) -> None:
    with path.open(newline="") as file:
        events = [
            {
                "event_type": row["event_type"],
                "profile_id": row["profile_id"],
                "created_at": row["created_at"],
                "event_properties": {
                    name.removeprefix(PROPERTY): cell for name, cell in row.items() if name.startswith(PROPERTY)
                },
            }
            for row in csv.DictReader(file)
        ]
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    headers = {"Authorization": AUTHORIZATION, "Content-Type": "application/json"}
    created = 0
    for first in range(0, rows, BATCH):
        body = json.dumps({"events": events[first : first + BATCH]}, indent=1)
        connection.request("POST", "/v1/retention/events/create/batch", body, headers)
        created += len(json.load(connection.getresponse())["created_events"])
    if created != rows:
        raise RuntimeError(f"{created} of {rows} events were created")


def _upload(server: Running, path: Path, rows: int) -> None:
    command = [str(Path(sys.executable).with_name("octy-cli")), "upload", "events", "-f", str(path)]
    where = {"OCTY_URL": f"http://127.0.0.1:{server.port}", "HOME": str(path.parent)}
    said = subprocess.run(command, env=os.environ | KEYS | where, check=True, capture_output=True, text=True).stdout
    if f"{rows:,} events" not in said:
        raise RuntimeError(f"octy-cli said {said!r}")
