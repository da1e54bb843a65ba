"""Stored events are read for the kernels: those of some profiles at a time, of all runs, one run's after another's."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from octy.engine.batch import Ints, Longs
from octy.engine.kernels.events import Events
from octy.engine.kernels.kinds import Kinds, find_kinds
from octy.engine.runs import Run, Wanted


class Chapter(NamedTuple):
    """All stored events of some profiles."""

    bounds: Longs
    """int64[runs with events + 1]: where each run's begin."""
    profile: Ints
    event_type: Ints
    created_us: Longs
    codes: Ints
    """int32[slots, events]"""
    accepted_us: Longs
    """Empty unless wanted."""
    seq: Longs
    """Empty unless wanted."""


class Reader:
    """One thread's. What it returns is there until it reads again.

    It reads into the same memory each time: to be given new memory takes longer than to fill it.
    """

    def __init__(self, runs: Sequence[Run], wanted: Wanted, *, as_accepted: bool = False) -> None:
        """Seqs, and when events were accepted, are read only where `as_accepted` asks for them."""
        self._runs = runs
        self._wanted = wanted
        self._as_accepted = as_accepted
        self._memory: dict[str, NDArray[Any]] = {}

    def events(self, first: int, end: int, kinds: Kinds) -> Events | None:
        """As `chapter`, each event with its kind."""
        found = self.chapter(first, end)
        if found is None:
            return None
        kind = self._room("kind", len(found.profile), np.int32)
        find_kinds(kinds, found.event_type, found.codes, kind)
        return Events(found.bounds, found.profile, kind, found.created_us, found.codes)

    def chapter(self, first: int, end: int) -> Chapter | None:
        """The events of the profiles `first` to `end` - 1; None where there are none."""
        ranges = [(one, one.rows_before(first), one.rows_before(end)) for one in self._runs]
        parts = [(one, before, after - before) for one, before, after in ranges if before < after]
        if not parts:
            return None
        bounds = np.cumsum([0, *(count for _, _, count in parts)], dtype=np.int64)
        rows = int(bounds[-1])
        profile, event_type = self._room("profile", rows, np.int32), self._room("event_type", rows, np.int32)
        created_us = self._room("created_us", rows, np.int64)
        accepted_us, seq = (
            self._room(name, rows if self._as_accepted else 0, np.int64) for name in ("accepted_us", "seq")
        )
        codes = self._room("codes", len(self._wanted) * rows, np.int32).reshape(len(self._wanted), rows)
        for (one, before, _), start, stop in zip(parts, bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            one.read("profile", before, profile[start:stop])
            one.read("event_type", before, event_type[start:stop])
            one.read("created_us", before, created_us[start:stop])
            if self._as_accepted:
                one.read("accepted_us", before, accepted_us[start:stop])
                one.read("seq", before, seq[start:stop])
            for slot, (key, of_text) in enumerate(self._wanted):
                one.read_codes(key, of_text, before, codes[slot, start:stop])
        return Chapter(bounds, profile, event_type, created_us, codes, accepted_us, seq)

    def _room(self, name: str, rows: int, kind: type[np.int32 | np.int64]) -> NDArray[Any]:
        """Some of the memory for a column, which has anything in it."""
        held = self._memory.get(name)
        if held is None or len(held) < rows:
            held = self._memory[name] = np.empty(rows + rows // 4, kind)
        return held[:rows]
