"""What do clients do next? Random requests, late events, events told twice, and patience: what failed is sent again."""

from collections import Counter
from random import Random
from typing import Any

from octy.model.accounts import DEFAULT_CAUSES, DEFAULT_EVENTS
from octy.model.instants import US_PER_MINUTE, US_PER_SECOND
from octy.model.segments import SegmentDefinition
from octy.model.tags import CAUSE_TEXT
from tests.property.happenings import CONDITIONS, DATA, DOINGS, WHENS, WINDOW_DAYS, WINDOW_MINUTES, Doing, defined, step
from tests.simulation.requests import (
    Batch,
    Chooses,
    Enables,
    EndOfSegment,
    Learns,
    Leaves,
    Names,
    NewCustomer,
    NewSegment,
    Request,
    Restoring,
    Rotates,
    Said,
)
from tests.simulation.truth import BACKFILLED, ENTERED, LEFT, MATCHED, RETRACTED, SAID_AGAIN_US_MAX, Truth

CUSTOMERS_MAX = 5
SEGMENTS_MAX = 5
EVENTS_MAX = 6
EVENTS = (MATCHED, RETRACTED, ENTERED, LEFT, BACKFILLED)
CAUSES = tuple(CAUSE_TEXT.values())
OVERLAPS_HOURS = (0, 1, 24)
GAPS_US = (0, 1, US_PER_SECOND, US_PER_MINUTE, 10 * US_PER_MINUTE, 300 * US_PER_MINUTE)


