"""`python -m bench.endurance [--minutes 30]`: does anything grow, or slow down, while a server works hard for long?

Batches come in at 70% of the rate that the server takes at most, while the archiver moves events into files, the server
audits itself, and a backup beside it is taken anew as soon as the last one is done. A line for each minute: latency,
memory, and how large the files are. Only the archive and its backup may grow.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

import msgspec
from rich.console import Console
from rich.table import Table

from bench.front_door import BATCH_PATH
from bench.load import Load, drive, encode_request
from bench.server import AUTHORIZATION, Running, serving
from bench.tables import table
from bench.world import BATCH, events, furnish

SEGMENTS = 20
SHARE = 0.7
"""Of what the server takes at most."""
CONNECTIONS = 4
BODIES = 400
BATCHES_AT_MOST = 2_000
"""Sent to find out what the server takes at most."""
SECONDS_PER_ROW = 60
BLOCKS = " ▁▂▃▄▅▆▇█"


class Minute(NamedTuple):
    """How a server fares."""

    p50_ms: float
    p99_ms: float
    most_ms: float
    memory_mb: float
    database_mb: float
    log_mb: float
    """SQLite's write-ahead log."""
    archive_mb: float
    backups: int
    """Taken so far."""


class Backups:
    """One after the other, each in a process of its own."""

    def __init__(self, data: Path, target: Path) -> None:
        self.taken = 0
        self._command = [str(Path(sys.executable).with_name("octy")), "backup", str(target), "--data", str(data)]
        self._running: subprocess.Popen[bytes] | None = None

    def go_on(self) -> None:
        """Begins the next where the last is done."""
        if self._running is not None:
            if self._running.poll() is None:
                return
            if self._running.returncode:
                raise RuntimeError("a backup failed")
            self.taken += 1
        self._running = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)

    def end(self) -> None:
        """Waits for the last one."""
        if self._running is not None:
            self._running.wait()


def minutes(count: int) -> Iterator[tuple[float, Minute]]:
    """The rate, in events a second, and a row for each minute."""
    encode = msgspec.json.encode
    with serving() as server, tempfile.TemporaryDirectory(prefix="octy-bench-") as folder:
        ids = furnish(server, SEGMENTS)
        requests = cycle(
            [
                encode_request(BATCH_PATH, AUTHORIZATION, encode({"events": events(ids, BATCH, seed)}))
                for seed in range(BODIES)
            ]
        )
        capacity = drive(server.port, islice(requests, BATCHES_AT_MOST), CONNECTIONS)
        per_second = capacity.per_second * SHARE
        backups = Backups(server.data, Path(folder) / "backup")
        for _ in range(count):
            backups.go_on()
            due = islice(requests, round(per_second * SECONDS_PER_ROW))
            load = drive(server.port, due, CONNECTIONS, per_second)
            yield per_second * BATCH, _minute(server, load, backups.taken)
        backups.end()


def _minute(server: Running, load: Load, backups: int) -> Minute:
    def size_mb(*names: str) -> float:
        return sum(path.stat().st_size for name in names for path in server.data.glob(name)) / 1e6

    status = Path(f"/proc/{server.process.pid}/statm").read_text().split()
    return Minute(
        load.percentile_ms(50),
        load.percentile_ms(99),
        load.percentile_ms(100),
        int(status[1]) * 4096 / 1e6,
        size_mb("octy.db"),
        size_mb("octy.db-wal"),
        size_mb("archive/*.parquet"),
        backups,
    )


def _curve(values: list[float]) -> str:
    """One character for each, from nothing to the most."""
    most = max(values) or 1
    return "".join(BLOCKS[round(value / most * (len(BLOCKS) - 1))] for value in values)


def _tables(rate: float, rows: list[Minute]) -> Iterator[Table]:
    title = f"{len(rows)} minutes at {rate:,.0f} events/s, {SHARE:.0%} of what the server takes, with backups and audit"
    shown = table(title, "minute", *(name.replace("_", " ") for name in Minute._fields))
    for number, row in enumerate(rows, 1):
        shown.add_row(str(number), *(f"{value:,.0f}" if value > 20 else f"{value:,.1f}" for value in row))
    yield shown
    curves = table("From nothing to the most", "", "by minute", "most")
    for name, values in zip(Minute._fields, zip(*rows, strict=True), strict=True):
        curves.add_row(name.replace("_", " "), _curve(list(values)), f"{max(values):,.0f}")
    yield curves


def main() -> None:
    """Prints two tables."""
    parser = argparse.ArgumentParser(description="Does anything grow, or slow down?")
    parser.add_argument("--minutes", type=int, default=30)
    console = Console(width=160)
    began, rate, rows = time.monotonic(), 0.0, []
    for rate, row in minutes(parser.parse_args().minutes):  # noqa: B007
        rows.append(row)
        console.print(f"{time.monotonic() - began:,.0f} s: {row}")
    for one in _tables(rate, rows):
        console.print(one)


if __name__ == "__main__":
    main()
