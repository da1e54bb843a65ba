"""What has become of all that came in, in numbers: of one group of requests until it is committed, then of all.

A group that fails takes its numbers with it, so these say what is stored, and nothing else.
"""

from collections import Counter

import numpy as np

from octy.model.histogram import SECONDS, Histogram
from octy.model.instants import US_PER_SECOND
from octy.model.tags import Cause, ChangeKind
from octy.store.tags import ChangeColumns

_CAUSES = max(Cause) + 1
_BOUNDS = np.array(SECONDS)


class Counts:
    """The writer's thread adds; others may look at it meanwhile."""

    def __init__(self) -> None:
        self.events_accepted = 0
        self.events_repeated = 0
        """By their message ids (E8)."""
        self.events_refused: Counter[str] = Counter()
        """By the field that speaks against them first."""
        self.changes: Counter[tuple[ChangeKind, Cause]] = Counter()
        self.matches = 0
        """Of live segments."""
        self.timers_set = 0
        self.timers_gone = 0
        """Those that are not pending any more: they fired, or were cancelled."""
        self.timers_cancelled = 0
        """Those that changed nothing: an event or another timer came before them. Of all, kept by `add`."""
        self.lateness = Histogram()
        """How long after its instant a change by time alone was made, in seconds."""
        self.engine_seconds = 0.0
        self.backfills = 0

    def add_events(self, accepted: int, repeated: int) -> None:
        """A request's events."""
        self.events_accepted += accepted
        self.events_repeated += repeated

    @property
    def timers_fired(self) -> int:
        """Changes of tags by time alone."""
        return sum(count for (_, cause), count in self.changes.copy().items() if cause == Cause.TIME)

    def add_timers(self, timers_set: int, gone: int) -> None:
        """What became of timers."""
        self.timers_set += timers_set
        self.timers_gone += gone

    def lose_timers(self) -> None:
        """The world is lost with all that were pending; whoever brings it back sets them anew."""
        self.timers_gone = self.timers_set

    def add_changes(self, changes: ChangeColumns, live: list[int], now_us: int | None) -> None:
        """Changes of tags; `live` are the keys of live segments. Nothing is late where no time is given."""
        if not len(changes):
            return
        pairs = np.bincount(changes.kind * _CAUSES + changes.cause).tolist()
        self.changes.update(
            {(ChangeKind(pair // _CAUSES), Cause(pair % _CAUSES)): count for pair, count in enumerate(pairs) if count}
        )
        self.matches += int(np.count_nonzero(np.isin(changes.segment, live) & (changes.kind != ChangeKind.REMOVED)))
        by_time = changes.recorded_us[changes.cause == Cause.TIME]
        if now_us is not None and len(by_time):
            late = np.maximum(now_us - by_time, 0) / US_PER_SECOND
            found = np.bincount(np.searchsorted(_BOUNDS, late), minlength=len(_BOUNDS) + 1)
            self.lateness.absorb(found.tolist(), float(late.sum()))

    def add(self, other: "Counts") -> None:
        """What a group came to."""
        self.add_events(other.events_accepted, other.events_repeated)
        self.events_refused.update(other.events_refused)
        self.changes.update(other.changes)
        self.add_timers(other.timers_set, other.timers_gone)
        # where very many are due, some fire before they leave the heap
        self.timers_cancelled = max(self.timers_cancelled, self.timers_gone - self.timers_fired)
        self.matches += other.matches
        self.lateness.absorb(other.lateness.counts, other.lateness.sum)
        self.engine_seconds += other.engine_seconds
        self.backfills += other.backfills