class Clients:
    """All of one account's."""

    def __init__(self, chance: Random, truth: Truth, names: Names, faults: Counter[str], *, may_choose: bool) -> None:
        """`may_choose`: what webhooks tell of."""
        self._may_choose = may_choose
        self._chance = chance
        self._truth = truth
        self._names = names
        self._faults = faults
        self._customers_ever = self._segments_ever = self._messages_ever = 0
        self._said: list[Said] = []
        """What may be told again."""
        self._latest_us: dict[str, int] = {}
        self.again: list[Request] = []
        """What came to no answer."""
        self.waiting: list[Request] = []
        """What is on its way."""

    def next_request(self, now_us: int) -> Request:
        """A new one, or one that failed."""
        if self._chance.random() < 0.5 and (request := self.sends_again()) is not None:
            return request
        draw = self._chance.random()
        if draw < 0.05 and len(self._truth.profiles) < CUSTOMERS_MAX:
            return self.new_customer()
        if draw < 0.12:
            return Learns(self._customer(), self._chance.choice(DATA))
        if draw < 0.14 and (leaver := self._leaver()) is not None:
            return Leaves(leaver)
        if draw < 0.22 and len(self._truth.segments) + self._on_its_way(NewSegment) < SEGMENTS_MAX:
            return self.new_segment()
        if draw < 0.25 and (known := [key for key in self._truth.segments if str(key) in self._names.segment_ids]):
            return EndOfSegment(self._chance.choice(known))
        if draw < 0.265 and (gone := sorted(self._truth.taken() - self._truth.segments.keys())):
            return Restoring(self._chance.choice(gone))
        if draw < 0.28:
            return Enables(replay=self._chance.random() < 0.8)
        if draw < 0.29:
            return Rotates(self._chance.choice(OVERLAPS_HOURS))
        if draw < 0.31 and self._may_choose:
            return self._choice()
        return self._batch(now_us)

    def sends_again(self) -> Request | None:
        """What failed, in any order; an event is given up where its message id may soon be forgotten (E8)."""
        while self.again:
            request = self.again.pop(self._chance.randrange(len(self.again)))
            if not isinstance(request, Batch):
                return request
            if events := [event for event in request.events if self._is_remembered(event)]:
                return Batch(events)
        return None

    def new_customer(self) -> NewCustomer:
        """Names are never given twice."""
        self._customers_ever += 1
        return NewCustomer(f"customer {self._customers_ever}", self._chance.choice(DATA))

    def new_segment(self) -> NewSegment:
        """Of any kind."""
        self._segments_ever += 1
        return NewSegment(self._segments_ever, self._definition())

    def _customer(self) -> str:
        return self._chance.choice([name for name in self._names.profile_ids if name in self._truth.profiles])

    def _leaver(self) -> str | None:
        """Somebody of whose creation nobody is in doubt, and who is not the last."""
        doubtful = {one.name for one in (*self.again, *self.waiting) if isinstance(one, NewCustomer | Leaves)}
        known = [name for name in self._truth.profiles if name not in doubtful and name in self._names.profile_ids]
        return self._chance.choice(known) if len(known) > 1 else None

    def _choice(self) -> Chooses:
        """What others choose too, everything, or anything."""
        draw = self._chance.random()
        if draw < 0.2:
            return Chooses(DEFAULT_EVENTS, DEFAULT_CAUSES)
        if draw < 0.5:
            return Chooses(EVENTS, CAUSES)
        return Chooses(self._some(EVENTS), self._some(CAUSES))

    def _some(self, words: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self._chance.sample(words, self._chance.randint(1, len(words))))

    def _on_its_way(self, kind: type[Any]) -> int:
        return sum(isinstance(one, kind) for one in (*self.again, *self.waiting))

    # Events

    def _batch(self, now_us: int) -> Batch:
        self._said = [event for event in self._said if self._is_remembered(event)]
        if self._truth.segments and self._chance.random() < 0.5:
            events = self._sequel(now_us)
        else:
            events = [self._event(now_us) for _ in range(self._chance.randint(1, EVENTS_MAX))]
        if self._chance.random() < 0.2:
            self._chance.shuffle(events)
            self._faults["batch shuffled"] += 1
        self._said += events
        if self._chance.random() < 0.2:
            events = [*events, self._chance.choice(self._said)]
            self._faults["message repeated"] += 1
        return Batch(events)

    def _event(self, now_us: int) -> Said:
        when = self._chance.choice([one for one in WHENS if one.anchor != "ahead"])
        name = self._customer()
        anchor_us = self._latest_us.get(name, now_us) if when.anchor == "event" else now_us
        is_untold = self._chance.random() < 0.2
        return self._says(name, self._chance.choice(DOINGS), None if is_untold else max(anchor_us + when.offset_us, 0))

    def _sequel(self, now_us: int) -> list[Said]:
        """A customer follows a segment's sequence, if not always all of it."""
        name, gap_us = self._customer(), self._chance.choice(GAPS_US)
        definition = self._truth.segments[self._chance.choice(list(self._truth.segments))]
        steps = definition.event_sequence if self._chance.random() < 0.3 else definition.actions
        begins_us = now_us - gap_us * (len(steps) - 1)
        return [
            self._says(name, Doing(one.event_type, one.event_properties), max(begins_us + position * gap_us, 0))
            for position, one in enumerate(steps)
            if self._chance.random() < 0.9 or len(steps) == 1
        ] or [self._event(now_us)]

    def _says(self, name: str, doing: Doing, created_us: int | None) -> Said:
        self._messages_ever += 1
        if created_us is not None:
            if created_us < self._latest_us.get(name, 0):
                self._faults["event late"] += 1
            self._latest_us[name] = max(created_us, self._latest_us.get(name, 0))
        return Said(name, doing, created_us, f"message {self._messages_ever}", self._truth.model.now_us)

    def _is_remembered(self, event: Said) -> bool:
        return event.told_us > self._truth.model.now_us - SAID_AGAIN_US_MAX

    # Segments

    def _definition(self) -> SegmentDefinition:
        sub_type = self._chance.randint(1, 4)
        is_live = sub_type < 3 and self._chance.random() < 0.6
        count = sub_type if is_live else self._chance.randint(1 + (sub_type in (2, 4)), 3)
        conditions = self._chance.sample(CONDITIONS, count)
        steps = [step(doing, "action") for doing in conditions]
        if sub_type in (2, 4):
            steps[-1] = step(conditions[-1], "inaction")
        if is_live and sub_type == 2:
            steps[0] = step(conditions[0], "action", self._chance.choice(WINDOW_MINUTES))
        days = 0 if is_live else self._chance.choice(WINDOW_DAYS)
        return defined("live" if is_live else "past", sub_type, days, steps)
