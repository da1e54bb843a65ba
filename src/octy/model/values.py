"""Values: when are two of them equal (V2), and which of them may come in at all.

Equality is equality of *canonical text*, so it means the same to a definition, an event, a profile and every store.
"""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import TypeAlias

from octy.model import limits
from octy.model.errors import Problem

Scalar: TypeAlias = str | int | float | bool | None


def canonical(value: object) -> str | None:
    """The text by which a scalar compares; None for null, objects and arrays, which equal nothing (V2)."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return str(int(value)) if value.is_integer() else repr(value)
        case _:
            return None


def canonical_items(properties: Mapping[str, object] | None) -> frozenset[tuple[str, str | None]]:
    """The properties as comparable pairs: equal sets, equal properties; null and {} are equal (D8)."""
    return frozenset((key, canonical(value)) for key, value in (properties or {}).items())


def problems_in(value: object, path: str, depth: int = 0) -> Iterator[Problem]:
    """What in a decoded JSON value no store could keep unchanged, with the path to it."""
    match value:
        case None | bool():
            return
        case str():
            yield from _text_problems(value, path)
        case int() if not limits.INTEGER_MIN <= value <= limits.INTEGER_MAX:
            yield Problem(path, shown(value), "an integer of at most 64 bits, or a string")
        case float() if not isfinite(value):
            yield Problem(path, shown(value), "a finite number")
        case dict() | list() if depth >= limits.JSON_DEPTH_MAX:
            yield Problem(path, "deeper nesting", f"at most {limits.JSON_DEPTH_MAX} levels")
        case dict():
            for key, inner in value.items():
                yield from _key_problems(key, path)
                yield from problems_in(inner, f"{path}.{in_path(key)}", depth + 1)
        case list():
            for index, inner in enumerate(value):
                yield from problems_in(inner, f"{path}[{index}]", depth + 1)


def property_problems(properties: Mapping[str, object], path: str) -> Iterator[Problem]:
    """Problems of an object of properties: too many of them, or any that `problems_in` names."""
    if len(properties) > limits.PROPERTIES_MAX:
        yield Problem(path, f"{len(properties)} keys", f"at most {limits.PROPERTIES_MAX} keys")
        return
    for key, value in properties.items():
        yield from _key_problems(key, path)
        yield from problems_in(value, f"{path}.{in_path(key)}", depth=1)


def flat_problems(properties: Mapping[str, object], path: str) -> Iterator[Problem]:
    """As `property_problems`, and every value must be a scalar or null (E6)."""
    yield from property_problems(properties, path)
    for key, value in properties.items():
        if isinstance(value, dict | list):
            kind = "an object" if isinstance(value, dict) else "an array"
            yield Problem(f"{path}.{in_path(key)}", kind, "a string, number, boolean or null")


SHOWN_CHARACTERS_MAX = 60
SHOWN_INTEGER_BITS_MAX = 128


def shown(value: object) -> str:
    """A value as an error may show it: like JSON, one line, no control characters, never long."""
    match value:
        case None:
            text = "null"
        case bool():
            text = "true" if value else "false"
        case int() if value.bit_length() > SHOWN_INTEGER_BITS_MAX:
            text = "an integer of more than 64 bits"
        case str():
            text = '"' + value[: SHOWN_CHARACTERS_MAX + 1] + '"'
        case dict():
            text = "an object"
        case list() | tuple():
            text = "a list"
        case _:
            text = repr(value)
    if len(text) > SHOWN_CHARACTERS_MAX:
        text = text[: SHOWN_CHARACTERS_MAX - 1] + "…"
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def in_path(key: object) -> str:
    """A key as part of a path: as it is, unless it is long, no text, or not fit to be shown."""
    if isinstance(key, str) and key.isprintable() and len(key) <= SHOWN_CHARACTERS_MAX:
        return key
    return shown(key)


def _plain(text: str) -> bool:
    """Whether every store keeps the text: no NUL, no lone surrogate."""
    if "\0" in text:
        return False
    return text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text)


def _plain_key(key: object) -> bool:
    return isinstance(key, str) and 0 < len(key) <= limits.PROPERTY_KEY_CHARACTERS_MAX and _plain(key)


def _text_problems(text: str, path: str) -> Iterator[Problem]:
    if len(text) > limits.STRING_CHARACTERS_MAX:
        yield Problem(path, f"{len(text)} characters", f"at most {limits.STRING_CHARACTERS_MAX} characters")
    elif not _plain(text):
        yield Problem(path, shown(text), "text without NUL characters and lone surrogates")


def _key_problems(key: object, path: str) -> Iterator[Problem]:
    if not _plain_key(key):
        wanted = f"keys of 1 to {limits.PROPERTY_KEY_CHARACTERS_MAX} characters, without NUL or lone surrogates"
        yield Problem(path, shown(key), wanted)


def name_problems(name: str, path: str) -> Iterator[Problem]:
    """Problems of a name that people choose (an event type, an item): its length after trimming, and its characters."""
    if not 1 <= len(name.strip()) <= limits.NAME_CHARACTERS_MAX or not _plain(name):
        yield Problem(path, shown(name), f"1 to {limits.NAME_CHARACTERS_MAX} characters after trimming, without NUL")


def id_problems(identifier: str, path: str) -> Iterator[Problem]:
    """Problems of an id that the account chose (a customer id, an item id)."""
    if not 1 <= len(identifier) <= limits.ID_CHARACTERS_MAX or not _plain(identifier):
        yield Problem(path, shown(identifier), f"1 to {limits.ID_CHARACTERS_MAX} characters, without NUL")
