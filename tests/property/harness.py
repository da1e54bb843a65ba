"""How does the service drive an engine? A log in memory, tags kept from the changes; no store, no HTTP.

`EngineLife` lives the life of `tests.reference.life.Life` through a real engine, as the reference model does by itself.
"""

import math
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, NamedTuple

import numpy as np

from octy.engine.backfill import Backfill, fold_runs
from octy.engine.batch import Changes, EventBatch, Floats, HistoryRequest, Ints, Longs
from octy.engine.engine import Engine
from octy.engine.reliving import LiveSegment
from octy.engine.runs import Codes, ColumnName, NumberOf
from octy.engine.surge import Settled
from octy.model.segments import SegmentDefinition, SegmentType
from octy.model.tags import Cause, ChangeKind
from octy.model.values import canonical
from tests.reference.life import Change, Occurrence, Pair

CAN_RESTART = True
"""The one switch of everything that rebuilds an engine from its log."""


class StoredEvent(NamedTuple):
    """A row of the log."""

    seq: int
    profile: int
    event_type: str
    created_us: int
    accepted_us: int
    properties: Mapping[str, Any] | None


class StoredSegment(NamedTuple):
    """A row of the catalog; `created_seq` is the last event that had been accepted at creation."""

    definition: SegmentDefinition
    created_us: int
    created_seq: int
    is_backfilling: bool


class Log:
    """What a store keeps, and all that a restart has."""

    def __init__(self, now_us: int) -> None:
        self.now_us = now_us
        self.events: list[StoredEvent] = []
        self.last_seq = 0
        self.segments: dict[int, StoredSegment] = {}
        self.data: dict[int, dict[str, Any]] = {}
        self.profiles_ever = 0
        self.tags: dict[Pair, int] = {}
        self.settled: Settled | None = None
        """How far time's changes had been made, where not through `now_us`."""
        self.touched_us: dict[int, int] = {}
        """When a profile last had an event accepted, or its data changed: what was due for it was made then."""

    def append(self, occurrences: Sequence[Occurrence]) -> None:
        """Stores accepted events."""
        for occurrence in occurrences:
            self.last_seq += 1
            self.events.append(StoredEvent(self.last_seq, *occurrence))
            self.touched_us[occurrence.profile] = occurrence.accepted_us

    def texts_of_property(self, name: str) -> list[tuple[int, str]]:
        """The profiles whose data have it, each with its canonical text (V2)."""
        texts = [(profile, canonical(data.get(name))) for profile, data in self.data.items()]
        return [(profile, text) for profile, text in texts if text is not None]

    def settled_us(self) -> Longs:
        """By profile."""
        if self.settled is None:
            return np.full(self.profiles_ever, self.now_us)
        found = self.settled.by_profile(self.profiles_ever)
        for profile, at_us in self.touched_us.items():
            found[profile] = max(found[profile], at_us)
        return found

    def record(self, changes: Iterable[Change]) -> None:
        """Keeps the tags as the store does (G2, G3)."""
        for change in changes:
            pair = change.segment, change.profile
            assert (pair in self.tags) == (change.kind is not ChangeKind.CREATED), f"{change} of a tag that is not so"
            if change.kind is ChangeKind.REMOVED:
                del self.tags[pair]
            else:
                self.tags[pair] = max(self._tag_us(change), self.tags.get(pair, 0))

    def forget_profile(self, profile: int) -> None:
        """Drops all of a profile but its number."""
        del self.data[profile]
        self.events = [event for event in self.events if event.profile != profile]
        self.tags = {pair: created_us for pair, created_us in self.tags.items() if pair[1] != profile}

    def forget_segment(self, key: int) -> None:
        """Drops a segment and its tags."""
        del self.segments[key]
        self.tags = {pair: created_us for pair, created_us in self.tags.items() if pair[0] != key}

    def events_between(self, after_seq: int, through_seq: int) -> list[StoredEvent]:
        """In the order of acceptance."""
        return [event for event in self.events if after_seq < event.seq <= through_seq]

    def requested(self, engine: Engine, request: HistoryRequest) -> list[StoredEvent]:
        """What a request for history asks for, in T2's order."""
        profiles, codes = set(request.profiles), set(request.event_types)
        rows = [
            event
            for event in self.events
            if event.profile in profiles
            and event.created_us > request.after_us
            and engine.event_type_code(event.event_type) in codes
        ]
        return sorted(rows, key=lambda event: (event.profile, event.created_us, event.seq))

    def _tag_us(self, change: Change) -> int:
        is_past = self.segments[change.segment].definition.segment_type is SegmentType.PAST
        return change.recorded_us if is_past and change.cause is Cause.EVENT else change.effective_us


