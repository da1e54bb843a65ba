"""A training dataset of half a year's weeks, beside the same memberships and counts asked of DuckDB."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.table import Table

from bench.history import History, history, past_definitions
from bench.peers.comparing import timed
from bench.peers.duckdb_peer import DuckdbPeer
from bench.stores import build, put_segments_to_work
from bench.tables import table
from octy.engine.warm import warm
from octy.model.datasets import DatasetRequest
from octy.model.instants import US_PER_DAY, iso
from octy.model.jobs import JobKind
from octy.service.jobs.runner import COMMAND
from octy.service.jobs.task import Made, Said, Task

EVENTS = 10_000_000
PROFILES = 100_000
SEGMENTS = 20
INSTANTS = 26
DAYS_APART = 7
DAYS = INSTANTS * DAYS_APART
NEWEST = 100_000
"""How many events are in the database yet."""


def tables(*, quick: bool) -> Iterator[Table]:
    """One row for us, with all columns; one for DuckDB, with those that it can be asked for."""
    warm()
    past = history(EVENTS // 20 if quick else EVENTS, PROFILES // 20 if quick else PROFILES, days=DAYS)
    definitions = past_definitions(SEGMENTS)
    title = f"A dataset of {past.events:,} events, {past.profiles:,} profiles, {SEGMENTS} segments, {INSTANTS} instants"
    made = table(title, "", "s", "rows", "columns", "file, MB", "peak memory, MB", "memberships and counts")
    with tempfile.TemporaryDirectory(prefix="octy-bench-") as place:
        folder = Path(place) / "data"
        account_id = build(folder, past, min(NEWEST, past.events // 10))
        put_segments_to_work(folder, account_id, definitions)
        seconds, peak_mb, ours = _made(_task(folder, account_id, past))
        assert ours.file is not None, "a dataset is a file"
        rows = pq.read_table(folder / "datasets" / ours.file.name)
        shape = f"{rows.num_rows:,}", f"{rows.num_columns}", f"{ours.file.bytes / 1e6:,.0f}"
        made.add_row("Octy, all columns", f"{seconds:.1f}", *shape, f"{peak_mb:,.0f}", "")
        peer = DuckdbPeer()
        peer.load(past)
        seconds, found = timed(lambda: [_asked(peer, definitions, at_us) for at_us in _instants_us(past)])
        is_equal = all(
            _is_equal(rows, at_us, definitions, one) for at_us, one in zip(_instants_us(past), found, strict=True)
        )
        peer.close()
    made.add_row("DuckDB, tags and two counts", f"{seconds:.1f}", "", "", "", "", "equal" if is_equal else "DIFFERENT")
    yield made


def _instants_us(past: History) -> list[int]:
    return [past.now_us - back * DAYS_APART * US_PER_DAY for back in range(INSTANTS - 1, -1, -1)]


def _task(folder: Path, account_id: int, past: History) -> Task:
    instants_us = _instants_us(past)
    request = DatasetRequest(every="7d", from_=iso(instants_us[0]), to=iso(instants_us[-1]), label="churn:30d")
    parameters = msgspec.json.encode(request).decode()
    return Task(str(folder), "dataset_bench", account_id, JobKind.DATASET, parameters, past.now_us, 0, 1)


def _made(task: Task) -> tuple[float, float, Made]:
    """In a process of its own, as the server has it made: seconds, peak memory in MB, and what came of it."""
    began = time.perf_counter()
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None, "as asked for"
        assert process.stdout is not None, "as asked for"
        process.stdin.write(msgspec.json.encode(task) + b"\n")
        process.stdin.flush()
        said = [msgspec.json.decode(line, type=Said) for line in process.stdout]
        _, _, used = os.wait4(process.pid, 0)
    assert isinstance(said[-1], Made), said[-1]
    return time.perf_counter() - began, used.ru_maxrss / 1024, said[-1]


def _asked(
    peer: DuckdbPeer, definitions: Sequence[dict[str, Any]], at_us: int
) -> tuple[list[np.ndarray[Any, Any]], dict[int, tuple[int, int]]]:
    """Who is a member of each segment at an instant; and of each profile, events and charges in 30 days."""
    return peer.members_at(definitions, at_us), peer.counts_at(at_us)


def _is_equal(
    rows: pa.Table,
    at_us: int,
    definitions: Sequence[dict[str, Any]],
    found: tuple[list[np.ndarray[Any, Any]], dict[int, tuple[int, int]]],
) -> bool:
    members, counts = found
    here = rows.filter(pc.equal(rows.column("as_of"), pa.scalar(at_us, pa.timestamp("us", "UTC"))))
    profile = np.array([int(one.rpartition("_")[2], 16) for one in here.column("profile_id").to_pylist()])
    is_borne = [here.column(f"tag.{one['segment_name']}").to_numpy(zero_copy_only=False) for one in definitions]
    tags = [np.sort(profile[bearers]) for bearers in is_borne]
    counted = zip(
        profile.tolist(),
        here.column("frequency_30d").to_pylist(),
        here.column("charged_30d").to_pylist(),
        strict=True,
    )
    ours = {key: (events, charges) for key, events, charges in counted if events}
    return ours == counts and all(map(np.array_equal, tags, members))
