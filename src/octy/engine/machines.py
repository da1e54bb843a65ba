"""One machine per segment: its state by profile, its timers, and the kernels that advance them.

Machines know nothing of one another. Each takes the same batch and returns rows of changes (`columns.ChangeLog`).
"""

from collections.abc import Callable, Iterable
from typing import Protocol

import numpy as np

from octy.engine.batch import Bools, Ints, Longs
from octy.engine.kernels import live, past
from octy.engine.kernels.columns import ChangeLog, Columns, change_log, taken
from octy.engine.kernels.past import Lookback, PastState
from octy.engine.kernels.timers import earliest_us, timers_for, with_room
from octy.engine.plan import StepTable
from octy.model.instants import NEVER, UNSET
from octy.model.segments import SegmentDefinition, SegmentType
from octy.model.tags import Cause

NO_ROWS = np.empty((0, 5), np.int64)


class Machine(Protocol):
    """A segment at work."""

    event_types: frozenset[int]
    """Codes of the event types that it looks at."""

    def ensure_profiles(self, count: int) -> None:
        """Makes room for profile keys 0 to count - 1."""

    def apply(self, columns: Columns, lookback: Lookback) -> Longs:
        """Takes a batch, each event after everything that is due by then."""

    def advance(self, until_us: int) -> Longs:
        """Applies everything that is due at or before an instant."""

    def next_due_us(self) -> int:
        """When something may fall due; NEVER where nothing can."""

    def forget(self, profile: int) -> None:
        """Treats a profile as if it had never been."""


class PastMachine:
    """A past segment. Made empty: `fold` and `refold` bring it up to the log, `settle_all` then makes its tags."""

    def __init__(self, definition: SegmentDefinition, table: StepTable) -> None:
        self.event_types = frozenset(table.event_type.tolist())
        self.window_us = definition.window_us
        self.property_name = definition.profile_property_name
        self.property_value = definition.profile_property_value
        self._table = table
        self._actions = len(definition.actions)
        self._timers = timers_for(64)
        self._profiles = 0
        self._state = self._empty_state(0)
        self._late: Bools = np.zeros(0, np.bool_)
        self._log = change_log()

    def _empty_state(self, profiles: int) -> PastState:
        return PastState(
            start_us=np.full((profiles, self._actions), UNSET, np.int64),
            newest_us=np.full(profiles, UNSET, np.int64),
            inaction_us=np.full(profiles, UNSET, np.int64),
            eligible=np.full(profiles, self.property_name is None, np.bool_),
            tagged=np.zeros(profiles, np.bool_),
            armed_us=np.full(profiles, NEVER, np.int64),
        )

    @property
    def action_types(self) -> frozenset[int]:
        """Codes of the event types whose order matters to it: none where there is but one action."""
        return frozenset(self._table.event_type[: self._actions].tolist()) if self._actions > 1 else frozenset()

    @property
    def newest_us(self) -> Longs:
        """The newest action of each profile."""
        return self._state.newest_us[: self._profiles]

    @property
    def late_profiles(self) -> Ints:
        """Profiles that `fold` could not take in order; they need `refold`."""
        return np.flatnonzero(self._late).astype(np.int32)

    def ensure_profiles(self, count: int) -> None:
        """Makes room for profile keys 0 to count - 1."""
        if count > len(self._state.tagged):
            grown = self._empty_state(_roomy(count))
            for old, new in zip(self._state, grown, strict=True):
                new[: self._profiles] = old[: self._profiles]
            self._state = grown
            late = np.zeros(len(grown.tagged), np.bool_)
            late[: self._profiles] = self._late[: self._profiles]
            self._late = late
        self._profiles = max(self._profiles, count)

    def apply(self, columns: Columns, lookback: Lookback) -> Longs:
        """Takes a batch. AssertionError where a late event's profile is missing from the lookback."""
        self._timers = with_room(self._timers, len(columns.profile) + 1)
        return _resumed(
            self._log,
            len(columns.profile),
            lambda first: past.apply(
                first, self._table, columns, self._state, self._timers, self.window_us, lookback, self._log
            ),
        )

    def advance(self, until_us: int) -> Longs:
        """Applies the exits and entries that are due at or before an instant."""
        return _resumed(
            self._log,
            1,
            lambda _: past.advance(self._state, self._timers, self.window_us, until_us, self._log),
        )

    def next_due_us(self) -> int:
        """When membership may change by time alone."""
        return int(earliest_us(self._timers))

    def forget(self, profile: int) -> None:
        """Treats a profile as if it had never been; its timers find nothing."""
        if profile < self._profiles:
            empty = self._empty_state(1)
            for column, value in zip(self._state, empty, strict=True):
                column[profile] = value[0]
            self._late[profile] = False

    def fold(self, table: StepTable, columns: Columns) -> None:
        """Takes stored events in seq order, deciding nothing. `table` is the definition in the plan of `columns`."""
        past.fold(table, columns, self._state, self._late)

    def refold(self, table: StepTable, lookback: Lookback) -> None:
        """Takes the whole order of profiles that `late_profiles` named."""
        past.refold(table, lookback, self._state)
        self._late[lookback.profiles] = False

    def set_eligible(self, profile: int, eligible: bool) -> None:
        """Says whether the profile property fits, deciding nothing."""
        self._state.eligible[profile] = eligible

    def set_tagged(self, profiles: Ints) -> None:
        """Says who bears the tag, at restart."""
        self._state.tagged[profiles] = True

    def settle_all(self, now_us: int, cause: Cause) -> Longs:
        """Makes every tag agree with membership at `now_us`, and arms every timer."""
        self._timers = with_room(self._timers, self._profiles)
        return _resumed(
            self._log,
            self._profiles,
            lambda first: past.settle_all(
                first, self._profiles, self._state, self._timers, self.window_us, now_us, int(cause), self._log
            ),
        )

    def arm_all(self, now_us: int) -> None:
        """Arms every timer and leaves the tags as they are, at restart: what is due comes due."""
        self._timers = with_room(self._timers, self._profiles)
        past.arm_all(self._profiles, self._state, self._timers, self.window_us, now_us)

    def change_property(self, profile: int, eligible: bool, now_us: int) -> Longs:
        """The profile property began or ceased to fit (V3, P4)."""
        if self._state.eligible[profile] == eligible:
            return NO_ROWS
        self._state.eligible[profile] = eligible
        self._timers = with_room(self._timers, 1)
        past.settle(
            self._state,
            self._timers,
            profile,
            self.window_us,
            now_us,
            int(Cause.PROPERTY),
            now_us,
            -1,
            self._log,
        )
        return taken(self._log)


