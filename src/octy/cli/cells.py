"""What does a cell of a CSV file say? (wire.md 4, "Values sent", without its traps)

A field's type is known. A property's cell tells its type by its look: `true`, `-5` and `2.50` are what they look like,
anything else is text. `taken_…` do the same for values that have a type already, from NDJSON and Parquet files.
"""

import re
from datetime import UTC, datetime

from octy.model.limits import INTEGER_MAX, INTEGER_MIN
from octy.model.values import Scalar

_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,17}([eE][-+]?[0-9]{1,2})?")


def property_value(cell: str) -> Scalar:
    """The value of a property; `007`, and an integer of more than 64 bits, are text, which loses nothing."""
    if cell in _BOOLEANS:
        return _BOOLEANS[cell]
    number = _integer(cell)
    if number is not None:
        return number
    return float(cell) if _FLOAT.fullmatch(cell) else cell


def text(cell: str) -> str:
    """An id, a name, a date: text, whatever it looks like."""
    return cell


def boolean(cell: str) -> bool:
    """ValueError, saying what is expected, for anything but the usual spellings."""
    if cell not in _BOOLEANS:
        raise ValueError("true or false")
    return _BOOLEANS[cell]


def price(cell: str) -> int:
    """ValueError, saying what is expected, for anything but an integer of at most 64 bits."""
    number = _integer(cell)
    if number is None:
        raise ValueError("an integer, in the lowest unit of the currency")
    return number


def _integer(cell: str) -> int | None:
    if not _INTEGER.fullmatch(cell):
        return None
    number = int(cell)
    return number if INTEGER_MIN <= number <= INTEGER_MAX else None


def taken_text(value: object) -> str:
    """An id that is a number where it comes from is its digits; so is `12.0`, which some write for 12."""
    match value:
        case str():
            return value
        case bool():
            raise ValueError("text")
        case int():
            return str(value)
        case float() if value.is_integer():
            return str(int(value))
        case datetime():
            return _instant(value)
        case _:
            raise ValueError("text")


def taken_boolean(value: object) -> bool:
    """ValueError, saying what is expected, for anything but a boolean or its usual spellings."""
    return value if isinstance(value, bool) else boolean(value if isinstance(value, str) else "")


def taken_price(value: object) -> int:
    """ValueError, saying what is expected, for anything but an integer."""
    match value:
        case float() if value.is_integer():
            return price(str(int(value)))
        case int() | str() if not isinstance(value, bool):
            return price(str(value))
        case _:
            return price("")


def taken_property(value: object) -> object:
    """A property as JSON has it; dates and other types of a Parquet file become text."""
    match value:
        case datetime():
            return _instant(value)
        case None | bool() | int() | float() | str() | list() | dict():
            return value
        case _:
            return str(value)


def _instant(value: datetime) -> str:
    """UTC; where the value does not say, it is."""
    aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return aware.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
