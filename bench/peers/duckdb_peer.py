"""DuckDB: one table in (event type, plan, profile, time) order, and a query for each segment.

Tried over 20 million events, 20 and 100 segments, two cores: one scan with all segments' minima and maxima in
(profile, time) order, 2.6 s and 74 s, with three and four actions not yet decided; a query per segment in (event type,
time) order 1.2 s for 20, in (event type, profile, time) order 0.66 s and 3.4 s. The same as one aggregation of first,
last and inaction, not a join of each, 0.71 s and 3.7 s. Two queries side by side on one core each, as here, 0.62 s and
3.1 s; the plan in the order saves a further eighth of the processor's time.
"""

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from bench.history import History
from bench.peers.asked import Asked, asked
from bench.peers.peer import CORES, Profiles, columns
from octy.model.instants import US_PER_DAY


class DuckdbPeer:
    """A native database file."""

    name = "DuckDB"

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="octy-bench-")
        self._file = Path(self._folder.name) / "events.duckdb"
        self._database = duckdb.connect(self._file, config={"threads": CORES, "memory_limit": "4GB"})
        self._now_us = 0

    def load(self, history: History) -> None:
        """Texts become enums, so that minima and maxima per row group say which event types lie there."""
        self._now_us = history.now_us
        texts = {"event_type": history.event_types, "plan": history.plans, "page": history.pages}
        for name, names in texts.items():
            listed = ", ".join(f"'{text}'" for text in names)
            self._database.execute(f"CREATE TYPE {name}s AS ENUM ({listed})")
        coded = ", ".join(f"enum_range(NULL::{name}s)[{name} + 1]::{name}s AS {name}" for name in texts)
        self._database.register("history", columns(history))
        self._database.execute(
            f"CREATE TABLE events AS SELECT * FROM (SELECT profile, created_us, {coded} FROM history) "
            "ORDER BY event_type, plan, profile, created_us"
        )
        self._database.unregister("history")
        self._database.execute("CHECKPOINT")

    def storage_bytes(self) -> int:
        """The database file."""
        return self._file.stat().st_size

    def members(self, definitions: Sequence[dict[str, Any]]) -> list[Profiles]:
        """Many segments are asked side by side, one core each; a single one has both cores."""
        side_by_side = min(CORES, len(definitions))
        self._database.execute(f"SET threads = {CORES // max(1, side_by_side)}")
        with ThreadPoolExecutor(CORES) as pool:
            return list(pool.map(self._members, definitions))

    def members_at(self, definitions: Sequence[dict[str, Any]], at_us: int) -> list[Profiles]:
        """As `members`, at an instant within the history."""
        self._now_us = at_us
        return self.members(definitions)

    def counts_at(self, at_us: int) -> dict[int, tuple[int, int]]:
        """Of each profile with events in the 30 days up to an instant: how many, and how many are `charged`."""
        since_us = at_us - 30 * US_PER_DAY
        found = self._database.execute(
            "SELECT profile, count(*) AS events, count(*) FILTER (event_type = 'charged') AS charges FROM events "
            f"WHERE created_us > {since_us} AND created_us <= {at_us} GROUP BY profile"
        ).fetchnumpy()
        counts = zip(found["events"].tolist(), found["charges"].tolist(), strict=True)
        return dict(zip(found["profile"].tolist(), counts, strict=True))

    def close(self) -> None:
        """Removes the file."""
        self._database.close()
        self._folder.cleanup()

    def _members(self, definition: dict[str, Any]) -> Profiles:
        found = self._database.cursor().execute(query(asked(definition, self._now_us))).fetchnumpy()
        return np.sort(np.asarray(found["profile"], np.int32))


def query(segment: Asked) -> str:
    """Each step scans the events of its own type alone; joins on the profile bring them together."""
    matched = _matched(segment)
    if segment.inaction is None:
        return matched
    return (
        f"SELECT profile FROM ({matched}) AS matched WHERE NOT EXISTS "
        f"(SELECT 1 FROM events WHERE {segment.window} AND {segment.inaction} AND events.profile = matched.profile)"
    )


def _matched(segment: Asked) -> str:
    window, actions = segment.window, segment.actions
    if len(actions) == 1:
        return f"SELECT DISTINCT profile FROM events WHERE {window} AND {actions[0]}"
    first = f"(SELECT profile, min(created_us) AS p FROM events WHERE {window} AND {actions[0]} GROUP BY profile)"
    last = f"(SELECT profile, max(created_us) AS q FROM events WHERE {window} AND {actions[-1]} GROUP BY profile)"
    if len(actions) == 3:
        return (
            f"SELECT DISTINCT profile FROM events JOIN {first} USING (profile) JOIN {last} USING (profile) "
            f"WHERE {window} AND {actions[1]} AND created_us > p AND created_us < q"
        )
    if len(actions) == 4:
        first = (
            f"(SELECT profile, min(created_us) AS p FROM events JOIN {first} USING (profile) "
            f"WHERE {window} AND {actions[1]} AND created_us > p GROUP BY profile)"
        )
        last = (
            f"(SELECT profile, max(created_us) AS q FROM events JOIN {last} USING (profile) "
            f"WHERE {window} AND {actions[2]} AND created_us < q GROUP BY profile)"
        )
    return f"SELECT profile FROM {first} JOIN {last} USING (profile) WHERE p < q"
