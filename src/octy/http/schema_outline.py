"""How does a JSON schema look to a person? Like the JSON that it describes: types for values, notes beside them."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

JsonSchema: TypeAlias = Mapping[str, Any]

_INDENT = "  "


def outline(schema: JsonSchema, schemas: Mapping[str, JsonSchema]) -> str:
    """The outline of a schema, on as many lines as it takes; `schemas` are the document's components."""
    return "\n".join(_lines(schema, schemas, ""))


def _lines(schema: JsonSchema, schemas: Mapping[str, JsonSchema], indent: str) -> Iterator[str]:
    """The first line goes on where the caller's line stands; the others begin with the indent."""
    schema = _resolved(schema, schemas)
    if properties := schema.get("properties"):
        yield "{"
        required = schema.get("required", ())
        for name, inner in properties.items():
            yield from _field(name, inner, schemas, indent + _INDENT, is_required=name in required)
        yield f"{indent}}}"
    elif "items" in schema and not _is_plain(schema["items"], schemas):
        yield "["
        first, *others = _lines(schema["items"], schemas, indent + _INDENT)
        yield f"{indent}{_INDENT}{first}"
        yield from others
        yield f"{indent}]"
    else:
        yield _plain(schema, schemas)


def _field(
    name: str, schema: JsonSchema, schemas: Mapping[str, JsonSchema], indent: str, *, is_required: bool
) -> Iterator[str]:
    first, *others = _lines(schema, schemas, indent)
    notes = [] if is_required else ["optional"]
    notes += _size(_resolved(schema, schemas))
    notes += [schema["description"]] if "description" in schema else []
    note = f"  # {'; '.join(notes)}" if notes else ""
    yield f'{indent}"{name}": {first}{note}'
    yield from others


def _plain(schema: JsonSchema, schemas: Mapping[str, JsonSchema]) -> str:
    """A type that fits on the line."""
    schema = _resolved(schema, schemas)
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(_plain(choice, schemas) for choice in choices))
    if "items" in schema:
        return f"[{_plain(schema['items'], schemas)}, …]"
    kind = schema.get("type", "any value")
    if kind == "object" and schema.get("additionalProperties"):
        return f"{{key: {_plain(schema['additionalProperties'], schemas)}, …}}"
    return kind if isinstance(kind, str) else " or ".join(kind)


def _is_plain(schema: JsonSchema, schemas: Mapping[str, JsonSchema]) -> bool:
    return "properties" not in _resolved(schema, schemas)


def _size(schema: JsonSchema) -> list[str]:
    if "maxItems" in schema:
        return [f"{schema.get('minItems', 0)} to {schema['maxItems']}"]
    return []


def _resolved(schema: JsonSchema, schemas: Mapping[str, JsonSchema]) -> JsonSchema:
    reference = schema.get("$ref")
    return schema if reference is None else schemas[reference.rpartition("/")[2]]
