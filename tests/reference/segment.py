"""What does an event match? The definition and the events in the words of the rules (V1, V2, L1, G4)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from octy.model.segments import SegmentDefinition, SegmentType, Step
from tests.reference.life import Occurrence


class Event(NamedTuple):
    """A stored event; its properties as canonical texts (V2)."""

    seq: int
    profile: int
    event_type: str
    created_us: int
    accepted_us: int
    texts: Mapping[str, str | None]


class Condition(NamedTuple):
    """A step of a sequence; the properties that it names as canonical texts."""

    event_type: str
    texts: Mapping[str, str | None]

    def matches(self, event: Event) -> bool:
        """V1: equal types, and every named key present with an equal value."""
        return self.event_type == event.event_type and all(
            text is not None and event.texts.get(key) == text for key, text in self.texts.items()
        )


class Pause(NamedTuple):
    """A time in which a live segment's deletion was pending: its instants, and the events accepted in between."""

    requested_us: int
    after_seq: int
    restored_us: int
    through_seq: int


class Segment:
    """A segment, and what of its definition the rules speak of."""

    def __init__(self, key: int, definition: SegmentDefinition, created_us: int, created_seq: int) -> None:
        self.key = key
        self.created_us = created_us
        self.created_seq = created_seq
        """The last event that had been accepted when the segment was created."""
        self.is_live = definition.segment_type is SegmentType.LIVE
        self.window_us = definition.window_us
        self.actions = [condition(step) for step in definition.event_sequence if not step.is_inaction]
        self.inactions = [condition(step) for step in definition.event_sequence if step.is_inaction]
        self.wants = (definition.profile_property_name, definition.profile_property_value)
        self.is_active = self.is_live
        self.pauses: list[Pause] = []
        """Of a live segment: when its deletion was pending."""

    def sees(self, event: Event) -> bool:
        """L1; what had been accepted before the segment was created cannot make it act."""
        return event.seq > self.created_seq and event.created_us >= self.created_us

    def acts_on(self, action: Event) -> bool:
        """X1: what comes while its deletion is pending makes nothing, nor does afterwards what happened before."""
        return all(
            action.seq <= pause.after_seq or (action.seq > pause.through_seq and action.created_us >= pause.restored_us)
            for pause in self.pauses
        )

    def rests_at(self, due_us: int) -> bool:
        """X1: whether what falls due at an instant falls due while its deletion is pending."""
        return any(pause.requested_us < due_us <= pause.restored_us for pause in self.pauses)

    def conflicts(self, event: Event) -> bool:
        """G4."""
        if self.inactions:
            return self.inactions[0].matches(event)
        action = self.actions[0]
        return bool(action.texts) and event.event_type == action.event_type and not action.matches(event)


def text_of(value: object) -> str | None:
    """V2."""
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value) if isinstance(value, str | int) else None


def condition(step: Step) -> Condition:
    return Condition(step.event_type, texts_of(step.event_properties))


def event_of(seq: int, occurrence: Occurrence) -> Event:
    texts = texts_of(occurrence.properties)
    return Event(seq, occurrence.profile, occurrence.event_type, occurrence.created_us, occurrence.accepted_us, texts)


def texts_of(properties: Mapping[str, Any] | None) -> dict[str, str | None]:
    return {key: text_of(value) for key, value in (properties or {}).items()}
