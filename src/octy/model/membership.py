"""Who is in a segment? The semantics word by word, told anew from all that one profile ever did.

`octy check` holds the store against this. It shares nothing with the engine but the definitions, remembers nothing from
one event to the next that a rule does not name, and is only as fast as that allows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from octy.model.instants import US_PER_MINUTE
from octy.model.lifetimes import Pause
from octy.model.segments import SegmentDefinition, SegmentType, Step
from octy.model.values import canonical

FRESH_US = 10 * US_PER_MINUTE
"""L2: how old an event may be when accepted and still make a live 1 match."""

Texts = Mapping[str, str | None]
"""Properties by key, as canonical texts (V2)."""


class Occurred(NamedTuple):
    """A stored event of the profile."""

    seq: int
    event_type: str
    created_us: int
    accepted_us: int
    texts: Texts


class Condition(NamedTuple):
    """A step, as what an event must be to match it (V1)."""

    event_type: str
    texts: Texts

    def matches(self, event: Occurred) -> bool:
        """Equal types, and every named key present with an equal value."""
        return event.event_type == self.event_type and all(
            text is not None and event.texts.get(key) == text for key, text in self.texts.items()
        )


class Stood(NamedTuple):
    """Where a live segment stood with a profile after events that may not be there any more."""

    matched_us: int
    """The action of the latest match; -1 where there was none."""
    is_tagged: bool
    opposed_us: int
    """The latest conflicting event; -1 where there was none."""
    opened_us: int
    """The action whose window was open; -1 where none was."""


NOTHING_YET = Stood(-1, False, -1, -1)


class Conditions:
    """What a definition asks of events."""

    def __init__(self, definition: SegmentDefinition) -> None:
        self.definition = definition
        self.is_live = definition.segment_type is SegmentType.LIVE
        self.window_us = definition.window_us
        self.actions = [_condition(step) for step in definition.actions]
        self.inaction = None if definition.inaction is None else _condition(definition.inaction)
        self.event_types = frozenset(step.event_type for step in definition.event_sequence)

    def conflicts(self, event: Occurred) -> bool:
        """G4: whether a live match before the event has ended with it."""
        if self.inaction is not None:
            return self.inaction.matches(event)
        action = self.actions[0]
        return bool(action.texts) and event.event_type == action.event_type and not action.matches(event)


def is_member(asked: Conditions, events: Sequence[Occurred], data: Texts, now_us: int) -> bool:
    """P1 to P4 and V3 of a past segment. The events come in the order in which they happened (T2)."""
    name = asked.definition.profile_property_name
    if name is not None and data.get(name) != asked.definition.profile_property_value:
        return False
    window = [event for event in events if now_us - asked.window_us < event.created_us <= now_us]
    if asked.inaction is not None and any(asked.inaction.matches(event) for event in window):
        return False
    return _occur_in_order(asked.actions, window)


def may_bear(
    asked: Conditions, events: Sequence[Occurred], data: Texts, *, bears: bool, since_us: int, through_us: int
) -> bool:
    """Whether a past segment's tag may be on the profile, or off it.

    It must be what membership is at `through_us`, or was at an instant from `since_us` on at which all that has
    happened to the profile and the segment was known already. Arguments as those of `is_member`.
    """
    if is_member(asked, events, data, through_us) == bears:
        return True
    known_us = max([since_us, *(event.accepted_us for event in events)])
    moments = {event.created_us + asked.window_us for event in events}
    earlier = [known_us, *sorted(moment for moment in moments if known_us < moment < through_us)]
    return known_us < through_us and any(is_member(asked, events, data, moment) == bears for moment in earlier)


def live_tag_us(
    asked: Conditions,
    events: Iterable[Occurred],
    now_us: int,
    stood: Stood = NOTHING_YET,
    pauses: Sequence[Pause] = (),
) -> int | None:
    """Since when the profile bears a live segment's tag (G3); None where it does not.

    The events are those that the segment sees (L1), in the order in which they were accepted; those of after it stood
    as it did. `pauses` are the deletions that were cancelled before now (X1).
    """
    story = _LiveStory(asked, stood, pauses)
    for event in events:
        story.time_passes(event.accepted_us)  # T7
        story.takes(event)
    story.time_passes(now_us)
    return story.tag_us


class _LiveStory:
    """One profile's matches and conflicts (L1 to L7, G3, G4)."""

    def __init__(self, asked: Conditions, stood: Stood, pauses: Sequence[Pause]) -> None:
        self._asked = asked
        self._pauses = pauses
        self.tag_us = stood.matched_us + asked.window_us if stood.is_tagged else None
        """What the tag shows, while it is on the profile."""
        self._matched_us = stood.matched_us if stood.is_tagged else None
        """The latest action that the tag stands for, while it is on the profile."""
        self._open_us = stood.opened_us if stood.opened_us >= 0 else None
        """The action that opened a window, while that is open."""
        self._last_us = stood.matched_us if stood.matched_us >= 0 else None
        """The action of the last match, whatever became of its tag."""
        self._conflict_us = stood.opposed_us
        """The latest conflicting event that is stored."""

    def time_passes(self, until_us: int) -> None:
        """L5. What ends in a pause ends in nothing."""
        if self._open_us is None or self._open_us + self._asked.window_us > until_us:
            return
        opened_us, due_us, self._open_us = self._open_us, self._open_us + self._asked.window_us, None
        if not any(pause.requested_us < due_us <= pause.restored_us for pause in self._pauses):
            self._match(opened_us, due_us)
            self._last_us = opened_us

    def takes(self, event: Occurred) -> None:
        """L7: first as the inaction, then as the action."""
        conflicts = self._asked.conflicts(event)
        if conflicts:
            self._conflict(event.created_us)
        if self._asked.actions[0].matches(event) and self._counts(event):
            if self._asked.inaction is not None:
                self._open(event)
            elif event.accepted_us - event.created_us <= FRESH_US:  # L2
                self._match(event.created_us, event.created_us)
                if self._matched_us is not None and self._conflict_us > self._matched_us:
                    self._tag_goes()  # G4: what conflicts was stored already, and yet comes after (T2)
        if conflicts:
            self._conflict_us = max(self._conflict_us, event.created_us)

    def _counts(self, action: Occurred) -> bool:
        """Whether an action comes in no pause, and did not happen before the end of one that it comes after."""
        return all(
            action.seq <= pause.requested_seq
            or (action.seq > pause.restored_seq and action.created_us >= pause.restored_us)
            for pause in self._pauses
        )

    def _conflict(self, at_us: int) -> None:
        """L4, G4: accepted after the action, it is after it (T2) unless its instant is earlier."""
        if self._open_us is not None and at_us >= self._open_us:
            self._open_us = None
        if self._matched_us is not None and at_us >= self._matched_us:
            self._tag_goes()

    def _open(self, event: Occurred) -> None:
        """L3, L6."""
        window_us = self._asked.window_us
        is_too_late = event.created_us + window_us <= event.accepted_us
        is_within_last = self._last_us is not None and event.created_us < self._last_us + window_us
        if self._open_us is None and not (is_too_late or is_within_last or self._conflict_us > event.created_us):
            self._open_us = event.created_us

    def _match(self, action_us: int, at_us: int) -> None:
        """G3."""
        self._matched_us = max(action_us, -1 if self._matched_us is None else self._matched_us)
        self.tag_us = max(at_us, -1 if self.tag_us is None else self.tag_us)

    def _tag_goes(self) -> None:
        self._matched_us = self.tag_us = None


def texts_of(properties: Mapping[str, object]) -> dict[str, str | None]:
    """Properties as they compare (V2)."""
    return {key: canonical(value) for key, value in properties.items()}


def _condition(step: Step) -> Condition:
    return Condition(step.event_type, texts_of(step.event_properties or {}))


def _occur_in_order(actions: Sequence[Condition], events: Iterable[Occurred]) -> bool:
    """P2. Giving each action the earliest event that is left to it leaves the most to the actions that follow."""
    left: Iterator[Occurred] = iter(events)
    return all(any(action.matches(event) for event in left) for action in actions)
