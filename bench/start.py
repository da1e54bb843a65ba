"""How long does a server take to serve a store that has grown, and how much memory does it keep?

Each store has its events in the archive, and its segments at work, with their tags. The memory is held against the
formula of docs/performance.md. And what do the two commands take to start, in processor time, which is steadier than
the clock where others use the machine too?
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from rich.table import Table

from bench.history import History, history, past_definitions
from bench.memory import resident_bytes
from bench.server import Running, command, environment, port_in
from bench.stores import build, put_segments_to_work
from bench.tables import table
from bench.world import WEIGHTS, definitions
from octy.engine.warm import warm
from octy.model.definitions import from_wire
from octy.model.rules import Surroundings

PAST, LIVE = 14, 6
SIZES = ((0, 0), (1_000_000, 100_000), (3_000_000, 300_000), (10_000_000, 1_000_000), (100_000_000, 1_000_000))
SIZES_QUICKLY = ((0, 0), (500_000, 50_000))
NEWEST = 200_000
"""So many events are not in the archive yet."""


class Started(Struct, frozen=True):
    """A server that serves."""

    seconds: float
    resident_bytes: int


class Spent(Struct, frozen=True):
    """By the clock, and of the processor."""

    seconds: float
    cpu_seconds: float


def tables(*, quick: bool) -> Iterator[Table]:
    """Two tables."""
    warm()
    yield _commands(runs=3 if quick else 10)
    title = f"From `octy serve` to the first answer: {PAST} past and {LIVE} live segments"
    shown = table(title, "events", "profiles", "seconds", "resident MB", "by the formula, at most")
    surroundings = Surroundings(dict.fromkeys(WEIGHTS, frozenset({"plan", "page"})), frozenset())
    segments = [from_wire(raw, surroundings)[0] for raw in _segments()]
    for events, profiles in SIZES_QUICKLY if quick else SIZES:
        started = _start(events, profiles)
        by_formula = resident_bytes(profiles, segments, min(events, NEWEST))
        megabytes = (f"{count / 1e6:,.0f}" for count in (started.resident_bytes, by_formula))
        shown.add_row(f"{events:,}", f"{profiles:,}", f"{started.seconds:.1f}", *megabytes)
    yield shown


def _commands(runs: int) -> Table:
    """Each command in turn, so often; the servers' stores are empty."""
    shown = table(
        "To the end of a command; of a server, until it is ready", "command", "CPU s, p50", "CPU s, max", "s, p50"
    )
    with tempfile.TemporaryDirectory(prefix="octy-bench-") as folder, _serving(Path(folder) / "data") as server:
        client = [str(Path(sys.executable).with_name("octy-cli")), "--url", f"http://127.0.0.1:{port_in(server)}"]
        commands: dict[str, Callable[[], Spent]] = {
            "python -c pass": lambda: _run([sys.executable, "-c", "pass"]),
            "octy --help": lambda: _run([command(Path())[0], "--help"]),
            "octy serve": _serve_nothing,
            "octy-cli --help": lambda: _run([client[0], "--help"]),
            "octy-cli get segments": lambda: _run([*client, "get", "segments"]),
        }
        spent = {name: [run() for _ in range(runs)] for name, run in commands.items()}
    for name, times in spent.items():
        cpu = [one.cpu_seconds for one in times]
        seconds = (statistics.median(cpu), max(cpu), statistics.median(one.seconds for one in times))
        shown.add_row(name, *(f"{one:.2f}" for one in seconds))
    return shown


def _run(words: Sequence[str]) -> Spent:
    began, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, env=environment(), stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_seconds = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    return Spent(time.perf_counter() - began, cpu_seconds)


def _serve_nothing() -> Spent:
    with tempfile.TemporaryDirectory(prefix="octy-bench-") as folder:
        data, began = Path(folder) / "data", time.perf_counter()
        with _serving(data) as process:
            server = Running(port_in(process), process, data)
            return Spent(time.perf_counter() - began, server.cpu_seconds())


@contextmanager
def _serving(data: Path) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(command(data), env=environment(), stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def _segments() -> list[dict[str, Any]]:
    return [*past_definitions(PAST), *definitions(LIVE)]


def _start(events: int, profiles: int) -> Started:
    with tempfile.TemporaryDirectory(prefix="octy-bench-") as folder:
        data = Path(folder) / "data"
        if events:
            account_id = build(data, _of_now(history(events, profiles)), NEWEST)
            put_segments_to_work(data, account_id, _segments())
        began = time.perf_counter()
        with _serving(data) as process:
            port_in(process)
            return Started(time.perf_counter() - began, _resident_bytes(process.pid))


def _of_now(past: History) -> History:
    """The same history, ending now."""
    later_us = time.time_ns() // 1000 - past.now_us
    return msgspec.structs.replace(past, now_us=past.now_us + later_us, created_us=past.created_us + later_us)


def _resident_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
