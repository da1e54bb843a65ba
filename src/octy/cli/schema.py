"""`octy-cli schema`: what may stand in a YAML file, as a JSON Schema (2020-12) of one document of any kind.

Editors complete and check by it. `validate` says more: the rules that no schema can express, with their places.
"""

import json
from typing import Any

from octy.cli import apply_account as account
from octy.cli import apply_algorithms as algorithms
from octy.cli import apply_event_types as event_types
from octy.cli import apply_segments as segments
from octy.model.algorithms import ALGORITHMS
from octy.model.definition_schema import NAME, SCALAR, Schema, definition_schema, step_schemas
from octy.model.events import SYSTEM_EVENT_TYPES

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Schema = {"allOf": [SCALAR], "not": {"const": ""}}
_TEXTS: Schema = {"type": "array", "items": _TEXT}


def schema() -> Schema:
    """Of a document."""
    kinds = {
        account.KIND: {account.CONFIGURATIONS: _account()},
        algorithms.KIND: {algorithms.CONFIGURATIONS: _several({"$ref": "#/$defs/algorithm"})},
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
        "contactEmail": {"pattern": r"^([^@\s]+@[^@\s]+)?$"},
        "webhookURL": {"pattern": "^(https?://.*)?$"},
    }
    return {
        "type": "object",
        "properties": {
            key: {"anyOf": [SCALAR, {"type": "null"}]}
            if key in account.OPTIONAL_ACCOUNT_FIELDS
            else SCALAR | formats.get(key, {})
            for key in account.ACCOUNT_FIELDS
        }
        | {
            key: {"type": ["array", "null"], "items": {"enum": list(choice)}, "uniqueItems": True}
            for key, choice in account.ACCOUNT_CHOICES.items()
        }
        | {key: _bounded("integer", most) for key, most in account.ACCOUNT_INTEGERS_MAX.items()}
        | {account.BREAKER_SHARE: _bounded("number", account.BREAKER_SHARE_MAX)},
        "required": [key for key in account.ACCOUNT_FIELDS if key not in account.OPTIONAL_ACCOUNT_FIELDS],
    }


def _bounded(type_name: str, most: int) -> Schema:
    return {"type": [type_name, "null"], "minimum": 0, "maximum": most}


def _event_type() -> Schema:
    name = {"anyOf": [NAME, {"type": ["number", "boolean"]}], "not": {"enum": list(SYSTEM_EVENT_TYPES)}}
    return {
        "type": "object",
        "properties": {"eventType": name, "eventProperties": _TEXTS},
        "required": ["eventType", "eventProperties"],
    }


def _algorithm() -> Schema:
    inner: Schema = {algorithms.RECOMMEND: {"type": ["boolean", "null"]}, algorithms.STOP_LIST: _TEXTS}
    inner[algorithms.EVENT_TYPE] = {"anyOf": [_TEXT, {"type": "null"}]}
    for key, (_, least, most) in algorithms.CHURN_INTEGERS.items():
        inner[key] = {"type": ["integer", "null"], "minimum": least, "maximum": most}
    return {
        "type": "object",
        "properties": {
            "algorithmName": {"enum": list(ALGORITHMS)},
            algorithms.CONFIGURATIONS: {
                "type": "object",
                "properties": inner | {algorithms.FEATURES: _TEXTS},
                "required": [algorithms.FEATURES],
            },
        },
        "required": ["algorithmName", algorithms.CONFIGURATIONS],
        "if": {"properties": {"algorithmName": {"const": "rec"}}, "required": ["algorithmName"]},
        "then": {"properties": {algorithms.CONFIGURATIONS: {"required": [algorithms.STOP_LIST]}}},
    }
