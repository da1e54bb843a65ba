"""Which columns may a CSV file have, and what does each of a given file's mean? (wire.md 4)

A column is a field of the object (`customer_id`), or one property of a nested object (`profile_data>>age`). Files of
other kinds have the same fields, with values that have their types already. What an upload wrote of rows that failed
has one column more, which says why, and is passed over.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
from typing import NamedTuple

from octy.cli import cells
from octy.cli.failures import Faults
from octy.model.values import Scalar, shown

NESTING = ">>"
REASON = "upload_error"
"""The column that says why a row has failed."""


class Empty(Enum):
    """What an empty cell means."""

    FAULT = auto()
    LEFT_OUT = auto()
    TEXT = auto()


class Field(NamedTuple):
    """A flat column: how its cells are read, how values that have a type are taken, and what may be missing."""

    read: Callable[[str], Scalar]
    take: Callable[[object], object]
    empty: Empty = Empty.FAULT
    is_optional: bool = False
    """Whether the whole column may be missing."""


class Form(NamedTuple):
    """The columns of one kind of file."""

    fields: Mapping[str, Field]
    nested: Sequence[str] = ()
    unique: str | None = None
    """The field that no two rows share."""
    owner: str | None = None
    """The field of which equal values must arrive in the file's order."""
    identity: str | None = None
    """The field by which the server knows an object that comes twice (E8)."""


class Column(NamedTuple):
    """A column of a file. `key` is the property's, for a nested one."""

    name: str
    base: str
    key: str | None
    field: Field


_TEXT = Field(cells.text, cells.taken_text)
_TEXT_OR_EMPTY = _TEXT._replace(empty=Empty.TEXT)
_TEXT_OR_NONE = _TEXT._replace(empty=Empty.LEFT_OUT, is_optional=True)

PROFILES = Form(
    {
        "customer_id": _TEXT,
        "has_charged": Field(cells.boolean, cells.taken_boolean, Empty.LEFT_OUT, is_optional=True),
    },
    nested=("profile_data", "platform_info"),
    unique="customer_id",
)
ITEMS = Form(
    {
        "item_id": _TEXT,
        "item_category": _TEXT_OR_EMPTY,
        "item_name": _TEXT_OR_EMPTY,
        "item_description": _TEXT_OR_EMPTY,
        "item_price": Field(cells.price, cells.taken_price),
        "status": _TEXT_OR_NONE,
    },
    unique="item_id",
)
EVENTS = Form(
    {
        "event_type": _TEXT,
        "profile_id": _TEXT,
        "created_at": _TEXT,
        "message_id": _TEXT_OR_NONE,
    },
    nested=("event_properties",),
    owner="profile_id",
    identity="message_id",
)
PROPERTY = Field(cells.property_value, cells.taken_property, Empty.LEFT_OUT)


def columns(header: Sequence[str], form: Form, faults: Faults, place: str) -> list[Column | None]:
    """What the columns of a file mean, None for one that is passed over; whatever is wrong becomes faults."""
    found = [None if name == REASON else column(name, form, faults, place) for name in header]
    for name, times in Counter(header).items():
        if name and times > 1:
            faults.add(place, f"the column {shown(name)} is there more than once")
    for name, field in form.fields.items():
        if name not in header and not field.is_optional:
            faults.add(place, f"the column {shown(name)} is missing")
    return found


def column(name: str, form: Form, faults: Faults, place: str) -> Column | None:
    """What a column means; None, and a fault, where it means nothing."""
    if name in form.fields:
        return Column(name, name, None, form.fields[name])
    base, nesting, key = name.partition(NESTING)
    if nesting and base in form.nested and key and NESTING not in key:
        return Column(name, base, key, PROPERTY)
    known = [*form.fields, *(f"{base}{NESTING}<key>" for base in form.nested)]
    hint = "; cells are separated by commas" if ";" in name or "\t" in name else ""
    faults.add(place, f"unknown column {shown(name)}: known are {', '.join(known)}{hint}")
    return None
