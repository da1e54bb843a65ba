"""What does the OpenAPI document say of requests that their types do not?

The decoder takes any text where the service will judge which text it is, because the service's refusal says more. The
document tells both: what is refused by the service for what it is, and not for what is stored, is told here.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from litestar.openapi.spec import Operation, Parameter, Reference, Schema
from litestar.openapi.spec.enums import OpenAPIType

from octy.http.wire.application import FORMATS
from octy.model import limits
from octy.model.accounts import CHOICE_OF_CAUSES
from octy.model.churn import ChurnLevel
from octy.model.webhooks import CHOICE_OF_EVENTS

Bounds: TypeAlias = Mapping[str, Any]

_STATUS: Bounds = {"enum": ["active", "inactive", ""]}
_NAME: Bounds = {"min_length": 1, "max_length": limits.NAME_CHARACTERS_MAX, "pattern": r"\S"}
_ID: Bounds = {"min_length": 1, "max_length": limits.ID_CHARACTERS_MAX}
_TEXT: Bounds = {"max_length": limits.STRING_CHARACTERS_MAX}
_INSTANT: Bounds = {
    "pattern": r"^(19[7-9][0-9]|[2-9][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.,][0-9]{1,9})?)?(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)?)?$"
}
_KEY = Schema(type=OpenAPIType.STRING, min_length=1, max_length=limits.PROPERTY_KEY_CHARACTERS_MAX)
_ANY_VALUES: Bounds = {"max_properties": limits.PROPERTIES_MAX, "property_names": _KEY}
_PLAIN_TYPES = [OpenAPIType.STRING, OpenAPIType.NUMBER, OpenAPIType.BOOLEAN]
_COMPARED: Bounds = {**_ANY_VALUES, "additional_properties": Schema(type=_PLAIN_TYPES)}
_SCALARS: Bounds = {**_ANY_VALUES, "additional_properties": Schema(type=[*_PLAIN_TYPES, OpenAPIType.NULL])}

_FIELDS: dict[str, dict[str, Bounds]] = {
    "AlgorithmChange": {"algorithm_name": {"enum": ["rec", "churn"]}},
    "ConfigurationChange": {
        "webhook_events": {"unique_items": True, "items": Schema(type=OpenAPIType.STRING, enum=list(CHOICE_OF_EVENTS))},
        "webhook_causes": {"unique_items": True, "items": Schema(type=OpenAPIType.STRING, enum=list(CHOICE_OF_CAUSES))},
        "webhooks_per_minute": {"minimum": 0, "maximum": limits.WEBHOOKS_PER_MINUTE_MAX},
        "webhook_breaker_share": {"minimum": 0, "maximum": 1},
        "retention_days": {"minimum": 0, "maximum": limits.RETENTION_DAYS_MAX},
    },
    "ClockMove": {"now": _INSTANT},
    "DatasetToMake": {"as_of": _INSTANT, "from": _INSTANT, "to": _INSTANT},
    "EventToCreate": {
        "event_type": _NAME,
        "profile_id": {"min_length": 1},
        "event_properties": _ANY_VALUES,
        "created_at": _INSTANT,
        "message_id": {"min_length": 1, "max_length": limits.MESSAGE_ID_CHARACTERS_MAX},
    },
    "EventTypeToCreate": {"event_type": _NAME},
    "ItemToPut": {
        "item_id": _ID,
        "item_price": {
            "pattern": r"^\s*[0-9]{1,18}\s*$",
            "minimum": 0,
            "maximum": limits.INTEGER_MAX,
            "multiple_of": 1,
        },
        "item_category": _TEXT,
        "item_name": _TEXT,
        "item_description": _TEXT,
        "status": _STATUS,
    },
    "ProfileToCreate": {"customer_id": _ID, "profile_data": _SCALARS, "platform_info": _SCALARS},
    "ProfileToUpdate": {"status": _STATUS, "profile_data": _SCALARS, "platform_info": _SCALARS},
    "Replay": {"from": _INSTANT, "to": _INSTANT},
    "SegmentToCreate": {
        "segment_name": _NAME,
        "segment_type": {"enum": ["live", "past"]},
        "segment_sub_type": {"minimum": 1, "maximum": 4},
        "segment_timeframe": {"minimum": 0, "maximum": limits.WINDOW_DAYS_MAX},
        "profile_property_name": {"max_length": limits.PROPERTY_KEY_CHARACTERS_MAX},
        "profile_property_value": _TEXT,
    },
    "Step": {
        "event_type": _NAME,
        "exp_timeframe": {"minimum": 0, "maximum": limits.EXP_TIMEFRAME_MINUTES_MAX},
        "action_inaction": {"enum": ["action", "inaction"]},
        "event_properties": _COMPARED,
    },
    "TrainingToStart": {"algorithm": {"enum": ["churn"]}},
}
_CLOSED = (
    "ConfigurationChange",
    "DatasetToMake",
    "Enabling",
    "Nothing",
    "Replay",
    "SecretRotation",
    "SegmentToCreate",
    "Step",
    "TrainingToStart",
    "deliveries_Release",
)
"""Objects of which a field that is not documented is refused."""
_PARAMETERS: dict[str, Bounds] = {
    "app": {"enum": ["cli"]},
    "type": {"enum": list(FORMATS)},
    "churn_prob": {"enum": [one.value for one in ChurnLevel]},
    "rfm": {"pattern": "^[0-9]{1,9}(-[0-9]{1,9})?$"},
    "from": _INSTANT,
    "to": _INSTANT,
    "cursor": {"minimum": 0},
}
_OF_TYPE = {
    "enum": {OpenAPIType.STRING},
    "pattern": {OpenAPIType.STRING},
    "min_length": {OpenAPIType.STRING},
    "max_length": {OpenAPIType.STRING},
    "minimum": {OpenAPIType.INTEGER, OpenAPIType.NUMBER},
    "maximum": {OpenAPIType.INTEGER, OpenAPIType.NUMBER},
    "multiple_of": {OpenAPIType.NUMBER},
    "items": {OpenAPIType.ARRAY},
    "unique_items": {OpenAPIType.ARRAY},
}
"""What a bound is said of; all others are of objects."""


def narrow_schemas(schemas: Mapping[str, Schema]) -> None:
    """Tells what bodies may hold."""
    for name in _FIELDS.keys() & schemas.keys():  # only a sandbox has a clock to move
        fields, properties = _FIELDS[name], schemas[name].properties
        assert properties is not None, "only objects are narrowed"
        for field, bounds in fields.items():
            properties[field] = _narrowed(properties[field], bounds)
    for name in _CLOSED:
        schemas[name].additional_properties = False


def narrow_parameters(operation: Operation) -> None:
    """Tells what parameters may hold."""
    for parameter in operation.parameters or ():
        if isinstance(parameter, Parameter) and parameter.name in _PARAMETERS and parameter.schema is not None:
            parameter.schema = _narrowed(parameter.schema, _PARAMETERS[parameter.name])


def _narrowed(schema: Schema | Reference, bounds: Bounds) -> Schema | Reference:
    """The schema with each bound said of whatever in it is of the bound's type."""
    if isinstance(schema, Reference):
        return schema
    if choices := schema.any_of or schema.one_of:
        narrowed = [_narrowed(one, bounds) for one in choices]
        return replace(schema, any_of=narrowed, one_of=None)
    own = {name: bound for name, bound in bounds.items() if schema.type in _OF_TYPE.get(name, {OpenAPIType.OBJECT})}
    return replace(schema, **own)
