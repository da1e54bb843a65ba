"""How a definition comes in: from the wire's JSON or from a YAML file, judged whole, into one type.

    definition, warnings = from_wire(json_object, surroundings)      # or from_yaml(yaml_map, surroundings)

Either raises `DefinitionRefused` with every violation at once (D10).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from octy.model.draft import Draft
from octy.model.errors import Refused, Violation
from octy.model.rules import RULES, Surroundings, unknown_event_types
from octy.model.segments import SegmentDefinition, SegmentType, Step
from octy.model.values import canonical, shown

YAML_FIELDS = {
    "segmentName": "segment_name",
    "segmentType": "segment_type",
    "segmentSubtype": "segment_sub_type",
    "segmentTimeframe": "segment_timeframe",
    "eventSequence": "event_sequence",
    "profilePropertyName": "profile_property_name",
    "profilePropertyValue": "profile_property_value",
}
YAML_STEP_FIELDS = {
    "eventType": "event_type",
    "expTimeframe": "exp_timeframe",
    "actionInaction": "action_inaction",
    "eventProperties": "event_properties",
}
_TO_YAML = {wire: yaml for yaml, wire in (YAML_FIELDS | YAML_STEP_FIELDS).items()}


class DefinitionRefused(Refused):
    """A definition breaks at least one rule; `problems` holds every violation."""

    problems: tuple[Violation, ...]

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("The segment definition breaks the rules for segment definitions.", violations)


def from_wire(raw: object, surroundings: Surroundings | None = None) -> tuple[SegmentDefinition, list[str]]:
    """The definition in a decoded JSON object of wire.md 3.5, and warnings (D9) where it names unknown event types."""
    if not isinstance(raw, Mapping):
        raise DefinitionRefused([Violation("D11", "(body)", shown(raw), "an object")])
    around = surroundings or Surroundings()
    draft = Draft(raw)
    violations = [violation for rule in RULES for violation in rule(draft, around)]
    if violations:
        raise DefinitionRefused(violations)
    return _built(draft), [_warning(name) for name in unknown_event_types(draft, around)]


def from_yaml(raw: object, surroundings: Surroundings | None = None) -> tuple[SegmentDefinition, list[str]]:
    """The definition in one element of a YAML file's `segmentDefinitions`; paths in violations use the YAML's keys."""
    try:
        return from_wire(yaml_to_wire(raw), surroundings)
    except DefinitionRefused as refused:
        raise DefinitionRefused([in_yaml_words(violation) for violation in refused.problems]) from None


def in_yaml_words(violation: Violation) -> Violation:
    """The violation with the YAML form's field names; an event property's own key stays as it is."""
    fields, dot, key = violation.path.partition(".event_properties.")
    path, wanted = _yaml_words(fields + dot) + key, _yaml_words(violation.wanted)
    return msgspec.structs.replace(violation, path=path, wanted=wanted)


def yaml_to_wire(raw: object) -> object:
    """The YAML form in the wire's keys: absent time frames are 0, a profile property's value becomes text (wire.md 5).

    Whatever does not fit is passed on as it is, for the rules to refuse.
    """
    if not isinstance(raw, Mapping):
        return raw
    wire: dict[str, Any] = {"segment_timeframe": 0}
    fields = cast("Mapping[str, Any]", raw)
    wire |= {YAML_FIELDS.get(key, key): value for key, value in fields.items()}
    if isinstance(wire.get("event_sequence"), list):
        wire["event_sequence"] = [_step_to_wire(step) for step in wire["event_sequence"]]
    value = wire.get("profile_property_value")
    text = canonical(value)
    wire["profile_property_value"] = value if text is None else text
    return wire


def to_wire(definition: SegmentDefinition) -> dict[str, Any]:
    """The definition as wire.md 3.5 shows it; `from_wire` reads it back."""
    return {
        "segment_name": definition.name,
        "segment_type": definition.segment_type.value,
        "segment_sub_type": definition.sub_type,
        "segment_timeframe": definition.timeframe_days,
        "event_sequence": [
            {
                "event_type": step.event_type,
                "exp_timeframe": step.exp_timeframe_minutes,
                "action_inaction": "inaction" if step.is_inaction else "action",
                "event_properties": step.event_properties,
            }
            for step in definition.event_sequence
        ],
        "profile_property_name": definition.profile_property_name,
        "profile_property_value": definition.profile_property_value,
    }


def to_yaml(definition: SegmentDefinition) -> dict[str, Any]:
    """The definition as a YAML file has it, without what may be left out; `from_yaml` reads it back."""
    wire = to_wire(definition)
    wire["event_sequence"] = [_yaml_form(step) for step in wire["event_sequence"]]
    return _yaml_form(wire)


def _yaml_form(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {_TO_YAML[field]: value for field, value in fields.items() if value is not None}


def _step_to_wire(raw: object) -> object:
    if not isinstance(raw, Mapping):
        return raw
    return {"exp_timeframe": 0} | {YAML_STEP_FIELDS.get(key, key): value for key, value in raw.items()}


def _yaml_words(text: str) -> str:
    return re.sub(r"[a-z]+(?:_[a-z]+)+", lambda word: _TO_YAML.get(word[0], word[0]), text)


def _built(draft: Draft) -> SegmentDefinition:
    """The definition of a draft that broke no rule, so every field is there and of its type."""
    steps = tuple(
        Step(
            event_type=step.raw["event_type"],
            event_properties=dict(step.properties) or None,
            is_inaction=bool(step.is_inaction),
            exp_timeframe_minutes=step.raw["exp_timeframe"],
        )
        for step in draft.steps
    )
    return SegmentDefinition(
        name=draft.raw["segment_name"].strip(),
        segment_type=SegmentType(draft.raw["segment_type"]),
        sub_type=draft.raw["segment_sub_type"],
        timeframe_days=draft.raw["segment_timeframe"],
        event_sequence=steps,
        profile_property_name=draft.property_name,
        profile_property_value=draft.property_value,
    )


def _warning(name: str) -> str:
    return f"event type {shown(name)} does not exist yet; the event matches nothing until it is created"
