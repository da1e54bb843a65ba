"""The rules D1 to D11: each a function that reads a draft and yields what is wrong with it.

Every rule is judged, whatever the others found (D10). A rule keeps silent about what it cannot judge, such as a
sub-type that is no integer: D11 has said so already.
"""

from collections.abc import Callable, Iterator, Mapping, Set

from msgspec import Struct

from octy.model import limits
from octy.model.draft import FIELDS, OPTIONAL_FIELDS, STEP_FIELDS, Draft, StepDraft, has_type
from octy.model.errors import Problem, Violation
from octy.model.instants import US_PER_DAY, US_PER_MINUTE
from octy.model.values import canonical_items, in_path, problems_in, shown

MINUTES_PER_DAY = US_PER_DAY // US_PER_MINUTE
TYPE_WORDS = {str: "a string", int: "an integer", list: "a list", dict: "an object"}


class Surroundings(Struct, frozen=True):
    """What a definition is judged against, beside itself."""

    event_types: Mapping[str, Set[str]] | None = None
    """The account's event types with their property keys (D9); None where they are not known, as in an editor."""
    taken_names: Set[str] = frozenset()
    """Names of the account's segments, those pending deletion included (D1)."""
    retention_days: int = 0
    """How long the account keeps events; 0 for ever."""
    kept_us: int | None = None
    """How far back its log reaches for sure, where older events may have been removed."""


def d1_name_and_types(draft: Draft, around: Surroundings) -> Iterator[Violation]:
    """A name of 1 to 128 characters that is still free; live 1 or 2, past 1 to 4."""
    name = draft.name
    if name is not None:
        if not 1 <= len(name) <= limits.NAME_CHARACTERS_MAX:
            wanted = f"1 to {limits.NAME_CHARACTERS_MAX} characters after trimming"
            yield Violation("D1", "segment_name", f"{len(name)} characters", wanted)
        elif name in around.taken_names:
            wanted = "a name that no other segment of the account bears, those pending deletion included"
            yield Violation("D1", "segment_name", shown(name), wanted)
    if isinstance(draft.raw.get("segment_type"), str) and draft.segment_type is None:
        yield Violation("D1", "segment_type", shown(draft.raw["segment_type"]), '"live" or "past"')
    if has_type(draft.raw.get("segment_sub_type"), int) and draft.sub_type is None:
        wanted = "1 or 2 for a live segment" if draft.segment_type == "live" else "1 to 4 for a past segment"
        yield Violation("D1", "segment_sub_type", shown(draft.raw["segment_sub_type"]), wanted)


def d2_timeframe(draft: Draft, _: Surroundings) -> Iterator[Violation]:
    """The window: 0 for a live segment, 1 to 3650 days for a past one."""
    days = draft.timeframe
    if days is None:
        return
    if draft.segment_type == "live" and days != 0:
        yield Violation("D2", "segment_timeframe", shown(days), "0 for a live segment")
    if draft.segment_type == "past" and not 1 <= days <= limits.WINDOW_DAYS_MAX:
        wanted = f"1 to {limits.WINDOW_DAYS_MAX} days for a past segment"
        yield Violation("D2", "segment_timeframe", shown(days), wanted)


def d3_profile_property(draft: Draft, _: Surroundings) -> Iterator[Violation]:
    """A profile property for past 3 and 4, none for any other."""
    if draft.segment_type is None or draft.sub_type is None:
        return
    needed = draft.segment_type == "past" and draft.sub_type in (3, 4)
    for field, value in (
        ("profile_property_name", draft.property_name),
        ("profile_property_value", draft.property_value),
    ):
        if needed and value is None and not _mistyped(draft.raw.get(field), str):
            wanted = f"a non-empty string for past sub-type {draft.sub_type}"
            yield Violation("D3", field, _found(draft.raw, field), wanted)
        if not needed and value is not None:
            wanted = f"absent, null or empty for {draft.segment_type} sub-type {draft.sub_type}"
            yield Violation("D3", field, shown(value), wanted)


def d4_sequence(draft: Draft, _: Surroundings) -> Iterator[Violation]:
    """1 to 10 events, and the first is an action."""
    length = draft.sequence_length
    if length is not None and not 1 <= length <= limits.STEPS_MAX:
        yield Violation("D4", "event_sequence", f"{length} events", f"1 to {limits.STEPS_MAX} events")
    for step in draft.steps[:1]:
        if step.index == 0 and step.is_inaction:
            yield Violation("D4", f"{step.path}.action_inaction", '"inaction"', '"action" for the first event')


