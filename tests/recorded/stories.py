"""What happens to one customer and one segment, in a line: for the documentation's examples and pictures.

    12:00 view page=home; 12:40 pay (of 12:20); 13:00 knows plan=gold; 1d 00:00 .

Each part says when something comes in, and what: an event, with its properties as JSON or text; one that had happened
earlier (`of`); what is known of the profile from then on (`knows`); the segment's creation (`create`, before everything
unless said; `begin` and `end`, where its backfill takes a while); or that time passes (`.`). Instants are those of
`tests.unit.engine.shop`.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from octy.model.segments import SegmentDefinition, SegmentType, Step
from octy.model.values import shown
from tests.reference.life import Change, Life, Occurrence
from tests.reference.segment import Event, event_of
from tests.unit.engine.shop import OPENING_US, instant, said

_AT = r"(?:-?\d+d )?\d\d:\d\d(?::\d\d(?:\.\d{6})?)?"
_PART = re.compile(rf"({_AT}) (\S+)((?: [\w.]+=\S+)*)(?: \(of ({_AT})\))?")
_KEY = 1
CATALOG_WORDS = ("create", "begin", "end")


class Happening(NamedTuple):
    """One part of a story."""

    at_us: int
    what: str
    properties: Mapping[str, Any]
    happened_us: int

    @property
    def is_event(self) -> bool:
        """Or time, knowledge or the catalog."""
        return self.what not in (*CATALOG_WORDS, "knows", ".")

    def told(self) -> str:
        """In words for a reader."""
        named = "".join(f" `{key}` {json.dumps(value)}" for key, value in self.properties.items())
        late = f", which happened at {said(self.happened_us)}" if self.happened_us < self.at_us else ""
        words = {
            "create": "the segment is created",
            "begin": "the segment is created, and its backfill begins",
            "end": "the backfill ends",
            "knows": "profile has" + (named or " nothing"),
            ".": "nothing",
        }
        return f"{said(self.at_us)} " + words.get(self.what, f"`{self.what}`{named}") + late


class Lived(NamedTuple):
    """What came of a story."""

    events: Sequence[Event]
    changes: Sequence[Change]
    tag_us: int | None
    """The tag's `created_at` at the end; None where there is no tag."""
    now_us: int


def happenings(story: str) -> list[Happening]:
    """The story's parts."""
    found = []
    for part in story.split(";"):
        match = _PART.fullmatch(part.strip())
        assert match is not None, part
        at, what, properties, happened = match.groups()
        pairs = (pair.partition("=") for pair in properties.split())
        named = {key: _value(text) for key, _, text in pairs}
        found.append(Happening(instant(at), what, named, instant(happened or at)))
    return found


def lived(definition: SegmentDefinition, story: str, born: Callable[[int], Life]) -> Lived:
    """Lives the story through a new life (`EngineLife`, `Model`), which is told of the segment when the story says."""
    life, parts = born(OPENING_US), happenings(story)
    profile = life.add_profile()
    events: list[Event] = []
    changes: list[Change] = []
    if not any(part.what in ("create", "begin") for part in parts):
        changes += _to_catalog(life, definition, "create")
    for part in parts:
        changes += life.advance(max(part.at_us, life.now_us))
        if part.is_event:
            occurrence = Occurrence(profile, part.what, part.happened_us, life.now_us, part.properties)
            events.append(event_of(len(events) + 1, occurrence))
            changes += life.accept([occurrence])
        elif part.what == "knows":
            changes += life.change_data(profile, part.properties)
        elif part.what in CATALOG_WORDS:
            changes += _to_catalog(life, definition, part.what)
    return Lived(events, changes, life.tags().get((_KEY, profile)), life.now_us)


def in_words(definition: SegmentDefinition) -> str:
    """The definition in a line."""
    actions = ", then ".join(step_in_words(step) for step in definition.actions)
    absent = f", and no {step_in_words(definition.inaction)}" if definition.inaction else ""
    if definition.segment_type is SegmentType.LIVE:
        within = f" within {definition.event_sequence[0].exp_timeframe_minutes} minutes" if definition.inaction else ""
        absent = absent.replace(", and", ", then")
    else:
        within = f", within {definition.timeframe_days} day" + ("s" if definition.timeframe_days > 1 else "")
    wants = ""
    if definition.profile_property_name is not None:
        wants = f"; `{definition.profile_property_name}` is {shown(definition.profile_property_value)}"
    return f"{definition.segment_type} {definition.sub_type}: {actions}{absent}{within}{wants}"


def step_in_words(step: Step) -> str:
    """`view` with `page` "home"."""
    named = [f"`{key}` {json.dumps(value)}" for key, value in (step.event_properties or {}).items()]
    return f"`{step.event_type}`" + (" with " + ", ".join(named) if named else "")


def _to_catalog(life: Life, definition: SegmentDefinition, what: str) -> list[Change]:
    if definition.segment_type is SegmentType.LIVE:
        life.create_live(_KEY, definition)
        return []
    if what != "end":
        life.begin_backfill(_KEY, definition)
    return [] if what == "begin" else life.finish_backfill(_KEY)


def _value(text: str) -> Any:
    """As JSON, or else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text
