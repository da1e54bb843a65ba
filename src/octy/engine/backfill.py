"""A past segment on its way to work: it takes all stored events before it makes its first tag (P6).

Folding may run in threads of its own while the engine goes on: it touches nothing that the engine uses. The owner then
folds what was stored meanwhile, refolds the profiles that came out of order, and hands the backfill to the engine.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from octy.engine.batch import Bools, EventBatch, HistoryRequest, Ints, Longs
from octy.engine.deeds import steps_of, words_of
from octy.engine.folding import Asking, Work, in_ranges
from octy.engine.kernels import history, run
from octy.engine.kernels.layout import NEWEST
from octy.engine.kernels.matching import index_of
from octy.engine.kernels.memory import Segments
from octy.engine.lookback import columns_of, lookback_of
from octy.engine.plan import Plan
from octy.engine.reading import Reader
from octy.engine.runs import Run
from octy.engine.specification import action_types, past_spec
from octy.engine.states import States, empty_state
from octy.model.instants import UNSET
from octy.model.segments import SegmentDefinition


class Backfill:
    """One segment's; its `key` is the segment's."""

    def __init__(self, key: int, definition: SegmentDefinition, plan: Plan) -> None:
        self.key = key
        self.definition = definition
        self.spec = past_spec(definition)
        self.table = plan.compile(definition)
        """The definition in the engine's plan. It comes first: the private plan then has the same event type codes."""
        self._plan = plan.private()
        table = self._plan.compile(definition)
        self._index = index_of({0: table})
        self.event_types = frozenset(table.event_type.tolist())
        """Codes of the event types that it needs; events of others may be left out."""
        self._action_types = action_types([(definition, table)])
        self._states = States()
        self._states.add(self.spec, empty_state(self.spec, 0))
        self._late: Bools = np.zeros(0, np.bool_)
        self._forgotten: list[int] = []

    def watched_types(self) -> set[int]:
        """Codes of the event types whose properties it needs."""
        return self._plan.watched_types()

    def fold(self, batch: EventBatch) -> None:
        """Takes the next stored events, in seq order."""
        if len(batch.profile):
            assert batch.profile.min() >= 0, "no such profile key"
            self.ensure_profiles(int(batch.profile.max()) + 1)
            run.fold(self._index, self._states.segments, columns_of(self._plan, batch), self._late)

    def history_needed(self) -> HistoryRequest | None:
        """The profiles whose events came out of order, for `refold`; None when there is none (any more)."""
        late = np.flatnonzero(self._late).astype(np.int32)
        if not len(late):
            return None
        return HistoryRequest(late, UNSET, self._action_types)

    def refold(self, profiles: Ints, stored: EventBatch) -> None:
        """Takes all stored events of some of those profiles, ordered by profile, created_us and seq."""
        assert not len(profiles) or profiles[-1] < len(self._late), "only profiles that were folded need it"
        run.refold(self._index, self._states.segments, lookback_of(self._plan, stored, profiles))
        self._late[profiles] = False

    def forget(self, profile: int) -> None:
        """A profile was deleted meanwhile."""
        self._forgotten.append(profile)

    @property
    def segments(self) -> Segments:
        """Its specification and state, alone; valid until there are more profiles."""
        return self._states.segments

    def complete(self, profiles: int) -> Longs:
        """Ends the taking of stored events: the state of all profiles, without those that were deleted meanwhile."""
        assert self.history_needed() is None, "profiles that came out of order were not refolded"
        self.ensure_profiles(profiles)
        for profile in self._forgotten:
            self._states.forget(profile)
        return self._states[0]

    def newest_us(self, profiles: int) -> Longs | None:
        """The newest action of each profile, counted from 1; None where their order does not matter."""
        return self._states[0][:profiles, self.spec[NEWEST]] if self.spec[NEWEST] else None

    def ensure_profiles(self, count: int) -> None:
        """Makes room for profile keys 0 to count - 1."""
        self._states.ensure_profiles(count)
        if count > len(self._late):
            late = np.zeros(len(self._states[0]), np.bool_)
            late[: len(self._late)] = self._late
            self._late = late


def fold_runs(
    backfills: Sequence[Backfill],
    type_numbers: Mapping[str, int],
    runs: Sequence[Run],
    profiles: int,
    now_us: int,
    threads: int,
) -> None:
    """Some new backfills take all events of some runs, in one pass. The runs' seqs rise from one to the next.

    `type_numbers` are those by which the runs know event types; `profiles` is how many keys have been given; nobody
    will ask about an instant before `now_us`.
    """
    if not backfills:
        return
    asking = Asking(type_numbers)
    tables = [asking.table(backfill.definition) for backfill in backfills]
    for backfill in backfills:
        backfill.ensure_profiles(profiles)
    alone = [backfill.segments for backfill in backfills]
    together = Segments(np.concatenate([one.spec for one in alone]), np.concatenate([one.address for one in alone]))
    kinds, steps = steps_of(tables, together.spec, asking.wanted, now_us + 1)
    words = words_of(together.spec)

    def begin(_: int) -> Work:
        reader = Reader(runs, asking.wanted)
        scratch = np.zeros(words[-1], np.int64)

        def fold(first: int, end: int) -> None:
            events = reader.events(first, end, kinds)
            if events is not None:
                history.fold_into(steps, together, words, events, first, end, scratch)

        return fold

    in_ranges(runs, profiles, threads, begin)
