"""The engine of one account: which tags change as its events arrive and time passes.

It is told everything and asks nothing: the caller brings events in the order of their acceptance, says what time it is,
and fetches the stored history that `history_needed` names. It holds one machine per segment; a deleted one has none.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from octy.engine.backfill import Backfill
from octy.engine.batch import NO_CHANGES, Changes, EventBatch, HistoryRequest, Ints, Longs
from octy.engine.kernels.columns import CAUSE, EFFECTIVE, EVENT, KIND, NO_EVENT, PROFILE
from octy.engine.lookback import NO_HISTORY, columns_of, late_profiles, lookback_of, note_newest
from octy.engine.machines import Machine, PastMachine, live_machine
from octy.engine.plan import Plan
from octy.model.instants import NEVER, UNSET
from octy.model.segments import SegmentDefinition
from octy.model.tags import Cause
from octy.model.values import canonical


class Engine:
    """One account's segments at work, at the instant `now_us`."""

    def __init__(self, now_us: int) -> None:
        self.now_us = now_us
        self._plan = Plan()
        self._profiles = 0
        self._newest_us: Longs = np.empty(0, np.int64)
        self._machines: dict[int, Machine] = {}
        self._backfills: dict[int, Backfill] = {}

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
        if count > len(self._newest_us):
            grown = np.full(count + count // 2 + 64, UNSET, np.int64)
            grown[: self._profiles] = self._newest_us[: self._profiles]
            self._newest_us = grown
        self._profiles = count
        for machine in self._machines.values():
            machine.ensure_profiles(count)

    # Segments

    def add_live(self, key: int, definition: SegmentDefinition, created_us: int) -> None:
        """A live segment begins, and sees what happens from its creation on (L1)."""
        machine = live_machine(definition, self._plan.compile(definition), created_us)
        machine.ensure_profiles(self._profiles)
        self._machines[key] = machine

    def begin_backfill(self, key: int, definition: SegmentDefinition) -> Backfill:
        """A past segment begins: the caller folds all stored events into the backfill, then finishes it (P6)."""
        backfill = Backfill(key, definition, self._plan)
        self._backfills[key] = backfill
        return backfill

    def finish_backfill(self, backfill: Backfill, data: Iterable[tuple[int, Mapping[str, Any]]]) -> Changes:
        """The segment goes to work, and its first tags are made, at the engine's now.

        `data` is (profile, profile_data) of every profile; only past 3 and 4 read it (V3).
        """
        self._install(backfill, data)
        rows = backfill.machine.settle_all(self.now_us, Cause.BACKFILL)
        return _changes([(backfill.key, rows)], recorded_us=self.now_us)

    def restore_past(self, backfill: Backfill, data: Iterable[tuple[int, Mapping[str, Any]]], tagged: Ints) -> None:
        """The segment goes on where it stood at the engine's now, with the tags that it had made (restart)."""
        self._install(backfill, data)
        backfill.machine.set_tagged(tagged)
        backfill.machine.arm_all(self.now_us)

    def _install(self, backfill: Backfill, data: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
        machine = backfill.machine
        del self._backfills[backfill.key]
        backfill.complete(self._profiles)
        if machine.property_name is not None:
            for profile, profile_data in data:
                machine.set_eligible(profile, _fits(machine, profile_data))
        newest = self._newest_us[: self._profiles]
        np.maximum(newest, machine.newest_us, out=newest)
        self._machines[backfill.key] = machine

    def remove_segment(self, key: int) -> None:
        """From now on the segment changes no tag (X1)."""
        self._machines.pop(key, None)
        self._backfills.pop(key, None)

    # Profiles

    def forget_profile(self, profile: int) -> None:
        """The profile is deleted (X3)."""
        self._newest_us[profile] = UNSET
        for machine in self._machines.values():
            machine.forget(profile)
        for backfill in self._backfills.values():
            backfill.forget(profile)

    def profile_changed(self, profile: int, data: Mapping[str, Any]) -> Changes:
        """The profile's data is now `data`: past 3 and 4 may change at once (V3). What is due has been applied."""
        rows = [
            (key, machine.change_property(profile, _fits(machine, data), self.now_us))
            for key, machine in self._machines.items()
            if isinstance(machine, PastMachine) and machine.property_name is not None
        ]
        return _changes(rows, recorded_us=self.now_us)

    # Time and events

    def next_due_us(self) -> int:
        """No tag changes by time alone before this instant; NEVER where none will."""
        return min((machine.next_due_us() for machine in self._machines.values()), default=NEVER)

    def advance(self, until_us: int, noticed_us: int | None = None) -> Changes:
        """Applies everything due at or before an instant, in order (T6, T7).

        It is recorded at its due instants, or at `noticed_us` where it is caught up with after downtime.
        """
        assert self.now_us <= until_us < NEVER, "time moves forward, and never to its end"
        self.now_us = until_us
        rows = [
            (key, machine.advance(until_us))
            for key, machine in self._machines.items()
            if machine.next_due_us() <= until_us
        ]
        return _changes(rows, recorded_us=noticed_us)

    def history_needed(self, batch: EventBatch) -> HistoryRequest | None:
        """What `apply` needs of the log: the profiles with an event that is older than their newest (P7)."""
        ordered = [m for m in self._machines.values() if isinstance(m, PastMachine) and m.action_types]
        if not ordered or not len(batch.profile):
            return None
        late = late_profiles(batch, self._newest_us)
        if not len(late):
            return None
        after_us = int(batch.accepted_us[0]) - max(machine.window_us for machine in ordered)
        types = sorted(frozenset().union(*(machine.action_types for machine in ordered)))
        return HistoryRequest(late, after_us, np.array(types, np.int32))

    def apply(self, batch: EventBatch, history: EventBatch | None = None) -> Changes:
        """Takes accepted events. `history` answers `history_needed`, ordered by profile, created_us and seq."""
        if not len(batch.profile):
            return NO_CHANGES
        assert batch.accepted_us[0] >= self.now_us, "events are accepted now"
        columns = columns_of(self._plan, batch)
        lookback = (
            NO_HISTORY if history is None else lookback_of(self._plan, history, late_profiles(batch, self._newest_us))
        )
        self.now_us = int(batch.accepted_us[-1])
        types = set(batch.event_type.tolist())
        rows = [
            (key, machine.apply(columns, lookback))
            for key, machine in self._machines.items()
            if not types.isdisjoint(machine.event_types) or machine.next_due_us() <= self.now_us
        ]
        note_newest(batch.profile, batch.created_us, self._newest_us)
        return _changes(rows, batch=batch)

    def replay(self, batch: EventBatch) -> None:
        """Takes stored events again at a restart, in seq order, recording nothing.

        Live segments relive them; past ones are brought up to the log by their backfills.
        """
        self.apply(batch)


def _fits(machine: PastMachine, data: Mapping[str, Any]) -> bool:
    return canonical(data.get(machine.property_name or "")) == machine.property_value


def _changes(
    parts: list[tuple[int, Longs]], *, batch: EventBatch | None = None, recorded_us: int | None = None
) -> Changes:
    """The machines' rows as one story: by recorded instant, what time did before what events did (T7), by event.

    What remains is told by segment and profile, so that a restarted engine tells it in the same order.
    """
    parts = [(key, rows) for key, rows in parts if len(rows)]
    if not parts:
        return NO_CHANGES
    segment = np.concatenate([np.full(len(rows), key, np.int64) for key, rows in parts])
    rows = np.concatenate([rows for _, rows in parts])
    effective_us, event = rows[:, EFFECTIVE], rows[:, EVENT]
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
    )
