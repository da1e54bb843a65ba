"""What may happen in a random life: few customers, event types, values and instants, so that they often collide.

Whatever is drawn is drawn from a short list that begins with the plainest choice, to which a failing life shrinks.
"""

from typing import Any, NamedTuple

from hypothesis import strategies as st

from octy.model.definitions import from_wire
from octy.model.instants import US_PER_DAY, US_PER_MINUTE, US_PER_SECOND
from octy.model.segments import SegmentDefinition

MS = 1_000
EVENT_TYPES = ("view", "cart", "pay")
PROPERTIES: tuple[dict[str, Any] | None, ...] = (
    None,
    {},
    {"a": 30},
    {"a": 30.0},
    {"a": "30"},
    {"a": True},
    {"a": "true"},
    {"b": "x"},
    {"a": 30, "b": "x"},
    {"a": True, "b": "x"},
    {"a": None},
    {"a": [30]},
    {"a": {"b": "x"}, "b": 1},
)
DATA: tuple[dict[str, Any], ...] = (
    {"plan": "30"},
    {"plan": 30.0, "size": 1},
    {"plan": 30},
    {"plan": 31},
    {"plan": None},
    {"size": 30},
    {},
)
WINDOW_MINUTES = (5, 10, 15)
WINDOW_DAYS = (1, 2, 3)
EDGES_US = (0, -1, 1, -MS, MS)
"""Both sides of every edge."""


class Doing(NamedTuple):
    """Which event type, with which properties."""

    event_type: str
    properties: dict[str, Any] | None


class When(NamedTuple):
    """An instant: `offset_us` away from the acceptance, from the nth last event, or from the nth instant to come."""

    anchor: str
    nth: int
    offset_us: int


class Happening(NamedTuple):
    """An event before it is placed: the profile is counted among those there are."""

    profile: int
    doing: Doing
    when: When


class Sequel(NamedTuple):
    """A customer who follows a segment's sequence, event after event."""

    profile: int
    segment: int
    gap_us: int
    order: str
    with_inaction: bool
    leaves_out: int


DOINGS = [Doing(event_type, properties) for properties in PROPERTIES for event_type in EVENT_TYPES]
CONDITIONS = [
    Doing(event_type, properties)
    for properties in (None, {"a": "30"}, {"a": True}, {"b": "x"}, {"a": 30, "b": "x"})
    for event_type in EVENT_TYPES
]
WINDOWS_US = [minutes * US_PER_MINUTE for minutes in WINDOW_MINUTES] + [days * US_PER_DAY for days in WINDOW_DAYS]
STEPS_US = [0, 1, MS, US_PER_SECOND, US_PER_MINUTE, 4 * US_PER_MINUTE, 300 * US_PER_MINUTE, US_PER_DAY]
WHENS = [
    *(When("accepted", 0, offset_us) for offset_us in STEPS_US),
    *(When("accepted", 0, -offset_us) for offset_us in STEPS_US),
    *(When("event", nth, edge_us) for nth in (1, 2, 3) for edge_us in (0, -1, 1)),
    *(When("ahead", nth, edge_us) for nth in (0, 1, 2) for edge_us in EDGES_US),
    *(When("accepted", 0, edge_us - window_us) for window_us in WINDOWS_US for edge_us in EDGES_US),
    When("accepted", 0, -365 * US_PER_DAY),
    When("accepted", 0, -7 * 365 * US_PER_DAY),
]
WAITS = [
    *(When("accepted", 0, offset_us) for offset_us in STEPS_US),
    *(When("ahead", nth, edge_us) for nth in (0, 1, 3) for edge_us in EDGES_US),
    When("accepted", 0, 2 * US_PER_DAY),
    When("accepted", 0, 5 * 365 * US_PER_DAY),
]

profiles = st.integers(0, 3)
happenings = st.builds(Happening, profiles, st.sampled_from(DOINGS), st.sampled_from(WHENS))
batches = st.lists(happenings, min_size=1, max_size=12)
sequels = st.builds(
    Sequel,
    profile=profiles,
    segment=st.integers(0, 5),
    gap_us=st.sampled_from((0, 1, US_PER_SECOND, US_PER_MINUTE, 10 * US_PER_MINUTE, 300 * US_PER_MINUTE)),
    order=st.sampled_from(("forth", "forth", "back", "odd first")),
    with_inaction=st.booleans(),
    leaves_out=st.integers(-4, 4),
)
waits = st.sampled_from(WAITS)
data = st.sampled_from(DATA)


def _conditions(count_min: int, count_max: int) -> st.SearchStrategy[list[Doing]]:
    """Different ones (D8)."""
    numbers = st.lists(st.sampled_from(range(len(CONDITIONS))), min_size=count_min, max_size=count_max, unique=True)
    return numbers.map(lambda some: [CONDITIONS[number] for number in some])


@st.composite
def live_definitions(draw: st.DrawFn) -> SegmentDefinition:
    """Live 1 and 2."""
    conditions = draw(_conditions(1, 2))
    minutes = draw(st.sampled_from(WINDOW_MINUTES)) if len(conditions) > 1 else 0
    steps = [step(conditions[0], "action", minutes), *(step(doing, "inaction") for doing in conditions[1:])]
    return defined("live", len(steps), 0, steps)


@st.composite
def past_definitions(draw: st.DrawFn) -> SegmentDefinition:
    """Past 1 to 4: one in ten is long; the short ones are fulfilled more often."""
    sub_type = draw(st.integers(1, 4))
    needs_inaction = sub_type in (2, 4)
    is_long = draw(st.integers(0, 9)) == 9
    conditions = draw(_conditions(4, 10) if is_long else _conditions(1 + needs_inaction, 3))
    steps = [step(doing, "action") for doing in conditions[: len(conditions) - needs_inaction]]
    steps += [step(conditions[-1], "inaction")] if needs_inaction else []
    return defined("past", sub_type, draw(st.sampled_from(WINDOW_DAYS)), steps)


def step(doing: Doing, action_inaction: str, minutes: int = 0) -> dict[str, Any]:
    """A step of a definition, as the wire has it."""
    return {
        "event_type": doing.event_type,
        "event_properties": doing.properties,
        "action_inaction": action_inaction,
        "exp_timeframe": minutes,
    }


def defined(segment_type: str, sub_type: int, days: int, steps: list[dict[str, Any]]) -> SegmentDefinition:
    """A definition that is valid by construction; past 3 and 4 want `plan` to be 30."""
    wants = segment_type == "past" and sub_type in (3, 4)
    definition, _ = from_wire(
        {
            "segment_name": "any",
            "segment_type": segment_type,
            "segment_sub_type": sub_type,
            "segment_timeframe": days,
            "event_sequence": steps,
            "profile_property_name": "plan" if wants else "",
            "profile_property_value": "30" if wants else "",
        }
    )
    return definition