class LiveMachine:
    """A live segment; what its two kinds share."""

    def __init__(self, definition: SegmentDefinition, table: StepTable, created_us: int) -> None:
        self.event_types = frozenset(table.event_type.tolist())
        self._table = table
        self._length_us = definition.window_us
        self._created_us = created_us
        self._profiles = 0
        self._state = _empty_live_state(0)
        self._log = change_log()

    def ensure_profiles(self, count: int) -> None:
        """Makes room for profile keys 0 to count - 1."""
        if count > len(self._state.tagged):
            grown = _empty_live_state(_roomy(count))
            for old, new in zip(self._state, grown, strict=True):
                new[: self._profiles] = old[: self._profiles]
            self._state = grown
        self._profiles = max(self._profiles, count)

    def forget(self, profile: int) -> None:
        """Treats a profile as if it had never been; its timers find nothing."""
        if profile < self._profiles:
            for column, value in zip(self._state, _empty_live_state(1), strict=True):
                column[profile] = value[0]


class ActionMachine(LiveMachine):
    """A live 1: an action."""

    def apply(self, columns: Columns, lookback: Lookback) -> Longs:  # noqa: ARG002 - a past machine's need
        """Takes a batch."""
        return _resumed(
            self._log,
            len(columns.profile),
            lambda first: live.apply_action(first, self._table, columns, self._state, self._created_us, self._log),
        )

    def advance(self, until_us: int) -> Longs:  # noqa: ARG002 - time alone changes nothing
        """Nothing is ever due."""
        return NO_ROWS

    def next_due_us(self) -> int:
        """Nothing is ever due."""
        return NEVER


class WindowMachine(LiveMachine):
    """A live 2: an action that the inaction does not follow in time."""

    def __init__(self, definition: SegmentDefinition, table: StepTable, created_us: int) -> None:
        super().__init__(definition, table, created_us)
        self._timers = timers_for(64)

    def apply(self, columns: Columns, lookback: Lookback) -> Longs:  # noqa: ARG002 - a past machine's need
        """Takes a batch."""
        self._timers = with_room(self._timers, len(columns.profile) + 1)
        return _resumed(
            self._log,
            len(columns.profile),
            lambda first: live.apply_window(
                first,
                self._table,
                columns,
                self._state,
                self._timers,
                self._length_us,
                self._created_us,
                self._log,
            ),
        )

    def advance(self, until_us: int) -> Longs:
        """Makes the matches of the windows that end at or before an instant."""
        return _resumed(
            self._log,
            1,
            lambda _: live.advance(self._state, self._timers, self._length_us, until_us, self._log),
        )

    def next_due_us(self) -> int:
        """When the next window may end."""
        return int(earliest_us(self._timers))


def live_machine(definition: SegmentDefinition, table: StepTable, created_us: int) -> ActionMachine | WindowMachine:
    """The machine of a live definition."""
    assert definition.segment_type is SegmentType.LIVE
    kind = ActionMachine if definition.inaction is None else WindowMachine
    return kind(definition, table, created_us)


def merged(rows: Iterable[Longs]) -> Longs:
    """Several logs' rows, one after another."""
    parts = [part for part in rows if len(part)]
    return np.concatenate(parts) if parts else NO_ROWS


def _empty_live_state(profiles: int) -> live.LiveState:
    return live.LiveState(
        action_us=np.full(profiles, UNSET, np.int64),
        opposed_us=np.full(profiles, UNSET, np.int64),
        window_us=np.full(profiles, UNSET, np.int64),
        tagged=np.zeros(profiles, np.bool_),
    )


def _roomy(count: int) -> int:
    """A capacity that makes growing cheap: half as much again."""
    return count + count // 2 + 64


def _resumed(log: ChangeLog, end: int, run: Callable[[int], int]) -> Longs:
    """Runs a kernel, emptying its log whenever that is full, until it has reached `end`."""
    parts: list[Longs] = []
    first = 0
    while first < end:
        first = run(first)
        assert first != past.MISSING_HISTORY, "a late event's profile is not in the lookback"
        parts.append(taken(log))
    return merged(parts)
