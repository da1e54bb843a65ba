"""What must the tags be? The semantics, searched for word by word in the whole history.

The model keeps what happened: events in the order of acceptance, segments, profiles and how the clock moved. What it
says it works out anew from that, with lists, sorting and searching; the one thing it remembers is what it has said.
It is the engine's judge, so it shares no code with it and is no faster than it must be.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from octy.model.instants import NEVER
from octy.model.segments import SegmentDefinition
from octy.model.tags import Cause, ChangeKind
from tests.reference.life import Change, Occurrence, Pair
from tests.reference.live_story import LiveStory
from tests.reference.segment import Condition, Event, Segment, event_of, text_of


class Model:
    """An account's life as the semantics tell it (`tests.reference.life.Life`)."""

    def __init__(self, now_us: int) -> None:
        self.now_us = now_us
        self._events: list[Event] = []
        self._accepted = 0
        self._segments: dict[int, Segment] = {}
        self._data: dict[int, Mapping[str, Any]] = {}
        self._profiles_ever = 0
        self._downtimes: list[tuple[int, int, int]] = []
        self._said: dict[Pair, list[Change]] = {}
        self._tags: dict[Pair, int] = {}

    # What happens

    def add_profile(self) -> int:
        """A new profile; keys are never reused."""
        profile = self._profiles_ever
        self._profiles_ever += 1
        self._data[profile] = {}
        return profile

    def forget_profile(self, profile: int) -> None:
        """X3: its events, tags and history go."""
        del self._data[profile]
        self._events = [event for event in self._events if event.profile != profile]
        self._forget(pair for pair in self._said if pair[1] == profile)

    def change_data(self, profile: int, data: Mapping[str, Any]) -> list[Change]:
        """V3, P4."""
        self._data[profile] = dict(data)
        return self._look_at([profile], self._active(), Cause.PROPERTY)

    def create_live(self, key: int, definition: SegmentDefinition) -> None:
        """L1."""
        self._segments[key] = Segment(key, definition, self.now_us, self._accepted)

    def begin_backfill(self, key: int, definition: SegmentDefinition) -> None:
        """P6: no tags until the backfill ends."""
        self.create_live(key, definition)

    def finish_backfill(self, key: int) -> list[Change]:
        """P6: all stored history counts, with what came meanwhile."""
        self._segments[key].is_active = True
        return self._look_at(self._data, [self._segments[key]], Cause.BACKFILL)

    def remove_segment(self, key: int) -> None:
        """X1: from then on it makes no tag."""
        del self._segments[key]
        self._forget(pair for pair in self._said if pair[0] == key)

    def accept(self, occurrences: Sequence[Occurrence]) -> list[Change]:
        """One event after the other, each after what is due at or before its acceptance (T7)."""
        changes = []
        for occurrence in occurrences:
            changes += self.advance(occurrence.accepted_us)
            self._accepted += 1
            event = event_of(self._accepted, occurrence)
            self._events.append(event)
            changes += self._look_at([event.profile], self._active(), Cause.EVENT, event.seq)
        return changes

    def advance(self, until_us: int, noticed_us: int | None = None) -> list[Change]:
        """T6: only at an event's instant plus the segment's window can time alone change anything, so look then."""
        if noticed_us is not None:
            self._downtimes.append((self.now_us, until_us, noticed_us))
        changes = []
        for moment_us, key, profile in self._moments(until_us):
            changes += self._look(self._segments[key], profile, moment_us, Cause.TIME)
        self.now_us = until_us
        return changes

    # What is seen

    def tags(self) -> dict[Pair, int]:
        """Every tag there is, with its `created_at` (G1)."""
        return dict(self._tags)

    def next_due_us(self) -> int:
        """The first instant after now at which time alone changes something."""
        for moment_us, key, profile in self._moments(NEVER):
            if self._news(self._segments[key], profile, moment_us, Cause.TIME):
                return moment_us
        return NEVER

    def moments_ahead(self) -> list[int]:
        """The instants after now at which time alone might change something."""
        return [moment_us for moment_us, _, _ in self._moments(NEVER)]

    # How it is worked out

    def is_member(self, segment: Segment, profile: int, now_us: int) -> bool:
        """P1 to P4, V3."""
        name, value = segment.wants
        if name is not None and text_of(self._data[profile].get(name)) != value:
            return False
        window = [
            event
            for event in self._events
            if event.profile == profile and now_us - segment.window_us < event.created_us <= now_us
        ]
        if any(inaction.matches(event) for inaction in segment.inactions for event in window):
            return False
        return occur_in_order(segment.actions, sorted(window, key=lambda event: (event.created_us, event.seq)))

    def _news(
        self, segment: Segment, profile: int, now_us: int, cause: Cause, event: int | None = None
    ) -> list[Change]:
        """What is to be said of the segment and the profile at an instant that has not been said before."""
        pair = segment.key, profile
        if segment.is_live:
            seen = [event for event in self._events if event.profile == profile and segment.sees(event)]
            story = LiveStory(segment, profile, self._recorded).told(seen, now_us)
            said = self._said.get(pair, [])
            assert story[: len(said)] == said, "history is never rewritten (G2)"
            return story[len(said) :]
        is_member = self.is_member(segment, profile, now_us)
        if is_member == (pair in self._tags):
            return []
        kind = ChangeKind.CREATED if is_member else ChangeKind.REMOVED
        created_us = next((e.created_us for e in self._events if e.seq == event), now_us)
        recorded_us = self._recorded(now_us) if cause is Cause.TIME else now_us
        return [Change(segment.key, profile, kind, cause, created_us, recorded_us, event)]

    def _look(
        self, segment: Segment, profile: int, now_us: int, cause: Cause, event: int | None = None
    ) -> list[Change]:
        changes = self._news(segment, profile, now_us, cause, event)
        for change in changes:
            self._say(change, segment)
        return changes

    def _look_at(
        self, profiles: Iterable[int], segments: Iterable[Segment], cause: Cause, event: int | None = None
    ) -> list[Change]:
        return [
            change
            for segment in segments
            for profile in profiles
            for change in self._look(segment, profile, self.now_us, cause, event)
        ]

    def _say(self, change: Change, segment: Segment) -> None:
        pair = change.segment, change.profile
        self._said.setdefault(pair, []).append(change)
        if change.kind is ChangeKind.REMOVED:
            del self._tags[pair]
        elif segment.is_live:  # G3: the latest match's instant
            self._tags[pair] = max(change.effective_us, self._tags.get(pair, change.effective_us))
        else:  # G2: a late event counts from its acceptance
            self._tags[pair] = change.recorded_us if change.cause is Cause.EVENT else change.effective_us

    def _moments(self, until_us: int) -> list[tuple[int, int, int]]:
        """(instant, segment, profile) wherever an event's instant and a segment's window lead from now on, in order."""
        moments = set()
        for segment in self._active():
            for event in self._events:
                if self.now_us < event.created_us + segment.window_us <= until_us:
                    moments.add((event.created_us + segment.window_us, segment.key, event.profile))
        return sorted(moments)

    def _recorded(self, due_us: int) -> int:
        """The instant at which what was due got recorded: then, unless nobody was there to notice (T6, G5)."""
        for after_us, until_us, noticed_us in self._downtimes:
            if after_us < due_us <= until_us:
                return noticed_us
        return due_us

    def _active(self) -> list[Segment]:
        return [segment for segment in self._segments.values() if segment.is_active]

    def _forget(self, pairs: Iterable[Pair]) -> None:
        for pair in list(pairs):
            del self._said[pair]
            self._tags.pop(pair, None)


def occur_in_order(actions: Sequence[Condition], events: Sequence[Event]) -> bool:
    """P2. Giving each action the earliest event that is left to it leaves the most to the actions that follow."""
    left = iter(events)
    return all(any(action.matches(event) for event in left) for action in actions)