def d5_inaction(draft: Draft, _: Surroundings) -> Iterator[Violation]:
    """Exactly one inaction, the last, for sub-types 2 and 4; none for 1 and 3."""
    length = draft.sequence_length
    if draft.sub_type is None or not length or len(draft.steps) != length:
        return
    inactions = [step for step in draft.steps if step.is_inaction]
    if draft.sub_type in (1, 3):
        for step in inactions:
            wanted = f'"action": sub-type {draft.sub_type} holds no inaction'
            yield Violation("D5", f"{step.path}.action_inaction", '"inaction"', wanted)
        return
    if not inactions and all(step.is_inaction is not None for step in draft.steps):
        wanted = f"exactly one inaction, the last event, for sub-type {draft.sub_type}"
        yield Violation("D5", "event_sequence", "no inaction", wanted)
    for step in inactions:
        if step.index != length - 1:
            wanted = '"action": only the last event is an inaction'
            yield Violation("D5", f"{step.path}.action_inaction", '"inaction"', wanted)


def d6_length(draft: Draft, _: Surroundings) -> Iterator[Violation]:
    """Live 1: one action. Live 2: one action, one inaction. Past 2 and 4: at least one action before the inaction."""
    length = draft.sequence_length
    if length is None or not 1 <= length <= limits.STEPS_MAX:
        return
    match draft.segment_type, draft.sub_type:
        case "live", 1 if length != 1:
            yield Violation("D6", "event_sequence", f"{length} events", "exactly one action for live sub-type 1")
        case "live", 2 if length != 2:
            wanted = "exactly one action, then one inaction for live sub-type 2"
            yield Violation("D6", "event_sequence", f"{length} events", wanted)
        case "past", (2 | 4) as number if length == 1:
            wanted = f"1 to 9 actions, then one inaction for past sub-type {number}"
            yield Violation("D6", "event_sequence", "1 event", wanted)


def d7_exp_timeframe(draft: Draft, _: Surroundings) -> Iterator[Violation]:
    """Minutes to wait: 5 or more for a live event that another follows, 0 everywhere else."""
    if draft.segment_type is None or draft.sequence_length is None:
        return
    for step in draft.steps:
        minutes = step.exp_timeframe
        if minutes is None:
            continue
        is_last = step.index == draft.sequence_length - 1
        if draft.segment_type == "live" and not is_last:
            low, high = limits.EXP_TIMEFRAME_MINUTES_MIN, limits.EXP_TIMEFRAME_MINUTES_MAX
            wanted = f"{low} to {high} minutes when another event follows in a live segment"
            fits = low <= minutes <= high
        else:
            where = "for the last event of a live segment" if draft.segment_type == "live" else "in a past segment"
            wanted, fits = f"0 {where}", minutes == 0
        if not fits:
            yield Violation("D7", f"{step.path}.exp_timeframe", shown(minutes), wanted)


def retention(draft: Draft, around: Surroundings) -> Iterator[Violation]:
    """No segment looks back on events that the account does not keep (D2, D7)."""
    if around.retention_days and draft.segment_type == "live":
        for step in draft.steps:
            minutes = step.exp_timeframe
            if minutes is not None and minutes > around.retention_days * MINUTES_PER_DAY:
                wanted = f"at most the account's retention_days, which are {around.retention_days}"
                yield Violation("D7", f"{step.path}.exp_timeframe", shown(minutes), wanted)
    if draft.segment_type != "past" or draft.timeframe is None:
        return
    if around.retention_days and draft.timeframe > around.retention_days:
        wanted = f"at most the account's retention_days, which are {around.retention_days}"
        yield Violation("D2", "segment_timeframe", shown(draft.timeframe), wanted)
    elif around.kept_us is not None and draft.timeframe * US_PER_DAY > around.kept_us:
        wanted = f"at most {around.kept_us // US_PER_DAY}: older events were removed by a shorter retention_days"
        yield Violation("D2", "segment_timeframe", shown(draft.timeframe), wanted)


def d8_no_duplicates(draft: Draft, _: Surroundings) -> Iterator[Violation]:
    """No two events of the same type with equal properties, whatever their action or inaction."""
    first_with: dict[object, StepDraft] = {}
    for step in draft.steps:
        if step.event_type is None:
            continue
        likeness = (step.event_type, canonical_items(step.properties))
        earlier = first_with.setdefault(likeness, step)
        if earlier is not step:
            wanted = f"an event that differs from {earlier.path} in its type or its properties"
            yield Violation("D8", step.path, f"{shown(step.event_type)} with equal event_properties", wanted)


