"""How past segments take all stored events at once, on all cores: which steps there are, and what is read when.

Runs are ordered by profile. So the profiles are parted into ranges; of each, all runs' rows are read, and a kernel
takes them profile by profile through all segments (`kernels.history`).
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from octy.engine.batch import Longs
from octy.engine.kernels.history import Events
from octy.engine.plan import StepTable, Watch, step_table
from octy.engine.runs import Run, Wanted
from octy.model.segments import SegmentDefinition, Step

ROWS_PER_RANGE = 262_144
"""About how many events are in memory for each thread."""
PROFILES_PER_RANGE_MAX = 65_536


class Asking:
    """Turns definitions into step tables over the caller's numbers of event types."""

    def __init__(self, type_numbers: Mapping[str, int]) -> None:
        """`type_numbers` by name; events of types that are not in it do not exist."""
        self._type_numbers = type_numbers
        self._watch = Watch()

    def table(self, definition: SegmentDefinition) -> StepTable:
        """The steps of a definition."""
        return step_table(definition, lambda name: self._type_numbers.get(name, -1), self._conditions)

    @property
    def wanted(self) -> Wanted:
        """The property keys that the tables so far ask for, by slot."""
        return list(zip(self._watch.slots, self._watch.codes, strict=True))

    def _conditions(self, step: Step) -> list[tuple[int, int]]:
        return [self._watch.condition(key, text) for key, text in step.conditions()]


def in_ranges(runs: Sequence[Run], profiles: int, threads: int, work: Callable[[int, int], None]) -> None:
    """Calls `work(first profile, end)` for ranges that hold all profiles, on so many threads."""
    rows = sum(one.row_count for one in runs)
    size = min(PROFILES_PER_RANGE_MAX, max(1, profiles * ROWS_PER_RANGE // max(rows, 1)))
    ranges = [(first, min(first + size, profiles)) for first in range(0, profiles, size)]
    if threads == 1 or len(ranges) < 2:
        for first, end in ranges:
            work(first, end)
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(lambda pair: work(*pair), ranges):
            pass


class Chapter(NamedTuple):
    """All stored events of some profiles."""

    events: Events
    bounds: Longs
    """int64[runs with events + 1]: where each run's begin."""
    accepted_us: Longs
    """Empty unless wanted."""
    seq: Longs
    """Empty unless wanted."""


def read(runs: Sequence[Run], wanted: Wanted, first: int, end: int, *, as_accepted: bool = False) -> Chapter | None:
    """The events of the profiles `first` to `end` - 1; None where there are none.

    Their seqs and when they were accepted are read only where `as_accepted` asks for them.
    """
    ranges = [(one, one.rows_before(first), one.rows_before(end)) for one in runs]
    parts = [(one, before, after - before) for one, before, after in ranges if before < after]
    if not parts:
        return None
    bounds = np.cumsum([0, *(count for _, _, count in parts)], dtype=np.int64)
    rows = int(bounds[-1])
    profile, event_type = np.empty(rows, np.int32), np.empty(rows, np.int32)
    created_us = np.empty(rows, np.int64)
    accepted_us, seq = (np.empty(rows if as_accepted else 0, np.int64) for _ in range(2))
    codes = np.empty((len(wanted), rows), np.int32)
    for (one, before, _), start, stop in zip(parts, bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        one.read("profile", before, profile[start:stop])
        one.read("event_type", before, event_type[start:stop])
        one.read("created_us", before, created_us[start:stop])
        if as_accepted:
            one.read("accepted_us", before, accepted_us[start:stop])
            one.read("seq", before, seq[start:stop])
        for slot, (key, of_text) in enumerate(wanted):
            one.read_codes(key, of_text, before, codes[slot, start:stop])
    return Chapter(Events(profile, event_type, created_us, codes), bounds, accepted_us, seq)
