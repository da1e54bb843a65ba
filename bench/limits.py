"""What the machine allows: decoding the same bodies alone, inserting the same rows alone."""

import json
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from octy.model.events import EventDraft

TABLE = """CREATE TABLE events (
  seq INTEGER PRIMARY KEY, account_id BIGINT NOT NULL, profile_key BIGINT NOT NULL, type_id BIGINT NOT NULL,
  created_us BIGINT NOT NULL, accepted_us BIGINT NOT NULL, properties TEXT
)"""
"""A row for each event and no index at all: what the simplest log would be."""


class _Batch(msgspec.Struct):
    events: list[EventDraft]


def decoding_per_second(bodies: Sequence[bytes], events_per_body: int) -> float:
    """Events per second that msgspec decodes and validates into the same types, doing nothing else."""
    decode = msgspec.json.Decoder(_Batch).decode
    began = time.perf_counter()
    for body in bodies:
        decode(body)
    return len(bodies) * events_per_body / (time.perf_counter() - began)


def inserting_per_second(batches: Sequence[Sequence[dict[str, Any]]]) -> float:
    """Rows per second that SQLite takes into a table of events, a durable commit per batch, no more."""
    with tempfile.TemporaryDirectory(prefix="octy-bench-") as folder:
        database = sqlite3.connect(Path(folder) / "limit.db", isolation_level=None)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute(TABLE)
        seqs = count(1)
        prepared = [_rows(batch, seqs) for batch in batches]
        began = time.perf_counter()
        for rows in prepared:
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            database.execute("COMMIT")
        seconds = time.perf_counter() - began
        database.close()
    return sum(map(len, prepared)) / seconds


def _rows(batch: Sequence[dict[str, Any]], seqs: Iterator[int]) -> list[tuple[object, ...]]:
    now_us = time.time_ns() // 1000
    return [
        (seq, 1, hash(event["profile_id"]) % 10_000, 1, now_us, now_us, json.dumps(event["event_properties"]))
        for seq, event in zip(seqs, batch, strict=False)
    ]
