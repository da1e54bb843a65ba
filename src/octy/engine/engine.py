"""The engine of one account: which tags change as its events arrive and time passes.

It is told everything and asks nothing: the caller brings events in the order of their acceptance, says what time it is,
and fetches the stored history that `history_needed` names. A deleted segment has left it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from octy.engine.backfill import Backfill
from octy.engine.batch import NO_CHANGES, Changes, EventBatch, HistoryRequest, Ints, Longs
from octy.engine.kernels import run
from octy.engine.kernels.columns import (
    CAUSE,
    CHANGES_PER_PAIR_MAX,
    EFFECTIVE,
    EVENT,
    KIND,
    LOG_COLUMNS,
    NO_EVENT,
    OPENER,
    PLACE,
    PROFILE,
    change_log,
    taken,
)
from octy.engine.kernels.layout import ACTING_US, ELIGIBLE, FLAGGED, TAGGED
from octy.engine.kernels.timers import Timers, earliest_us, take_due, timers_for, with_room
from octy.engine.latecomers import Latecomers
from octy.engine.lookback import columns_of, lookback_of
from octy.engine.outlook import Outlook, Working, outlook
from octy.engine.plan import Plan, StepTable
from octy.engine.reliving import LiveSegment, relived
from octy.engine.runs import Run
from octy.engine.specification import live_spec
from octy.engine.states import States, empty_state
from octy.engine.surge import Settled, Surge
from octy.model.instants import NEVER
from octy.model.segments import SegmentDefinition
from octy.model.tags import Cause, ChangeKind
from octy.model.values import canonical

TIMERS_AT_ONCE = 1_024
"""How many come up one by one where not all may: more are a surge, and taken out together."""
TIMERS_PER_SURGE_MAX = 32_768
"""How many are taken out together, unless more are due at one microsecond: out of ten million, that takes 11 ms."""
PROFILES_AT_ONCE = 1_024
"""Of how many profiles a surge is taken on at a time."""
LOG_ROWS_MIN = 4_096
"""How many rows the log of changes holds at least."""
LOG_ROWS_PER_SEGMENT = 2 * CHANGES_PER_PAIR_MAX
TIMERS_FREE_MIN = 1_024
"""For how many timers a kernel finds room at least, beyond those of each segment."""
ProfileData = Callable[[str], Iterable[tuple[int, str]]]
"""The profiles whose data have a property, each with its canonical text (V2). Only past 3 and 4 ask (V3)."""
NOBODY: Ints = np.zeros(0, np.int32)


def no_data(_: str) -> Iterable[tuple[int, str]]:
    """Nobody has it."""
    return ()


class Engine:
    """One account's segments at work, at the instant `now_us`."""

    def __init__(self, now_us: int) -> None:
        self.now_us = now_us
        self._plan = Plan()
        self._profiles = 0
        self._states = States()
        self._segments: dict[int, Working] = {}
        self._backfills: dict[int, Backfill] = {}
        self._windows = timers_for(TIMERS_FREE_MIN)
        """The ends of live segments' windows."""
        self._timers = timers_for(TIMERS_FREE_MIN)
        """What is to come in past segments."""
        self._surge: Surge | None = None
        """What is due of those, where it is more than was asked for at a time."""
        self._pending_told = 0
        """How many timers there were when their counts were taken last."""
        self._settled_us = 0
        """All past changes through it have been made, though some timers may not know that yet."""
        self._log = change_log(LOG_ROWS_MIN)
        self._keys: Longs = np.zeros(0, np.int64)
        """By place."""
        self._known: Outlook | None = None
        self._late = Latecomers(outlook([]))

    def event_type_code(self, name: str) -> int:
        """The code by which batches name an event type."""
        return self._plan.type_code(name)

    def watched_types(self) -> set[int]:
        """Codes of the event types whose properties matter; those of others need not be decoded from the log."""
        return self._plan.watched_types()

    def ensure_profiles(self, count: int) -> None:
        """Profile keys are 0 to count - 1 from now on."""
        if count <= self._profiles:
            return
        self._profiles = count
        self._late.ensure_profiles(count)
        self._states.ensure_profiles(count)

    # Segments

    def add_live(self, key: int, definition: SegmentDefinition, created_us: int) -> None:
        """A live segment begins, and sees what happens from its creation on (L1)."""
        spec = live_spec(definition, created_us)
        self._add(key, definition, self._plan.compile(definition), spec, empty_state(spec, self._profiles))

    def relive(
        self, segments: Sequence[LiveSegment], type_numbers: Mapping[str, int], runs: Sequence[Run], threads: int
    ) -> None:
        """Live segments that were at work before come back, as they were after all stored events (restart).

        The caller then advances the engine to where it was; what that makes due was recorded before.
        """
        states = relived(segments, type_numbers, runs, self._profiles, threads) if segments else []
        for one, (spec, state) in zip(segments, states, strict=True):
            place = self._add(one.key, one.definition, self._plan.compile(one.definition), spec, state)
            if one.definition.inaction is not None:
                self._arm(place)

    def begin_backfill(self, key: int, definition: SegmentDefinition) -> Backfill:
        """A past segment begins: the caller folds all stored events into the backfill, then finishes it (P6)."""
        backfill = Backfill(key, definition, self._plan)
        self._backfills[key] = backfill
        return backfill

    def finish_backfill(
        self,
        backfill: Backfill,
        data: ProfileData = no_data,
        tagged: Ints = NOBODY,
        cause: Cause = Cause.BACKFILL,
    ) -> Changes:
        """The segment goes to work, and its tags are made what they must be, at the engine's now.

        `tagged` are the profiles that bear the tag already, where the segment was at work before.
        """
        place = self._install(backfill, tagged)
        self._admit([backfill.definition], [place], data)
        rows = self._settle(place, 0, self._profiles, cause)
        return self._changes(rows, recorded_us=self.now_us)

    def restore_past(self, standing: Iterable[tuple[Backfill, Ints]], data: ProfileData, settled_us: Longs) -> None:
        """Segments go on where they stood, each with the profiles that bear its tag (restart).

        `settled_us`, by profile, is the instant through which every change was made; the others are due.
        """
        definitions, places = [], []
        for backfill, tagged in standing:
            definitions.append(backfill.definition)
            places.append(self._install(backfill, tagged))
        self._admit(definitions, places, data)
        for place in places:
            self._arm(place, settled_us)

    def rest(self, key: int) -> None:
        """From now on a live segment changes no tag, but notes what speaks against those that there are (X1)."""
        self._states.act_from(self._segments[key].place, NEVER)

    def wake(self, key: int, tagged: Ints) -> Changes:
        """A live segment's rest ends: what has spoken against a tag meanwhile takes it off now.

        `tagged` are the profiles that bear the tag. Actions count that happen from now on, and windows go on that were
        open before the rest and are not closed yet.
        """
        place = self._segments[key].place
        self._states.act_from(place, self.now_us + 1)
        gone = tagged[self._states[place][tagged, FLAGGED] & TAGGED == 0]
        count = len(gone)
        return Changes(
            segment=np.full(count, key, np.int64),
            profile=gone,
            kind=np.full(count, ChangeKind.REMOVED, np.int8),
            cause=np.full(count, Cause.RESTORE, np.int8),
            effective_us=np.full(count, self.now_us),
            recorded_us=np.full(count, self.now_us),
            event=np.full(count, NO_EVENT, np.int32),
            opener=np.zeros(count, np.int64),
        )

    def remove_segment(self, key: int) -> None:
        """From now on the segment changes no tag (X1)."""
        self._backfills.pop(key, None)
        segment = self._segments.pop(key, None)
        if segment is not None:
            self._states.remove(segment.place)
            self._known = None

    def _install(self, backfill: Backfill, tagged: Ints) -> int:
        del self._backfills[backfill.key]
        state = backfill.complete(self._profiles)
        state[tagged, FLAGGED] |= TAGGED
        newest_us = backfill.newest_us(self._profiles)
        if newest_us is not None:
            self._late.note_newest(newest_us)
        return self._add(backfill.key, backfill.definition, backfill.table, backfill.spec, state)

    def _admit(self, definitions: Sequence[SegmentDefinition], places: Sequence[int], data: ProfileData) -> None:
        """Lets in whom the profile property of a segment lets in (V3)."""
        asking: dict[str, dict[str, list[int]]] = {}
        for definition, place in zip(definitions, places, strict=True):
            name, value = definition.profile_property_name, definition.profile_property_value
            if name is not None and value is not None:
                asking.setdefault(name, {}).setdefault(value, []).append(place)
        for name, by_value in asking.items():
            admitted = {value: list[int]() for value in by_value}
            for profile, text in data(name):
                if text in admitted:
                    admitted[text].append(profile)
            for value, its_places in by_value.items():
                for place in its_places:
                    self._states[place][admitted[value], FLAGGED] |= ELIGIBLE

    def _add(self, key: int, definition: SegmentDefinition, table: StepTable, spec: Longs, state: Longs) -> int:
        place = self._states.add(spec, state)
        self._segments[key] = Working(place, definition, table)
        self._keys = np.append(self._keys, key)
        self._known = None
        return place

    @property
    def _outlook(self) -> Outlook:
        if self._known is None:
            self._known = outlook(self._segments.values())
            self._late.watch(self._known)
        return self._known

    # Profiles

    def forget_profile(self, profile: int) -> None:
        """The profile is deleted (X3)."""
        self._late.forget(profile)
        self._states.forget(profile)
        for backfill in self._backfills.values():
            backfill.forget(profile)

    def profile_changed(self, profile: int, data: Mapping[str, Any]) -> Changes:
        """The profile's data is now `data`: past 3 and 4 may change at once (V3), after what is due for it."""
        parts: list[Longs] = []
        if self._surge is not None:
            parts.append(self._catch_up(np.array([profile]), self.now_us))
        for segment in self._outlook.by_property:
            row = self._states[segment.place][profile]
            if bool(row[FLAGGED] & ELIGIBLE) != _fits(segment.definition, data):
                row[FLAGGED] ^= ELIGIBLE
                parts.append(self._settle(segment.place, profile, profile + 1, Cause.PROPERTY))
        return self._changes(_joined(parts))

    # Time and events

    def next_due_us(self) -> int:
        """No tag changes by time alone before this instant; NEVER where none will."""
        if self._surge is not None:
            return self.now_us
        due_us = min(earliest_us(self._windows), earliest_us(self._timers))
        return due_us if due_us == NEVER else due_us - 1

    @property
    def pending_timers(self) -> int:
        """How many instants are noted at which time alone may change something. From any thread."""
        return int(self._windows.size[0] + self._timers.size[0])

    def take_timer_counts(self) -> tuple[int, int]:
        """How many instants were noted, and how many are noted no longer, since this was asked last."""
        noted, pending = 0, self.pending_timers
        for timers in (self._windows, self._timers):
            noted += int(timers.size[1])
            timers.size[1] = 0
        gone = noted - (pending - self._pending_told)
        self._pending_told = pending
        return noted, gone

    def advance(self, until_us: int, noticed_us: int | None = None, at_most: int | None = None) -> Changes:
        """Applies everything due at or before an instant, in order (T6, T7).

        It is recorded at its due instants, or at `noticed_us` where it is caught up with after downtime. `at_most` says
        about how many changes of past segments may be made now: where more are due, later calls make them, and
        meanwhile whatever concerns a profile comes after what is due for that profile.
        """
        assert self.now_us <= until_us < NEVER, "time moves forward, and never to its end"
        assert at_most is None or at_most > 0, "something is made each time"
        self.now_us = until_us
        parts = self._elapse(self._windows)
        if at_most is None:
            parts += [*self._take_surge(), *self._elapse(self._timers)]
            self._settled_us = until_us
        else:
            if self._surge is None:
                parts += self._elapse(self._timers, min(at_most, TIMERS_AT_ONCE))
            else:
                parts += self._take_surge(at_most)
            self._begin_surge()
        return self._changes(_joined(parts), recorded_us=noticed_us)

    @property
    def settled(self) -> Settled | None:
        """How far `advance` has come where it left something for later; None where it did not."""
        if self._surge is not None:
            return self._surge.settled
        due_us = earliest_us(self._timers) - 1
        return Settled(max(due_us - 1, self._settled_us), 0, 0) if due_us <= self.now_us else None

    def _elapse(self, timers: Timers, at_most: int = NEVER) -> list[Longs]:
        """Applies what is due, earliest first."""
        parts: list[Longs] = []
        until_us = self.now_us + 1
        while at_most > 0 and earliest_us(timers) <= until_us:
            at_most -= run.advance(self._states.segments, timers, until_us, at_most, self._log)
            parts.append(taken(self._log))
        return parts

    def _begin_surge(self) -> None:
        """Where more is due, parts it from what is to come: up to an instant before which not too much is."""
        settled = self.settled
        if self._surge is not None or settled is None:
            return
        earliest, until_us = earliest_us(self._timers) - 1, self.now_us
        profiles = take_due(self._timers, until_us + 1, TIMERS_PER_SURGE_MAX)
        while not len(profiles):
            until_us = (earliest + until_us) // 2
            at_most = TIMERS_PER_SURGE_MAX if until_us > earliest else NEVER
            profiles = take_due(self._timers, until_us + 1, at_most)
        self._surge = Surge(profiles, settled.us, until_us)

    def _take_surge(self, at_most: int = NEVER) -> list[Longs]:
        """Goes on with the surge, if there is one."""
        parts: list[Longs] = []
        while self._surge is not None and at_most > 0:
            profiles = self._surge.next_profiles(PROFILES_AT_ONCE)
            parts.append(self._catch_up(profiles, self._surge.until_us))
            at_most -= max(len(profiles), len(parts[-1]))
            if self._surge.is_over:
                self._settled_us = self._surge.until_us
                self._surge = None
        return parts

    def _catch_up(self, profiles: Longs, until_us: int) -> Longs:
        """Applies what is due in past segments to some profiles."""
        segments = self._states.segments
        return self._run(
            len(profiles),
            lambda first: run.catch_up_all(
                first, profiles, segments, self._timers, until_us + 1, self._log, len(self._segments)
            ),
        )

    def bearers(self, profiles: Sequence[int]) -> dict[int, set[int]]:
        """By segment key, those of some profiles that bear its tag; of segments that do not rest."""
        some, acting_us = np.array(profiles, np.int64), self._states.segments.spec[:, ACTING_US]
        return {
            key: set(some[self._states[segment.place][some, FLAGGED] & TAGGED != 0].tolist())
            for key, segment in self._segments.items()
            if acting_us[segment.place] < NEVER
        }

    def forget_past(self) -> None:
        """Gives up what is kept of events that no window reaches any more."""
        self._late.tidy(self.now_us)

    def history_needed(self, batch: EventBatch) -> HistoryRequest | None:
        """What `apply` needs of the log: the profiles with an event that is older than their newest (P7).

        Those whose stored events were fetched before are named again only where they had to be forgotten meanwhile.
        """
        known = self._outlook
        if not known.ordered_window_us or not len(batch.profile):
            return None
        self._check(batch)
        profiles = self._late.strangers(batch)
        if not len(profiles):
            return None
        return HistoryRequest(profiles, int(batch.accepted_us[0]) - known.ordered_window_us, known.ordered_types)

    def apply(self, batch: EventBatch, history: EventBatch | None = None) -> Changes:
        """Takes accepted events. `history` answers `history_needed`, ordered by profile, created_us and seq.

        Each comes after everything that is due by then (T7); where `advance` left something for later, after what is
        due for the event's own profile.
        """
        if not len(batch.profile):
            return NO_CHANGES
        self._check(batch)
        index = self._outlook.index
        columns = columns_of(self._plan, batch)
        if history is not None:
            self._late.admit(lookback_of(self._plan, history, self._late.strangers(batch)))
        behind = self._surge is not None
        self.now_us = int(batch.accepted_us[-1])
        rows = self._run(
            len(batch.profile),
            lambda first: run.apply(
                first,
                index,
                self._states.segments,
                self._windows,
                self._timers,
                columns,
                self._late.trails,
                self._log,
                len(self._segments),
                behind,
            ),
        )
        self._late.note(batch)
        return self._changes(rows, batch=batch)

    def _check(self, batch: EventBatch) -> None:
        """Kernels reckon addresses from profile keys, and look at nothing twice."""
        assert batch.profile.min() >= 0, "no such profile key"
        assert batch.profile.max() < self._profiles, "no such profile key yet"
        assert batch.accepted_us[0] >= self.now_us, "events are accepted now"

    def _settle(self, place: int, first: int, end: int, cause: Cause) -> Longs:
        """Makes a past segment's tags agree with membership now, of the profiles `first` to `end` - 1."""
        segments, now_us, why = self._states.segments, self.now_us + 1, int(cause)
        return self._run(
            end,
            lambda next_: run.settle_all(next_, end, place, segments, self._timers, now_us, why, self._log),
            first=first,
        )

    def _arm(self, place: int, settled_us: Longs | None = None) -> None:
        """Puts what is to come in one segment among the timers."""
        segments, profiles = self._states.segments, self._profiles
        if settled_us is None:
            self._run(profiles, lambda first: run.arm_windows(first, profiles, place, segments, self._windows))
        else:
            after_us = settled_us + 1
            self._run(profiles, lambda first: run.arm_all(first, profiles, place, segments, self._timers, after_us))

    def _run(self, end: int, kernel: Callable[[int], int], first: int = 0) -> Longs:
        """Runs a kernel until it has reached `end`, making room whenever it has none."""
        if len(self._log.rows) < LOG_ROWS_PER_SEGMENT * len(self._segments):
            self._log = change_log(LOG_ROWS_PER_SEGMENT * len(self._segments))
        parts: list[Longs] = []
        while first < end:
            more = TIMERS_FREE_MIN + run.CATCHING_UP * len(self._segments)
            self._windows, self._timers = with_room(self._windows, more), with_room(self._timers, more)
            first = kernel(first)
            parts.append(taken(self._log))
            if first == run.MISSING_HISTORY:
                raise AssertionError("a late event's profile has no trail")
        return _joined(parts)

    def _changes(self, rows: Longs, *, batch: EventBatch | None = None, recorded_us: int | None = None) -> Changes:
        """The kernels' rows as one story: by recorded instant, what time did before what events did (T7), by event.

        What remains is told by segment and profile, so that a restarted engine tells it in the same order.
        """
        if not len(rows):
            return NO_CHANGES
        segment, event, effective_us = self._keys[rows[:, PLACE]], rows[:, EVENT], rows[:, EFFECTIVE]
        by_event = event != NO_EVENT
        recorded = effective_us.copy() if recorded_us is None else np.full(len(rows), recorded_us)
        if batch is not None:
            recorded[by_event] = batch.accepted_us[event[by_event]]
        order = np.lexsort((rows[:, PROFILE], segment, effective_us, event, by_event, recorded))
        return Changes(
            segment[order],
            rows[order, PROFILE].astype(np.int32),
            rows[order, KIND].astype(np.int8),
            rows[order, CAUSE].astype(np.int8),
            effective_us[order],
            recorded[order],
            event[order].astype(np.int32),
            rows[order, OPENER],
        )


def _joined(parts: list[Longs]) -> Longs:
    return parts[0] if len(parts) == 1 else np.concatenate([np.empty((0, LOG_COLUMNS), np.int64), *parts])


def _fits(definition: SegmentDefinition, data: Mapping[str, Any]) -> bool:
    """V3, for past 3 and 4."""
    assert definition.profile_property_name is not None
    return canonical(data.get(definition.profile_property_name)) == definition.profile_property_value
