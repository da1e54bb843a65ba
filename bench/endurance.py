"""`python -m bench.endurance [--minutes 30] [--events-per-second N] [--speed 1]`: does anything grow, or slow down?

Batches come in at 70% of the rate that the server takes at most, or at a rate that is told, while the archiver moves
events into files, the server audits itself, and a backup beside it is taken anew as soon as the last one is done. A
line for each minute: latency, memory, descriptors, threads, and how large the files are. Only the archive and its
backup may grow. The last table is what C39 asks: what came of it once the first sixth of the time was over.

With a speed, the server's clock goes so many times as fast, and so many times as many events come in: 60 minutes at a
speed of 6 hold what six hours hold. The rate that is told and the hours of the last table are then the server's.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from statistics import linear_regression
from typing import NamedTuple

import msgspec
from rich.console import Console
from rich.table import Table

from bench.front_door import BATCH_PATH
from bench.load import Load, drive, during, encode_request
from bench.server import AUTHORIZATION, Running, serving
from bench.tables import table
from bench.world import BATCH, events, furnish

SEGMENTS = 20
SHARE = 0.7
"""Of what the server takes at most, where no rate is told."""
FIRST_PART = 6
"""The time is looked at in so many parts; in the first, a server may still find its size."""
CONNECTIONS = 4
BODIES = 400
MOST_SECONDS = 120
"""Taken to find out what the server takes at most for as long as one likes: the archive takes its share meanwhile,
which grows as its files are merged into larger ones."""
SECONDS_PER_ROW = 60
BLOCKS = " ▁▂▃▄▅▆▇█"


class Minute(NamedTuple):
    """How a server fares."""

    p50_ms: float
    p99_ms: float
    most_ms: float
    memory_mb: float
    descriptors: int
    threads: int
    database_mb: float
    log_mb: float
    """SQLite's write-ahead log."""
    archive_mb: float
    moves: int
    """Times so far that events became a file of the archive."""
    audited: int
    """Profiles so far whose tags were held against the log."""
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


def minutes(count: int, events_per_second: float | None, speed: float) -> Iterator[tuple[float, Load, Minute]]:
    """The events that come in a second, and for each minute its load and a row."""
    encode = msgspec.json.encode
    with serving(speed=speed) as server, tempfile.TemporaryDirectory(prefix="octy-bench-") as folder:
        ids = furnish(server, SEGMENTS)
        requests = [
            encode_request(BATCH_PATH, AUTHORIZATION, encode({"events": events(ids, BATCH, seed)}))
            for seed in range(BODIES)
        ]
        if events_per_second is None:
            capacity = drive(server.port, during(MOST_SECONDS, requests), CONNECTIONS)
            events_per_second = capacity.per_second * SHARE * BATCH
        else:
            events_per_second *= speed
        per_second = events_per_second / BATCH
        backups = Backups(server.data, Path(folder) / "backup")
        for _ in range(count):
            backups.go_on()
            due = islice(cycle(requests), round(per_second * SECONDS_PER_ROW))
            load = drive(server.port, due, CONNECTIONS, per_second)
            yield events_per_second, load, _minute(server, load, backups.taken)
        backups.end()


def _minute(server: Running, load: Load, backups: int) -> Minute:
    def size_mb(*names: str) -> float:
        return sum(path.stat().st_size for name in names for path in server.data.glob(name)) / 1e6

    process = Path(f"/proc/{server.process.pid}")
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics") as answer:
        told = dict(re.findall(r"^(\w+) (\S+)$", answer.read().decode(), re.MULTILINE))
    return Minute(
        load.percentile_ms(50),
        load.percentile_ms(99),
        load.percentile_ms(100),
        int((process / "statm").read_text().split()[1]) * 4096 / 1e6,
        len(list((process / "fd").iterdir())),
        len(list((process / "task").iterdir())),
        size_mb("octy.db"),
        size_mb("octy.db-wal"),
        size_mb("archive/*.parquet"),
        round(float(told["octy_archive_moves_total"])),
        round(float(told["octy_audit_profiles_checked_total"])),
        backups,
    )


def _curve(values: list[float]) -> str:
    """One character for each, from nothing to the most."""
    most = max(values) or 1
    return "".join(BLOCKS[round(value / most * (len(BLOCKS) - 1))] for value in values)


def _tables(rate: float, speed: float, loads: list[Load], rows: list[Minute]) -> Iterator[Table]:
    clock = "" if speed == 1 else f", on a clock {speed:g} times as fast"
    title = f"{len(rows)} minutes at {rate:,.0f} events/s{clock}, {SEGMENTS} segments, with backups and audit"
    shown = table(title, "minute", *(name.replace("_", " ") for name in Minute._fields))
    for number, row in enumerate(rows, 1):
        shown.add_row(str(number), *(f"{value:,.0f}" if value > 20 else f"{value:,.1f}" for value in row))
    yield shown
    curves = table("From nothing to the most", "", "by minute", "most")
    for name, values in zip(Minute._fields, zip(*rows, strict=True), strict=True):
        curves.add_row(name.replace("_", " "), _curve(list(values)), f"{max(values):,.0f}")
    yield curves
    if len(rows) >= FIRST_PART * 2:
        yield _held(speed, loads, rows)


def _held(speed: float, loads: list[Load], rows: list[Minute]) -> Table:
    """What C39 asks, after the first part."""
    part = len(rows) // FIRST_PART
    rest = rows[part:]
    hours = [minute * SECONDS_PER_ROW * speed / 3600 for minute in range(len(rest))]
    slope = linear_regression(hours, [row.memory_mb for row in rest]).slope
    held = table("After the first sixth of the time", "", "", "wanted")
    held.add_row("memory, MB an hour", f"{slope:+,.1f}", "1 at most")
    for name in ("descriptors", "threads"):
        values = [getattr(row, name) for row in rest]
        held.add_row(f"{name}, least and most", f"{min(values)} and {max(values)}", "5 apart at most")
    held.add_row("log, most MB", f"{max(row.log_mb for row in rest):,.0f}", "bounded")
    first, last = _p99_ms(loads[:part]), _p99_ms(loads[-part:])
    held.add_row("p99 ms, first and last sixth", f"{first:.1f} and {last:.1f}: {last / first:.2f} times", "1.2 at most")
    return held


def _p99_ms(loads: list[Load]) -> float:
    """Of several minutes together."""
    latencies = sorted(seconds for load in loads for seconds in load.latencies_seconds)
    return Load(len(latencies), 0, latencies).percentile_ms(99)


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description="Does anything grow, or slow down?")
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--events-per-second", type=float, help=f"{SHARE:.0%} of what the server takes unless told")
    parser.add_argument("--speed", type=float, default=1, help="how many times as fast the server's clock goes")
    told = parser.parse_args()
    console = Console(width=160)
    began, rate = time.monotonic(), 0.0
    loads, rows = list[Load](), list[Minute]()
    for rate, load, row in minutes(told.minutes, told.events_per_second, told.speed):  # noqa: B007
        loads.append(load)
        rows.append(row)
        console.print(f"{time.monotonic() - began:,.0f} s: {row}")
    for one in _tables(rate, told.speed, loads, rows):
        console.print(one)


if __name__ == "__main__":
    main()
