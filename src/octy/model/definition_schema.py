"""The rules D1 to D7 and D11 as a JSON Schema of a definition in a YAML file, for editors and for whoever writes YAML.

What a schema cannot say stays with `octy.model.rules`: which names are taken (D1), that no two events are alike (D8),
which properties an event type has (D9), that `5.0` is no integer, and texts with NUL (D11).
"""

from typing import Any, TypeAlias

from octy.model import limits
from octy.model.definitions import YAML_FIELDS, YAML_STEP_FIELDS
from octy.model.segments import SegmentType

Schema: TypeAlias = dict[str, Any]

NAME: Schema = {
    "type": "string",
    "pattern": rf"^\s*\S([\s\S]{{0,{limits.NAME_CHARACTERS_MAX - 2}}}\S)?\s*$",
}
TEXT: Schema = {"type": "string", "maxLength": limits.STRING_CHARACTERS_MAX}
INTEGER: Schema = {"type": "integer", "minimum": limits.INTEGER_MIN, "maximum": limits.INTEGER_MAX}
SCALAR: Schema = {"anyOf": [TEXT, INTEGER, {"type": "number", "not": {"type": "integer"}}, {"type": "boolean"}]}
ABSENT: Schema = {"enum": [None, ""]}
LAST_SUB_TYPE = {SegmentType.LIVE: 2, SegmentType.PAST: 4}


def definition_schema() -> Schema:
    """Of one element of `segmentDefinitions`; its `$ref`s lead to `step_schemas`."""
    return {
        "type": "object",
        "properties": {field: _FIELDS.get(field, {}) for field in YAML_FIELDS},
        "required": ["segmentName", "segmentType", "segmentSubtype", "eventSequence"],
        "additionalProperties": False,
        "allOf": [
            {
                "if": _is(kind, sub_type),
                "then": {"properties": _shape(kind, sub_type), "required": _required(kind, sub_type)},
            }
            for kind, last in LAST_SUB_TYPE.items()
            for sub_type in range(1, last + 1)
        ]
        + [{"if": _is(SegmentType.LIVE), "then": {"properties": {"segmentSubtype": {"enum": [1, 2]}}}}],
    }


def step_schemas() -> Schema:
    """The kinds of events in a sequence, by name."""
    opening = {"minimum": limits.EXP_TIMEFRAME_MINUTES_MIN, "maximum": limits.EXP_TIMEFRAME_MINUTES_MAX}
    return {
        "action": _step("action", {"const": 0}),
        "inaction": _step("inaction", {"const": 0}),
        "opening": _step("action", {"type": "integer"} | opening) | {"required": [*_STEP_REQUIRED, "expTimeframe"]},
    }


_FIELDS: Schema = {
    "segmentName": NAME | {"description": "Unique in the account; the tag that members bear (D1)."},
    "segmentType": {"enum": [kind.value for kind in SegmentType]},
    "segmentSubtype": {"type": "integer", "minimum": 1, "maximum": max(LAST_SUB_TYPE.values())},
    "segmentTimeframe": {"type": "integer", "description": "Days, for past segments; 0 for live ones (D2)."},
    "eventSequence": {"type": "array", "minItems": 1, "maxItems": limits.STEPS_MAX},
    "profilePropertyName": {"anyOf": [TEXT, {"type": "null"}], "description": "For past sub-types 3 and 4 (D3)."},
    "profilePropertyValue": {"anyOf": [SCALAR, {"type": "null"}]},
}
_STEP_REQUIRED = ["eventType", "actionInaction"]
_STEP_FIELDS: Schema = {
    "eventType": {"type": "string", "minLength": 1, "maxLength": limits.NAME_CHARACTERS_MAX},
    "eventProperties": {
        "type": ["object", "null"],
        "propertyNames": {"minLength": 1, "maxLength": limits.PROPERTY_KEY_CHARACTERS_MAX},
        "additionalProperties": SCALAR,
        "description": "What the event must carry; nothing for any event of the type (V1).",
    },
}


def _step(kind: str, minutes: Schema) -> Schema:
    fields = _STEP_FIELDS | {
        "actionInaction": {"const": kind},
        "expTimeframe": minutes | {"description": "Minutes within which the next event is awaited (D7)."},
    }
    return {
        "type": "object",
        "properties": {field: fields[field] for field in YAML_STEP_FIELDS},
        "required": _STEP_REQUIRED,
        "additionalProperties": False,
    }


def _is(kind: SegmentType, sub_type: int | None = None) -> Schema:
    wanted: Schema = {"segmentType": {"const": kind.value}}
    if sub_type is not None:
        wanted["segmentSubtype"] = {"const": sub_type}
    return {"properties": wanted, "required": list(wanted)}


def _required(kind: SegmentType, sub_type: int) -> list[str]:
    days = ["segmentTimeframe"] if kind is SegmentType.PAST else []
    return days + (["profilePropertyName", "profilePropertyValue"] if sub_type > 2 else [])


def _shape(kind: SegmentType, sub_type: int) -> Schema:
    """D2 to D7 for one sub-type."""
    is_live, has_property = kind is SegmentType.LIVE, sub_type > 2
    return {
        "segmentTimeframe": {"const": 0} if is_live else {"minimum": 1, "maximum": limits.WINDOW_DAYS_MAX},
        "eventSequence": _sequence(is_live=is_live, has_inaction=sub_type in (2, 4)),
        "profilePropertyName": {"type": "string", "minLength": 1} if has_property else ABSENT,
        "profilePropertyValue": {"not": ABSENT} if has_property else ABSENT,
    }


def _sequence(*, is_live: bool, has_inaction: bool) -> Schema:
    """D4 to D7."""
    if is_live:
        return _exactly("opening", "inaction") if has_inaction else _exactly("action")
    if not has_inaction:
        return {"items": _ref("action")}
    return {"anyOf": [_exactly(*["action"] * count, "inaction") for count in range(1, limits.STEPS_MAX)]}


def _exactly(*steps: str) -> Schema:
    return {"prefixItems": [_ref(step) for step in steps], "minItems": len(steps), "maxItems": len(steps)}


def _ref(step: str) -> Schema:
    return {"$ref": f"#/$defs/{step}"}
