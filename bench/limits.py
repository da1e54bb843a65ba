"""What the machine allows: decoding the same bodies alone, inserting the same rows alone."""

import json
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from octy.model.events import EventDraft


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
    """Rows per second that SQLite takes into the same table, one durable commit per batch, doing nothing else."""
    with tempfile.TemporaryDirectory(prefix="octy-bench-") as folder:
        database = sqlite3.connect(Path(folder) / "limit.db", isolation_level=None)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute(
            "CREATE TABLE events (seq INTEGER PRIMARY KEY, account_id INTEGER, profile_key INTEGER, type_id INTEGER,"
            " created_us INTEGER, accepted_us INTEGER, properties TEXT)"
        )
        database.execute("CREATE INDEX by_profile ON events (account_id, profile_key, created_us)")
        seq = 0
        prepared = []
        for batch in batches:
            rows = []
            for event in batch:
                seq += 1
                key = hash(event["profile_id"]) % 10_000
                rows.append((seq, 1, key, 1, seq, seq, json.dumps(event["event_properties"])))
            prepared.append(rows)
        began = time.perf_counter()
        for rows in prepared:
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            database.execute("COMMIT")
        seconds = time.perf_counter() - began
        database.close()
    return seq / seconds
