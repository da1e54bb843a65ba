"""chDB, ClickHouse in this process: a MergeTree in (event type, plan, profile, time) order, a query for each segment.

A segment's first and last action and its inaction are one aggregation of the profiles; the actions between are a
second one, joined with the first.

Tried over 20 million events, 20 segments, two cores, a query per segment where nothing else is said: (profile, time)
order 8.6 s, with sequences by sequenceMatch or windowFunnel 5.9 s; (event type, profile, time) order 1.95 s, with
sequenceMatch 2.1 s, with windowFunnel 2.3 s; the plan in the order 1.45 s. A UNION ALL of the segments 1.44 s, but for
100 it takes a fifth more of the processor's time. windowFunnel is not exact where one event matches two steps:
strict_increase loses matches, the default counts the event twice. One scan for all in (profile, time) order takes,
with sequenceMatch, 4.9 s of the processor's time, not 2.9 s. Other codecs, block sizes, join algorithms and
aggregation in order change little.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from chdb.session import Session

from bench.history import History
from bench.peers.asked import Asked, asked, either
from bench.peers.peer import CORES, Profiles, columns, folder_bytes


class ChdbPeer:
    """A session on a folder; its table is one merged part."""

    name = "chDB"

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="octy-bench-")
        self._session = Session(self._folder.name)
        self._now_us = 0

    def load(self, history: History) -> None:
        """Texts become enums; the index leads to the granules of an event type, and of a plan where one is named."""
        self._now_us = history.now_us
        self._session.query("CREATE DATABASE bench")
        self._session.query(
            "CREATE TABLE bench.events (profile UInt32 CODEC(Delta, LZ4), created_us UInt64 CODEC(Delta, LZ4), "
            f"event_type {_enum(history.event_types)}, plan {_enum(history.plans)}, page {_enum(history.pages)}) "
            "ENGINE = MergeTree ORDER BY (event_type, plan, profile, created_us)"
        )
        events = columns(history)  # noqa: F841 (the query finds it by its name)
        self._session.query(
            "INSERT INTO bench.events SELECT profile, created_us, event_type, plan, page FROM Python(events) "
            f"SETTINGS max_threads = {CORES}, min_insert_block_size_rows = 4000000, min_insert_block_size_bytes = 0"
        )
        self._session.query("OPTIMIZE TABLE bench.events FINAL")

    def storage_bytes(self) -> int:
        """The active part alone: what was merged into it goes later."""
        active = "SELECT path FROM system.parts WHERE database = 'bench' AND table = 'events' AND active"
        paths = self._session.query(active, "TabSeparated").bytes().decode().split()
        return sum(folder_bytes(Path(path)) for path in paths)

    def members(self, definitions: Sequence[dict[str, Any]]) -> list[Profiles]:
        """One query after the other, each on both cores."""
        return [self._members(definition) for definition in definitions]

    def close(self) -> None:
        """Removes the folder."""
        self._session.close()
        self._folder.cleanup()

    def _members(self, definition: dict[str, Any]) -> Profiles:
        sql = f"{query(asked(definition, self._now_us))} SETTINGS max_threads = {CORES}"
        answer = self._session.query(sql, "RowBinary")
        return np.sort(np.frombuffer(answer.bytes() if answer.size() else b"", np.int32))


def query(segment: Asked) -> str:
    """The members, in any order."""
    window, actions = segment.window, segment.actions
    clear = f"countIf({segment.inaction}) = 0" if segment.inaction else "1"
    ends = {actions[0], actions[-1]} | ({segment.inaction} if segment.inaction else set())
    seen = f"FROM bench.events WHERE {window} AND {either(*sorted(ends))} GROUP BY profile"
    if len(actions) == 1:
        return f"SELECT profile {seen} HAVING {clear} AND countIf({actions[0]}) > 0"
    framed = (
        f"SELECT profile, minIf(created_us, {actions[0]}) AS p, maxIf(created_us, {actions[-1]}) AS q "
        f"{seen} HAVING p > 0 AND p < q AND {clear}"
    )
    if len(actions) == 2:
        return f"SELECT profile FROM ({framed})"
    between = f"FROM bench.events INNER JOIN ({framed}) AS framed USING (profile) WHERE {window}"
    if len(actions) == 3:
        return f"SELECT DISTINCT profile {between} AND {actions[1]} AND created_us > p AND created_us < q"
    return (
        f"SELECT profile FROM (SELECT profile, minIf(created_us, {actions[1]} AND created_us > p) AS second, "
        f"maxIf(created_us, {actions[2]} AND created_us < q) AS third {between} AND {either(*actions[1:3])} "
        "GROUP BY profile HAVING second > 0 AND second < third)"
    )


def _enum(texts: tuple[str, ...]) -> str:
    width = 8 if len(texts) <= 128 else 16
    return f"Enum{width}(" + ", ".join(f"'{text}' = {code}" for code, text in enumerate(texts)) + ")"
