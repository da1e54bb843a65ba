"""`octy-cli schema`: what may stand in a YAML file, as a JSON Schema (2020-12) of one document of any kind.

Editors complete and check by it. `validate` says more: the rules that no schema can express, with their places.
"""

import json
from typing import Any

from octy.cli import apply_configurations as configurations
from octy.cli import apply_event_types as event_types
from octy.cli import apply_segments as segments
from octy.model.algorithms import ALGORITHMS
from octy.model.definition_schema import NAME, SCALAR, Schema, definition_schema, step_schemas
from octy.model.events import SYSTEM_EVENT_TYPES

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Schema = {"allOf": [SCALAR], "not": {"const": ""}}


def schema() -> Schema:
    """Of a document."""
    kinds = {
        "accountConfigurations": {configurations.CONFIGURATIONS: _account()},
        "algorithmConfigurations": {configurations.CONFIGURATIONS: _several({"$ref": "#/$defs/algorithm"})},
        event_types.KIND: {event_types.DEFINITIONS: _several({"$ref": "#/$defs/eventType"})},
        segments.KIND: {segments.DEFINITIONS: _several({"$ref": "#/$defs/segment"})},
    }
    return {
        "$schema": DIALECT,
        "title": "A document that octy-cli apply takes",
        "type": "object",
        "properties": {"kind": {"enum": list(kinds)}},
        "required": ["kind"],
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
                "then": {"properties": fields, "required": list(fields)},
            }
            for kind, fields in kinds.items()
        ],
        "$defs": {
            "segment": definition_schema(),
            **step_schemas(),
            "eventType": _event_type(),
            "algorithm": _algorithm(),
        },
    }


def schema_text() -> str:
    """As it is printed and published."""
    return json.dumps(schema(), indent=2) + "\n"


def _several(one: Schema) -> Schema:
    return {"type": "array", "items": one, "minItems": 1}


def _account() -> Schema:
    formats: dict[str, Any] = {
        "contactEmail": {"pattern": r"^[^@\s]+@[^@\s]+$"},
        "webhookURL": {"pattern": "^https?://"},
    }
    return {
        "type": "object",
        "properties": {
            key: {"anyOf": [SCALAR, {"type": "null"}]}
            if key in configurations.OPTIONAL_ACCOUNT_FIELDS
            else SCALAR | formats.get(key, {"not": {"const": ""}})
            for key in configurations.ACCOUNT_FIELDS
        }
        | {
            key: {"type": ["array", "null"], "items": {"enum": list(choice)}, "uniqueItems": True}
            for key, choice in configurations.ACCOUNT_CHOICES.items()
        }
        | {key: _bounded("integer", most) for key, most in configurations.ACCOUNT_INTEGERS_MAX.items()}
        | {configurations.BREAKER_SHARE: _bounded("number", configurations.BREAKER_SHARE_MAX)},
        "required": [key for key in configurations.ACCOUNT_FIELDS if key not in configurations.OPTIONAL_ACCOUNT_FIELDS],
    }


def _bounded(type_name: str, most: int) -> Schema:
    return {"type": [type_name, "null"], "minimum": 0, "maximum": most}


def _event_type() -> Schema:
    name = {"anyOf": [NAME, {"type": ["number", "boolean"]}], "not": {"enum": list(SYSTEM_EVENT_TYPES)}}
    keys = {"type": "array", "items": _TEXT}
    return {
        "type": "object",
        "properties": {"eventType": name, "eventProperties": keys},
        "required": ["eventType", "eventProperties"],
    }


def _algorithm() -> Schema:
    features = _several(_TEXT)
    inner: Schema = {"recommendInteractedItems": {"type": ["boolean", "null"]}, "itemIDStopList": features}
    inner["eventType"] = {"anyOf": [_TEXT, {"type": "null"}]}
    for key, (_, least, most) in configurations.CHURN_INTEGERS.items():
        inner[key] = {"type": ["integer", "null"], "minimum": least, "maximum": most}
    return {
        "type": "object",
        "properties": {
            "algorithmName": {"enum": list(ALGORITHMS)},
            configurations.CONFIGURATIONS: {
                "type": "object",
                "properties": inner | {"profileFeatures": features},
                "required": ["profileFeatures"],
            },
        },
        "required": ["algorithmName", configurations.CONFIGURATIONS],
        "if": {"properties": {"algorithmName": {"const": "rec"}}, "required": ["algorithmName"]},
        "then": {"properties": {configurations.CONFIGURATIONS: {"required": ["itemIDStopList"]}}},
    }
