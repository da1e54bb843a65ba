"""Does a training slow ingestion? Events accepted a second while a model is trained, and while its process is stopped.

One client sends batches of 500, one after the other. The training's process has the lowest priority and its share of a
core, as every job's; server and process share both cores. The process is stopped and let go on in turns, so that
whatever else the machine does falls on both alike.
"""

import os
import signal
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.table import Table

from bench.server import Running, serving
from bench.tables import table
from bench.world import BATCH, events, furnish
from octy.model.instants import US_PER_DAY, US_PER_SECOND, iso

PROFILES = 5_000
HISTORY = 200_000
QUICK_HISTORY = 50_000
HISTORY_DAYS = 300
SEGMENTS = 20
ROUNDS = 12
QUICK_ROUNDS = 3
SECONDS = 5.0
BATCHES = "/v1/retention/events/create/batch"
TRAINING = "/v1/retention/training"


def tables(*, quick: bool) -> Iterator[Table]:
    """One table."""
    shown = table("events accepted a second, one client", "", "median", "least", "most")
    with serving() as server:
        os.sched_setaffinity(server.process.pid, range(os.cpu_count() or 1))
        ids = furnish(server, SEGMENTS, PROFILES)
        _upload_history(server, ids, QUICK_HISTORY if quick else HISTORY)
        pool = [{"events": events(ids, BATCH, seed)} for seed in range(40)]
        rounds = [_round(server, pool) for _ in range(QUICK_ROUNDS if quick else ROUNDS)]
    _add(shown, "while its process is stopped", [alone for alone, _ in rounds], "{:,.0f}")
    _add(shown, "while a model is trained", [beside for _, beside in rounds], "{:,.0f}")
    _add(shown, "of one another, in each round", [100 * beside / alone for alone, beside in rounds], "{:.1f}%")
    shown.caption = f"{len(rounds)} rounds; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores at the end"
    yield shown


def _add(shown: Table, what: str, figures: list[float], form: str) -> None:
    shown.add_row(what, *(form.format(one) for one in (statistics.median(figures), min(figures), max(figures))))


def _round(server: Running, pool: list[dict[str, Any]]) -> tuple[float, float]:
    """The rates without and with; both of one process, or the round is made anew."""
    while True:
        process = _job(server)
        os.kill(process, signal.SIGSTOP)
        try:
            alone = _rate(server, pool, SECONDS)
        finally:
            os.kill(process, signal.SIGCONT)
        beside = _rate(server, pool, SECONDS)
        if process in _children(server):
            return alone, beside


def _job(server: Running) -> int:
    """The process of the training, or of its dataset; another training is begun where the last has ended."""
    while not (children := _children(server)):
        jobs = server.get(TRAINING)["training_jobs"]
        if not jobs or jobs[-1]["ended_at"]:
            assert not jobs or jobs[-1]["status"] == "completed", jobs[-1]["error"]
            server.post(f"{TRAINING}/start", {"algorithm": "churn"})
        time.sleep(0.05)
    return children[0]


def _children(server: Running) -> list[int]:
    tasks = Path(f"/proc/{server.process.pid}/task").glob("*/children")
    return [int(one) for task in tasks for one in task.read_text().split()]


def _upload_history(server: Running, ids: list[str], count: int) -> None:
    now_us = int(time.time()) * US_PER_SECOND
    step_us = HISTORY_DAYS * US_PER_DAY // count
    sent = events(ids, count, seed=1)
    for first in range(0, count, BATCH):
        batch = [
            one | {"created_at": iso(now_us - (count - place) * step_us)}
            for place, one in enumerate(sent[first : first + BATCH], first)
        ]
        server.post(BATCHES, {"events": batch})


def _rate(server: Running, pool: list[dict[str, Any]], seconds: float) -> float:
    began = time.perf_counter()
    sent = 0
    while time.perf_counter() - began < seconds:
        server.post(BATCHES, pool[sent % len(pool)])
        sent += 1
    return sent * BATCH / (time.perf_counter() - began)
