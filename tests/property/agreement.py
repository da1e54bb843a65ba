"""A random life, lived by the engine and by the reference model at once; they must agree at every step (C06)."""

from collections.abc import Sequence
from typing import Protocol

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from octy.model.instants import US_PER_MINUTE, parse_instant
from octy.model.segments import SegmentDefinition
from octy.model.tags import Cause
from tests.property.happenings import (
    Doing,
    Happening,
    Sequel,
    When,
    batches,
    data,
    live_definitions,
    past_definitions,
    profiles,
    sequels,
    waits,
)
from tests.property.harness import CAN_RESTART, EngineLife
from tests.reference.life import Change, Life, Occurrence, Pair
from tests.reference.model import Model

BIRTH_US = parse_instant("2024-02-28T23:50:00Z")
PROFILES_MAX = 4
SEGMENTS_MAX = 6


class Reference(Life, Protocol):
    """The life that is right, and knows instants worth waiting for."""

    def moments_ahead(self) -> list[int]:
        """The instants after now at which time alone might change something."""


class Examined(Life, Protocol):
    """The life that is held against the reference."""

    def restart(self) -> None:
        """A new process goes on where the old one ended."""


class Agreement(RuleBasedStateMachine):
    """Each rule does one thing to both lives and compares what they say of it."""

    def reference_life(self) -> Reference:
        """What the engine is held against."""
        return Model(BIRTH_US)

    def examined_life(self, fold_rows: int, *, refolds_early: bool) -> Examined:
        """What is held against it."""
        return EngineLife(BIRTH_US, fold_rows, refolds_early=refolds_early)

    @initialize(
        is_sandbox=st.booleans(),
        customers=st.lists(data, min_size=1, max_size=PROFILES_MAX),
        live=st.lists(live_definitions(), max_size=3),
        past=st.lists(past_definitions(), max_size=3),
        fold_rows=st.integers(1, 5),
        refolds_early=st.booleans(),
    )
    def is_born(
        self,
        is_sandbox: bool,
        customers: list[dict[str, object]],
        live: list[SegmentDefinition],
        past: list[SegmentDefinition],
        fold_rows: int,
        refolds_early: bool,
    ) -> None:
        """A server is a sandbox, whose clock follows events, or is not (T4)."""
        self.is_sandbox = is_sandbox
        self.reference = self.reference_life()
        self.engine = self.examined_life(fold_rows, refolds_early=refolds_early)
        self.profiles: list[int] = []
        self.definitions: dict[int, SegmentDefinition] = {}
        self.backfilling: list[int] = []
        self.keys_ever = 0
        self.instants: list[int] = [BIRTH_US]
        for what_is_known in customers:
            self.gets_a_customer(what_is_known)
        for definition in live:
            self.creates_live(definition)
        for definition in past:
            self.creates_past(definition)

    # Events

    @rule(batch=batches)
    def accepts(self, batch: list[Happening]) -> None:
        """Events, in and out of order, late, at the same instants and on every edge."""
        self._accept(batch)

    @rule(batch=batches)
    def accepts_more(self, batch: list[Happening]) -> None:
        """Events are what happens most."""
        self._accept(batch)

    @rule(batch=batches, wait=waits)
    def accepts_and_waits(self, batch: list[Happening], wait: When) -> None:
        """So that what the events began comes to its end."""
        self._accept(batch)
        self.lets_time_pass(wait)

    @precondition(lambda self: self.definitions)
    @rule(sequel=sequels)
    def follows(self, sequel: Sequel) -> None:
        """A customer does what a segment's sequence says, if not always in its order and not always all of it."""
        self._accept(self._planned(sequel))

    @precondition(lambda self: self.definitions)
    @rule(one=sequels, other=sequels)
    def follow_together(self, one: Sequel, other: Sequel) -> None:
        """Two at once, or one twice, in one batch."""
        self._accept([*self._planned(one), *self._planned(other)])

    @precondition(lambda self: self.definitions)
    @rule(sequel=sequels, batch=batches)
    def follows_among_others(self, sequel: Sequel, batch: list[Happening]) -> None:
        """The steps of a sequence, with other events between them."""
        planned = self._planned(sequel)
        mixed = [happening for pair in zip(planned, batch, strict=False) for happening in pair]
        self._accept([*mixed, *planned[len(batch) :]])

    # Time

    @rule(wait=waits)
    def lets_time_pass(self, wait: When) -> None:
        """From no time at all to years, and to both sides of what falls due."""
        self._pass_time(self._instant(wait, self.reference.now_us))

    @rule(wait=waits)
    def is_down(self, wait: When) -> None:
        """What falls due meanwhile is noticed at the end (G5)."""
        until_us = max(self.reference.now_us, self._instant(wait, self.reference.now_us))
        agree(self.reference.advance(until_us, until_us), self.engine.advance(until_us, until_us))

    @rule()
    def waits_for_what_is_due_next(self) -> None:
        """To the instant before it, and then to it."""
        due_us = self.engine.next_due_us()
        change_us = self.reference.next_due_us()
        assert due_us <= change_us, "the engine would sleep over a change"
        for moment_us in (min(due_us - 1, change_us - 1), min(due_us, change_us)):
            if moment_us < self.reference.now_us + 100 * 365 * 24 * 60 * US_PER_MINUTE:
                self._pass_time(max(moment_us, self.reference.now_us))

    # The catalog

    @precondition(lambda self: len(self.definitions) < SEGMENTS_MAX)
    @rule(definition=live_definitions())
    def creates_live(self, definition: SegmentDefinition) -> None:
        """L1."""
        key = self._new_key(definition)
        self.reference.create_live(key, definition)
        self.engine.create_live(key, definition)

    @precondition(lambda self: len(self.definitions) < SEGMENTS_MAX)
    @rule(definition=past_definitions())
    def creates_past(self, definition: SegmentDefinition) -> None:
        """P6, with a backfill that is done at once."""
        self.begins_backfill(definition)
        self.ends_backfill()

    @precondition(lambda self: len(self.definitions) < SEGMENTS_MAX)
    @rule(definition=past_definitions())
    def begins_backfill(self, definition: SegmentDefinition) -> None:
        """P6, with a backfill that takes its time."""
        key = self._new_key(definition)
        self.reference.begin_backfill(key, definition)
        self.engine.begin_backfill(key, definition)
        self.backfilling.append(key)

    @precondition(lambda self: self.backfilling)
    @rule()
    def ends_backfill(self) -> None:
        """P6."""
        key = self.backfilling.pop()
        agree(self.reference.finish_backfill(key), self.engine.finish_backfill(key))

    @precondition(lambda self: self.definitions)
    @rule(segment=st.integers(0, SEGMENTS_MAX - 1))
    def deletes(self, segment: int) -> None:
        """X1, during the backfill too."""
        key = list(self.definitions)[segment % len(self.definitions)]
        del self.definitions[key]
        self.backfilling = [other for other in self.backfilling if other != key]
        self.reference.remove_segment(key)
        self.engine.remove_segment(key)

    # The customers

    @rule(profile=profiles, data=data)
    def learns(self, profile: int, data: dict[str, object]) -> None:
        """V3."""
        who = self.profiles[profile % len(self.profiles)]
        agree(self.reference.change_data(who, data), self.engine.change_data(who, data))

    @precondition(lambda self: len(self.profiles) < PROFILES_MAX)
    @rule(data=data)
    def gets_a_customer(self, data: dict[str, object]) -> None:
        """Keys are dense."""
        profile = self.reference.add_profile()
        assert profile == self.engine.add_profile()
        self.profiles.append(profile)
        self.learns(len(self.profiles) - 1, data)

    @precondition(lambda self: len(self.profiles) > 1)
    @rule(profile=profiles)
    def forgets_a_customer(self, profile: int) -> None:
        """X3."""
        who = self.profiles.pop(profile % len(self.profiles))
        self.reference.forget_profile(who)
        self.engine.forget_profile(who)

    @precondition(lambda _: CAN_RESTART)
    @rule()
    def restarts(self) -> None:
        """A new engine, from the log."""
        self.engine.restart()

    # Agreement

    @invariant()
    def shows_the_same(self) -> None:
        """Tags, with their instants, and the time."""
        assert self.engine.tags() == self.reference.tags()
        assert self.engine.now_us == self.reference.now_us
        assert self.engine.next_due_us() > self.reference.now_us, "what was due has been done"

    def _accept(self, batch: Sequence[Happening]) -> None:
        occurrences = self._occurrences(batch)
        agree(self.reference.accept(occurrences), self.engine.accept(occurrences))

    def _occurrences(self, batch: Sequence[Happening]) -> list[Occurrence]:
        occurrences, accepted_us = [], self.reference.now_us
        for happening in batch:
            created_us = self._instant(happening.when, accepted_us)
            if self.is_sandbox:
                accepted_us = max(accepted_us, created_us)
            created_us = min(created_us, accepted_us)
            profile = self.profiles[happening.profile % len(self.profiles)]
            doing = happening.doing
            occurrences.append(Occurrence(profile, doing.event_type, created_us, accepted_us, doing.properties))
            self.instants.append(created_us)
        return occurrences

    def _planned(self, sequel: Sequel) -> list[Happening]:
        definition = list(self.definitions.values())[sequel.segment % len(self.definitions)]
        steps = definition.event_sequence if sequel.with_inaction else definition.actions
        start_us = 0 if self.is_sandbox else -sequel.gap_us * len(steps)
        planned = [
            Happening(
                sequel.profile,
                Doing(step.event_type, step.event_properties),
                When("start", 0, start_us + position * sequel.gap_us),
            )
            for position, step in enumerate(steps)
            if position != sequel.leaves_out
        ]
        match sequel.order:
            case "back":
                return planned[::-1]
            case "odd first":
                return planned[1::2] + planned[::2]
            case _:
                return planned

    def _pass_time(self, until_us: int) -> None:
        until_us = max(until_us, self.reference.now_us)
        wakes_us = self.engine.next_due_us()
        expected = self.reference.advance(until_us)
        assert all(change.effective_us >= wakes_us for change in expected), "the engine would have slept over a change"
        agree(expected, self.engine.advance(until_us))

    def _instant(self, when: When, accepted_us: int) -> int:
        match when.anchor:
            case "event":
                anchor_us = self.instants[-min(when.nth, len(self.instants))]
            case "ahead":
                ahead = self.reference.moments_ahead()
                anchor_us = ahead[min(when.nth, len(ahead) - 1)] if ahead else accepted_us
            case "start":
                anchor_us = self.reference.now_us
            case _:
                anchor_us = accepted_us
        return max(anchor_us + when.offset_us, 0)

    def _new_key(self, definition: SegmentDefinition) -> int:
        self.keys_ever += 1
        self.definitions[self.keys_ever] = definition
        return self.keys_ever


def agree(expected: Sequence[Change], found: Sequence[Change]) -> None:
    """The same changes of every segment and profile in the same order, and all of them in the order of recording.

    Of changes at one instant of different segments or profiles, any may come first.
    """
    assert _by_pair(found) == _by_pair(expected)
    recorded = [change.recorded_us for change in found]
    assert recorded == sorted(recorded), "recorded in order (T6)"
    due = [change.effective_us for change in found if change.cause is Cause.TIME]
    assert due == sorted(due), "due in order (T6)"


def _by_pair(changes: Sequence[Change]) -> dict[Pair, list[Change]]:
    grouped: dict[Pair, list[Change]] = {}
    for change in changes:
        grouped.setdefault((change.segment, change.profile), []).append(change)
    return grouped