class SortedRun:
    """Some rows of the log as the store hands them over in bulk (`engine.runs.Run`)."""

    def __init__(self, rows: Sequence[StoredEvent], numbers: Mapping[str, int]) -> None:
        self._rows = sorted(rows, key=lambda row: (row.profile, row.created_us, row.seq))
        self._numbers = numbers
        self.row_count = len(rows)

    def rows_before(self, profile: int) -> int:
        """As the store would say."""
        return sum(row.profile < profile for row in self._rows)

    def read(self, name: ColumnName, first: int, out: Ints | Longs) -> None:
        """The same."""
        some = self._rows[first : first + len(out)]
        out[:] = [self._numbers[row.event_type] if name == "event_type" else getattr(row, name) for row in some]

    def read_codes(self, key: str, codes: Codes, first: int, out: Ints) -> None:
        """The same."""
        texts = [canonical((row.properties or {}).get(key)) for row in self._rows[first : first + len(out)]]
        out[:] = [0 if text is None else codes.get(text, 0) for text in texts]

    def read_numbers(self, key: str, number_of: NumberOf, first: int, out: Floats) -> None:
        """The same (`engine.chronicle.ValuedRun`)."""
        texts = [canonical((row.properties or {}).get(key)) for row in self._rows[first : first + len(out)]]
        out[:] = [math.nan if text is None else number_of(text) for text in texts]


def runs_of(log: Log, rows_per_run: int = 7) -> tuple[list[SortedRun], dict[str, int]]:
    """The whole log in short runs, and a store's own numbers of its event types."""
    names = sorted({row.event_type for row in log.events}, reverse=True)
    numbers = {name: number for number, name in enumerate(names, 3)}
    starts = range(0, len(log.events), rows_per_run)
    return [SortedRun(log.events[first : first + rows_per_run], numbers) for first in starts], numbers


def rebuild(log: Log) -> Engine:
    """An engine as a restarted service makes it, from the log alone; its owner begins backfills under way anew."""
    engine = Engine(0)
    engine.ensure_profiles(log.profiles_ever)
    runs, numbers = runs_of(log)
    live = [
        LiveSegment(key, segment.definition, segment.created_us, segment.created_seq)
        for key, segment in log.segments.items()
        if segment.definition.segment_type is SegmentType.LIVE
    ]
    engine.relive(live, numbers, runs, threads=1)
    engine.advance(log.now_us)
    past = [
        engine.begin_backfill(key, segment.definition)
        for key, segment in log.segments.items()
        if segment.definition.segment_type is SegmentType.PAST and not segment.is_backfilling
    ]
    settled_us = log.settled_us()
    since_us = min(settled_us.tolist(), default=log.now_us)
    fold_runs(past, numbers, runs, log.profiles_ever, since_us, threads=1)
    tagged = {one.key: [profile for segment_key, profile in log.tags if segment_key == one.key] for one in past}
    standing = [(backfill, np.array(tagged[backfill.key], np.int32)) for backfill in past]
    engine.restore_past(standing, log.texts_of_property, settled_us)
    return engine


def refold(backfill: Backfill, engine: Engine, log: Log) -> None:
    """Brings the log in order for a backfill, one profile at a time."""
    while (request := backfill.history_needed()) is not None:
        some = request._replace(profiles=request.profiles[:1])
        rows = log.requested(engine, some)
        backfill.refold(some.profiles, batch_of(engine, rows, backfill.watched_types()))


def batch_of(engine: Engine, rows: Sequence[StoredEvent], watched: Set[int] | None = None) -> EventBatch:
    """Rows of the log as columns; with properties of the watched types alone, as they are when read from a store."""
    codes = [engine.event_type_code(row.event_type) for row in rows]
    return EventBatch(
        profile=np.array([row.profile for row in rows], np.int32),
        event_type=np.array(codes, np.int32),
        created_us=np.array([row.created_us for row in rows], np.int64),
        accepted_us=np.array([row.accepted_us for row in rows], np.int64),
        properties=[
            row.properties if watched is None or code in watched else None
            for row, code in zip(rows, codes, strict=True)
        ],
    )


