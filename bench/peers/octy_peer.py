"""Octy itself, as one of those compared: a data folder with the history in its archive, asked as a preview asks."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.history import EVENT_TYPES, History
from bench.peers.peer import CORES, Profiles
from bench.stores import build
from octy.engine.backfill import fold_runs
from octy.engine.engine import Engine
from octy.engine.preview import members
from octy.model.definitions import from_wire
from octy.model.rules import Surroundings
from octy.model.segments import SegmentDefinition
from octy.store import event_types
from octy.store.event_runs import FileRun, MemoryRun, runs_of
from octy.store.folder import open_store

SURROUNDINGS = Surroundings(dict.fromkeys(EVENT_TYPES, frozenset({"plan", "page"})), frozenset())


class OctyPeer:
    """The archive's files, with the newest events in blocks; files are read anew at every question."""

    name = "Octy"

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="octy-bench-")
        self._data = Path(self._folder.name) / "data"

    def load(self, history: History) -> None:
        """As a server would have left it."""
        self._history = history
        self._account_id = build(self._data, history, newest=min(history.events // 100, 100_000))
        self._store = open_store(self._data)

    def storage_bytes(self) -> int:
        """The events' files, and the database with the profiles."""
        return sum(path.stat().st_size for path in self._data.rglob("*") if path.is_file())

    def members(self, definitions: Sequence[dict[str, Any]]) -> list[Profiles]:
        """All at once, in one pass, as a preview."""
        profiles, now_us = self._history.profiles, self._history.now_us
        found = members(_read(definitions), *self._stored(), profiles, now_us, CORES)
        return [np.flatnonzero(one).astype(np.int32) for one in found]

    def backfill(self, definitions: Sequence[dict[str, Any]]) -> int:
        """The same as backfills, which keep what later events need; returns how many bytes."""
        profiles, now_us = self._history.profiles, self._history.now_us
        engine = Engine(now_us)
        engine.ensure_profiles(profiles)
        backfills = [engine.begin_backfill(key, definition) for key, definition in enumerate(_read(definitions))]
        fold_runs(backfills, *self._stored(), profiles, now_us, CORES)
        return sum(one.complete(profiles)[:profiles].nbytes for one in backfills)

    def _stored(self) -> tuple[dict[str, int], list[FileRun | MemoryRun]]:
        """The numbers of the event types, and all events."""
        with self._store.reading() as snapshot:
            types = event_types.of_account(snapshot, self._account_id)
            runs = runs_of(snapshot, self._store.archive, self._account_id)
        return {one.event_type.event_type: one.type_id for one in types}, runs

    def close(self) -> None:
        """Removes the folder."""
        self._store.close()
        self._folder.cleanup()


def _read(definitions: Sequence[dict[str, Any]]) -> list[SegmentDefinition]:
    return [from_wire(definition, SURROUNDINGS)[0] for definition in definitions]
