"""Which columns may a CSV file have, and what does each of a given file's mean? (wire.md 4)

A column is a field of the object (`customer_id`), or one property of a nested object (`profile_data>>age`).
"""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
from typing import NamedTuple

from octy.cli import cells
from octy.cli.failures import Faults
from octy.model.values import Scalar, shown

NESTING = ">>"


class Empty(Enum):
    """What an empty cell means."""

    FAULT = auto()
    LEFT_OUT = auto()
    TEXT = auto()


class Field(NamedTuple):
    """A flat column: how its cells are read, and what may be missing."""

    read: Callable[[str], Scalar]
    empty: Empty = Empty.FAULT
    is_optional: bool = False
    """Whether the whole column may be missing."""


class Form(NamedTuple):
    """The columns of one kind of file."""

    fields: Mapping[str, Field]
    nested: Sequence[str] = ()
    unique: str | None = None
    """The field that no two rows share."""


class Column(NamedTuple):
    """A column of a file. `key` is the property's, for a nested one."""

    name: str
    base: str
    key: str | None
    field: Field


PROFILES = Form(
    {"customer_id": Field(cells.text), "has_charged": Field(cells.boolean, Empty.LEFT_OUT, is_optional=True)},
    nested=("profile_data", "platform_info"),
    unique="customer_id",
)
ITEMS = Form(
    {
        "item_id": Field(cells.text),
        "item_category": Field(cells.text, Empty.TEXT),
        "item_name": Field(cells.text, Empty.TEXT),
        "item_description": Field(cells.text, Empty.TEXT),
        "item_price": Field(cells.price),
        "status": Field(cells.text, Empty.LEFT_OUT, is_optional=True),
    },
    unique="item_id",
)
EVENTS = Form(
    {
        "event_type": Field(cells.text),
        "profile_id": Field(cells.text),
        "created_at": Field(cells.text),
        "message_id": Field(cells.text, Empty.LEFT_OUT, is_optional=True),
    },
    nested=("event_properties",),
)
_PROPERTY = Field(cells.property_value, Empty.LEFT_OUT)


def columns(header: Sequence[str], form: Form, faults: Faults, place: str) -> list[Column]:
    """What the columns of a file mean; whatever is wrong with the header becomes faults."""
    found = [_column(name, form, faults, place) for name in header]
    for name in dict.fromkeys(name for name in header if name and header.count(name) > 1):
        faults.add(place, f"the column {shown(name)} is there more than once")
    for name, field in form.fields.items():
        if name not in header and not field.is_optional:
            faults.add(place, f"the column {shown(name)} is missing")
    return [column for column in found if column is not None]


def _column(name: str, form: Form, faults: Faults, place: str) -> Column | None:
    if name in form.fields:
        return Column(name, name, None, form.fields[name])
    base, nesting, key = name.partition(NESTING)
    if nesting and base in form.nested and key and NESTING not in key:
        return Column(name, base, key, _PROPERTY)
    known = [*form.fields, *(f"{base}{NESTING}<key>" for base in form.nested)]
    hint = "; cells are separated by commas" if ";" in name or "\t" in name else ""
    faults.add(place, f"unknown column {shown(name)}: known are {', '.join(known)}{hint}")
    return None
