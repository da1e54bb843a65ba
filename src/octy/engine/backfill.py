"""A past segment on its way to work: it takes all stored events, in seq order, before it makes its first tag (P6).

Folding may run in a thread of its own while the engine goes on: it touches nothing that the engine uses. The owner then
folds what was stored meanwhile, refolds the profiles that came out of order, and hands the backfill to the engine.
"""

import numpy as np

from octy.engine.batch import EventBatch, HistoryRequest, Ints
from octy.engine.lookback import columns_of, lookback_of
from octy.engine.machines import PastMachine
from octy.engine.plan import Plan
from octy.model.instants import UNSET
from octy.model.segments import SegmentDefinition


class Backfill:
    """One segment's; its `key` is the segment's."""

    def __init__(self, key: int, definition: SegmentDefinition, plan: Plan) -> None:
        self.key = key
        self.machine = PastMachine(definition, plan.compile(definition))
        self._plan = plan.private()
        self._table = self._plan.compile(definition)
        self._forgotten: list[int] = []

    @property
    def event_types(self) -> frozenset[int]:
        """Codes of the event types that it needs; events of others may be left out."""
        return self.machine.event_types

    def watched_types(self) -> set[int]:
        """Codes of the event types whose properties it needs."""
        return self._plan.watched_types()

    def fold(self, batch: EventBatch) -> None:
        """Takes the next stored events."""
        if len(batch.profile):
            self.machine.ensure_profiles(int(batch.profile.max()) + 1)
            self.machine.fold(self._table, columns_of(self._plan, batch))

    def history_needed(self) -> HistoryRequest | None:
        """The profiles whose events came out of order, for `refold`; None when there is none (any more)."""
        late = self.machine.late_profiles
        if not len(late):
            return None
        return HistoryRequest(late, UNSET, np.array(sorted(self.machine.action_types), np.int32))

    def refold(self, profiles: Ints, history: EventBatch) -> None:
        """Takes all stored events of some of those profiles, ordered by profile, created_us and seq."""
        self.machine.refold(self._table, lookback_of(self._plan, history, profiles))

    def forget(self, profile: int) -> None:
        """A profile was deleted meanwhile."""
        self._forgotten.append(profile)

    def complete(self, profiles: int) -> None:
        """Ends the taking of stored events: the machine knows all profiles, and none that was deleted meanwhile."""
        assert self.history_needed() is None, "profiles that came out of order were not refolded"
        self.machine.ensure_profiles(profiles)
        for profile in self._forgotten:
            self.machine.forget(profile)
