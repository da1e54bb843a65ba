"""A million changes that time alone causes, all due within one second, among many more that are not due yet.

How fast are they applied, stored and tagged, and how long do single events wait meanwhile?
"""

import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import msgspec
import numpy as np
from msgspec import Struct
from rich.table import Table

from bench.history import History
from bench.load import Load, drive, encode_request
from bench.server import AUTHORIZATION, Running, running
from bench.stores import build, put_segments_to_work
from bench.tables import table
from octy.model.instants import US_PER_DAY, US_PER_SECOND

PROFILES, PROFILES_QUICKLY = 1_000_000, 50_000
SEGMENTS = 10
"""Each profile is in every one of them, and will leave it when its window ends: of one, now."""
LEAD_SECONDS, LEAD_SECONDS_QUICKLY = 115, 20
"""How long the making of the store and the start of the server may take."""
SINGLES_PER_SECOND = 200
CONNECTIONS = 8
PATH = "/v1/retention/events/create"


class Surge(Struct, frozen=True):
    """What came of it."""

    changes: int
    seconds: float
    """From the first due instant until all were stored."""
    singles: Load


def tables(*, quick: bool) -> Iterator[Table]:
    """One table."""
    profiles = PROFILES_QUICKLY if quick else PROFILES
    surge = _surge(profiles, LEAD_SECONDS_QUICKLY if quick else LEAD_SECONDS)
    shown = table(
        f"{profiles:,} changes due within a second, of {SEGMENTS * profiles:,} pending",
        "seconds until stored",
        "changes/s",
        "single events meanwhile",
        "p50 ms",
        "p99 ms",
        "max ms",
    )
    latencies = (f"{surge.singles.percentile_ms(percent):.1f}" for percent in (50, 99, 100))
    shown.add_row(
        f"{surge.seconds:.2f}", f"{surge.changes / surge.seconds:,.0f}", f"{surge.singles.requests:,}", *latencies
    )
    yield shown


def _surge(profiles: int, lead_seconds: int) -> Surge:
    with tempfile.TemporaryDirectory(prefix="octy-bench-") as folder:
        data = Path(folder) / "data"
        due_us = time.time_ns() // 1000 + lead_seconds * US_PER_SECOND
        account_id = build(data, _history(profiles, due_us))
        put_segments_to_work(data, account_id, _definitions())
        with running(data) as server:
            late_us = time.time_ns() // 1000 - due_us
            assert late_us < 0, f"the server came {late_us / US_PER_SECOND:.0f} s too late"
            return _measured(server, profiles, due_us)


def _history(profiles: int, due_us: int) -> History:
    """Each profile does everything once: the first a day before `due_us` and a moment, the rest in the weeks before."""
    chance = np.random.default_rng(1)
    began_us = due_us - US_PER_DAY
    moments = np.sort(chance.choice(US_PER_SECOND, profiles, replace=profiles > US_PER_SECOND))
    days = np.arange(2, SEGMENTS + 1) * US_PER_DAY
    earlier = np.sort(chance.integers(0, US_PER_DAY, (SEGMENTS - 1, profiles)), axis=1) - days[:, np.newaxis]
    everything = np.concatenate([earlier[::-1].ravel(), moments])
    event_type = np.repeat(np.arange(SEGMENTS)[::-1], profiles)
    profile = np.concatenate([chance.permutation(profiles) for _ in range(SEGMENTS)])
    none = np.zeros(len(everything), np.int16)
    return History(
        profiles=profiles,
        now_us=due_us,
        profile=profile.astype(np.int32),
        event_type=event_type.astype(np.int16),
        created_us=began_us + everything,
        plan=none,
        page=none,
        event_types=tuple(f"type {number}" for number in range(SEGMENTS)),
    )


def _definitions() -> list[dict[str, object]]:
    """Windows of one day for the first type, of two weeks and more for the others."""
    return [
        {
            "segment_name": f"segment {number}",
            "segment_type": "past",
            "segment_sub_type": 1,
            "segment_timeframe": 14 + number if number else 1,
            "event_sequence": [
                {"event_type": f"type {number}", "exp_timeframe": 0, "action_inaction": "action"},
            ],
        }
        for number in range(SEGMENTS)
    ]


def _measured(server: Running, profiles: int, due_us: int) -> Surge:
    """Single events of random profiles, from the first due instant on, until everything due is stored."""
    watch = _Watch(server.data, due_us + US_PER_SECOND)
    time.sleep(max(0.0, (due_us - time.time_ns() // 1000) / US_PER_SECOND))
    watch.start()
    singles = drive(server.port, _requests(profiles, watch.over), CONNECTIONS, SINGLES_PER_SECOND)
    watch.join()
    return Surge(watch.removed, (watch.settled_us - due_us) / US_PER_SECOND, singles)


def _requests(profiles: int, over: threading.Event) -> Iterator[bytes]:
    chance = Random(2)
    while not over.is_set():
        body = {"event_type": f"type {SEGMENTS - 1}", "profile_id": f"profile_{chance.randrange(profiles):024x}"}
        yield encode_request(PATH, AUTHORIZATION, msgspec.json.encode(body))


class _Watch(threading.Thread):
    """Looks into the database until all that is due at or before an instant has been made."""

    def __init__(self, data: Path, until_us: int) -> None:
        super().__init__()
        self.over = threading.Event()
        self.settled_us = 0
        self.removed = 0
        self._file = next(data.glob("*.db"))
        self._until_us = until_us

    def run(self) -> None:
        """Twenty times a second."""
        connection = sqlite3.connect(f"file:{self._file}?mode=ro", uri=True)
        before = self._tags(connection)
        while not self.over.is_set():
            time.sleep(0.05)
            noted = dict(connection.execute("SELECT name, value FROM meta").fetchall())
            if int(noted["now_us"]) >= self._until_us and not any(name.startswith("settled") for name in noted):
                self.settled_us = time.time_ns() // 1000
                self.over.set()
        self.removed = before - self._tags(connection)

    def _tags(self, connection: sqlite3.Connection) -> int:
        (count,) = connection.execute("SELECT count(*) FROM tags WHERE segment_key = 1").fetchone()
        return int(count)
