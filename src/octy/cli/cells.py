"""What does a cell of a CSV file say? (wire.md 4, "Values sent", without its traps)

A field's type is known. A property's cell tells its type by its look: `true`, `-5` and `2.50` are what they look like,
anything else is text.
"""

import re

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