class EngineLife:
    """An account's life as the engine tells it (`tests.reference.life.Life`)."""

    def __init__(self, now_us: int, fold_rows: int = 3, *, refolds_early: bool = False) -> None:
        self._log = Log(now_us)
        self._engine = Engine(now_us)
        self._fold_rows = fold_rows
        self._refolds_early = refolds_early
        self._backfills: dict[int, Backfill] = {}
        self._folded_seq: dict[int, int] = {}

    @property
    def now_us(self) -> int:
        """The instant through which everything has been lived."""
        return int(self._engine.now_us)

    def add_profile(self) -> int:
        """A new profile without data."""
        profile = self._log.profiles_ever
        self._log.profiles_ever += 1
        self._log.data[profile] = {}
        self._engine.ensure_profiles(self._log.profiles_ever)
        return profile

    def forget_profile(self, profile: int) -> None:
        """X3."""
        self._log.forget_profile(profile)
        self._engine.forget_profile(profile)

    def change_data(self, profile: int, data: Mapping[str, Any]) -> list[Change]:
        """V3."""
        self._log.data[profile] = dict(data)
        self._log.touched_us[profile] = self.now_us
        return self._recorded(self._engine.profile_changed(profile, data))

    def create_live(self, key: int, definition: SegmentDefinition) -> None:
        """L1."""
        self._store_segment(key, definition, is_backfilling=False)
        self._engine.add_live(key, definition, self.now_us)

    def begin_backfill(self, key: int, definition: SegmentDefinition) -> None:
        """P6: the history of now is folded at once, what comes meanwhile before the end."""
        self._store_segment(key, definition, is_backfilling=True)
        self._backfills[key] = self._engine.begin_backfill(key, definition)
        self._folded_seq[key] = 0
        self._fold(key)
        if self._refolds_early:
            refold(self._backfills[key], self._engine, self._log)

    def finish_backfill(self, key: int) -> list[Change]:
        """P6."""
        self._fold(key)
        backfill = self._backfills.pop(key)
        refold(backfill, self._engine, self._log)
        changes = self._engine.finish_backfill(backfill, self._log.texts_of_property)
        self._log.segments[key] = self._log.segments[key]._replace(is_backfilling=False)
        return self._recorded(changes)

    def remove_segment(self, key: int) -> None:
        """X1."""
        self._engine.remove_segment(key)
        self._backfills.pop(key, None)
        self._log.forget_segment(key)

    def accept(self, occurrences: Sequence[Occurrence]) -> list[Change]:
        """The writer's step: ask for the history that late events need, apply, store."""
        before_seq = self._log.last_seq
        batch = batch_of(self._engine, [StoredEvent(0, *occurrence) for occurrence in occurrences])
        request = self._engine.history_needed(batch)
        history = None if request is None else self._history(request)
        seqs = np.arange(before_seq + 1, before_seq + 1 + len(occurrences))
        changes = self._engine.apply(batch._replace(seq=seqs), history)
        self._log.append(occurrences)
        return self._recorded(changes, before_seq + 1)

    def advance(self, until_us: int, noticed_us: int | None = None) -> list[Change]:
        """T6."""
        return self._recorded(self._engine.advance(until_us, noticed_us))

    def next_due_us(self) -> int:
        """When the service wakes the engine."""
        return int(self._engine.next_due_us())

    def tags(self) -> dict[Pair, int]:
        """As the store shows them."""
        return dict(self._log.tags)

    def restart(self) -> None:
        """A new process: backfills begin anew, everything else is rebuilt from the log."""
        self._log.now_us, self._log.settled = self.now_us, self._engine.settled
        self._engine = rebuild(self._log)
        for key, segment in self._log.segments.items():
            if segment.is_backfilling:
                self._backfills[key] = self._engine.begin_backfill(key, segment.definition)
                self._folded_seq[key] = 0

    def _store_segment(self, key: int, definition: SegmentDefinition, *, is_backfilling: bool) -> None:
        self._log.segments[key] = StoredSegment(definition, self.now_us, self._log.last_seq, is_backfilling)

    def _fold(self, key: int) -> None:
        backfill = self._backfills[key]
        rows = self._log.events_between(self._folded_seq[key], self._log.last_seq)
        for first in range(0, len(rows), self._fold_rows):
            some = rows[first : first + self._fold_rows]
            backfill.fold(batch_of(self._engine, some, backfill.watched_types()))
        self._folded_seq[key] = self._log.last_seq

    def _history(self, request: HistoryRequest) -> EventBatch:
        return batch_of(self._engine, self._log.requested(self._engine, request), self._engine.watched_types())

    def _recorded(self, changes: Changes, first_seq: int = 0) -> list[Change]:
        """The engine's columns as rows, kept in the log."""
        rows = [
            Change(
                segment,
                profile,
                ChangeKind(kind),
                Cause(cause),
                effective_us,
                recorded_us,
                first_seq + event if event >= 0 else None,
                opener or None,
            )
            for segment, profile, kind, cause, effective_us, recorded_us, event, opener in zip(
                *(column.tolist() for column in changes), strict=True
            )
        ]
        self._log.record(rows)
        return rows