def d9_known_properties(draft: Draft, around: Surroundings) -> Iterator[Violation]:
    """Property keys that the event type declares; an event type that does not exist has none."""
    if around.event_types is None:
        return
    for step in draft.steps:
        if step.event_type is None or not step.properties:
            continue
        declared = around.event_types.get(step.event_type)
        if declared is None:
            wanted = f"no properties, or an event type that exists ({shown(step.event_type)} does not)"
            yield Violation("D9", f"{step.path}.event_properties", _keys(step.properties), wanted)
            continue
        for key in step.properties:
            if key not in declared:
                wanted = f"one of the properties of {shown(step.event_type)}: {_keys(declared)}"
                yield Violation("D9", f"{step.path}.event_properties.{in_path(key)}", shown(key), wanted)


def d11_types(draft: Draft, _: Surroundings) -> Iterator[Violation]:
    """Strict types, no unknown fields, nothing required missing, and no text or number that a store would mangle."""
    yield from _typed(draft.raw, FIELDS, "")
    sequence = draft.raw.get("event_sequence")
    for index, raw in enumerate(sequence if isinstance(sequence, list) else []):
        path = f"event_sequence[{index}]"
        if isinstance(raw, dict):
            yield from _typed(raw, STEP_FIELDS, f"{path}.")
        else:
            yield Violation("D11", path, shown(raw), "an object")
    for step in draft.steps:
        yield from _step_values(step)
    for problem in _problems_of_values(draft):
        yield Violation("D11", problem.path, problem.found, problem.wanted)


Rule = Callable[[Draft, Surroundings], Iterator[Violation]]

RULES: tuple[Rule, ...] = (
    d11_types,
    d1_name_and_types,
    d2_timeframe,
    d3_profile_property,
    d4_sequence,
    d5_inaction,
    d6_length,
    d7_exp_timeframe,
    d8_no_duplicates,
    d9_known_properties,
    retention,
)
"""All of them, types first; D10 is that all of them are asked."""


def unknown_event_types(draft: Draft, around: Surroundings) -> list[str]:
    """D9's warning: event types that the definition names, without properties, and the account does not have."""
    if around.event_types is None:
        return []
    named = dict.fromkeys(step.event_type for step in draft.steps if step.event_type is not None)
    return [name for name in named if name not in around.event_types]


def _typed(raw: Mapping[str, object], fields: Mapping[str, type], prefix: str) -> Iterator[Violation]:
    for field, wanted in fields.items():
        value = raw.get(field)
        if value is None and field in OPTIONAL_FIELDS:
            continue
        if not has_type(value, wanted):
            yield Violation("D11", prefix + field, _found(raw, field), TYPE_WORDS[wanted])
    for field in raw:
        if field not in fields:
            known = ", ".join(fields)
            yield Violation("D11", prefix + in_path(field), "an unknown field", f"one of {known}")
    if not prefix:
        return
    if isinstance(raw.get("action_inaction"), str) and raw["action_inaction"] not in ("action", "inaction"):
        wanted_words = '"action" or "inaction"'
        yield Violation("D11", f"{prefix}action_inaction", shown(raw["action_inaction"]), wanted_words)


def _problems_of_values(draft: Draft) -> Iterator[Problem]:
    for field in FIELDS:
        if field != "event_sequence":
            yield from problems_in(draft.raw.get(field), field)
    for step in draft.steps:
        for field in STEP_FIELDS:
            yield from problems_in(step.raw.get(field), f"{step.path}.{field}")


def _step_values(step: StepDraft) -> Iterator[Violation]:
    if step.event_type is not None and not 1 <= len(step.event_type) <= limits.NAME_CHARACTERS_MAX:
        wanted = f"1 to {limits.NAME_CHARACTERS_MAX} characters"
        yield Violation("D11", f"{step.path}.event_type", f"{len(step.event_type)} characters", wanted)
    for key, value in step.properties.items():
        if value is None or isinstance(value, dict | list):
            wanted = "a string, number or boolean (nothing else equals anything, so the event could never match)"
            yield Violation("D11", f"{step.path}.event_properties.{in_path(key)}", shown(value), wanted)


def _mistyped(value: object, wanted: type) -> bool:
    return value is not None and not has_type(value, wanted)


def _found(raw: Mapping[str, object], field: str) -> str:
    return shown(raw[field]) if field in raw else "nothing"


def _keys(names: Mapping[str, object] | Set[str]) -> str:
    return ", ".join(sorted(map(in_path, names))) or "none"
