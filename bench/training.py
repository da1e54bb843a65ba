"""Does a training slow ingestion? Events accepted a second before, while and after a model is trained, by one server.

One client sends batches of 500, one after the other. The training's process has the lowest priority; server and process
share both cores.
"""

import os
import time
from collections.abc import Iterator
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
SECONDS = 10.0
BATCHES = "/v1/retention/events/create/batch"
TRAINING = "/v1/retention/training"


def tables(*, quick: bool) -> Iterator[Table]:
    """One table."""
    shown = table("events accepted a second, one client", "", "events/s", "of before and after")
    with serving() as server:
        os.sched_setaffinity(server.process.pid, range(os.cpu_count() or 1))
        ids = furnish(server, SEGMENTS, PROFILES)
        _upload_history(server, ids, QUICK_HISTORY if quick else HISTORY)
        pool = [{"events": events(ids, BATCH, seed)} for seed in range(40)]
        before = _rate(server, pool, SECONDS)
        server.post(f"{TRAINING}/start", {"algorithm": "churn"})
        during, seconds = _rate_while_training(server, pool)
        after = _rate(server, pool, SECONDS)
        (job,) = server.get(TRAINING)["training_jobs"]
        assert job["status"] == "completed", job["error"]
    alone = (before + after) / 2
    shown.add_row("before", f"{before:,.0f}", "")
    shown.add_row(f"while a model is trained ({seconds:.0f} s)", f"{during:,.0f}", f"{100 * during / alone:.1f}%")
    shown.add_row("after", f"{after:,.0f}", "")
    yield shown


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


def _rate_while_training(server: Running, pool: list[dict[str, Any]]) -> tuple[float, float]:
    """The rate, and how long the training took."""
    began = time.perf_counter()
    rates = []
    while not server.get(TRAINING)["training_jobs"][0]["ended_at"]:
        rates.append(_rate(server, pool, 1.0))
    return sum(rates) / len(rates), time.perf_counter() - began
