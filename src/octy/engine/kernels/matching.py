"""Which segments does an event concern, and which of their steps does it match (V1)?

Looked up by the event's type: what a segment does not ask for costs it nothing.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from octy.engine.batch import Ints
from octy.engine.kernels.columns import Columns
from octy.engine.kernels.compiled import kernel, part
from octy.engine.plan import StepTable


class Index(NamedTuple):
    """All steps of some segments, by event type, then by the segments' places."""

    first: Ints
    """int32[types + 1]: the type with code c has the entries first[c] to first[c + 1]."""
    place: Ints
    """int32[entries]: whose step it is."""
    step: Ints
    """int32[entries]: its bit in a match mask."""
    condition: Ints
    """int32[entries + 1]: entry i has the conditions condition[i] to condition[i + 1]."""
    slot: Ints
    """int32[conditions]"""
    code: Ints
    """int32[conditions]: what must stand in the slot."""


def index_of(tables: Mapping[int, StepTable]) -> Index:
    """The index of the segments with these step tables, by place."""
    entries = sorted(
        (int(event_type), place, step)
        for place, table in tables.items()
        for step, event_type in enumerate(table.event_type)
    )
    types = np.array([event_type for event_type, _, _ in entries], np.int32)
    conditions = [range(tables[place].first[step], tables[place].first[step + 1]) for _, place, step in entries]
    flat = [(place, i) for (_, place, _), those in zip(entries, conditions, strict=True) for i in those]
    return Index(
        np.searchsorted(types, np.arange(types.max(initial=-1) + 2)).astype(np.int32),
        np.array([place for _, place, _ in entries], np.int32),
        np.array([step for _, _, step in entries], np.int32),
        np.cumsum([0, *map(len, conditions)], dtype=np.int32),
        np.array([tables[place].slot[i] for place, i in flat], np.int32),
        np.array([tables[place].code[i] for place, i in flat], np.int32),
    )


@part
def entries_of(index: Index, event_type: int) -> tuple[int, int]:
    """The first entry of an event type, and the one after its last. Types that nobody asks for have none."""
    if event_type < 0 or event_type + 1 >= index.first.size:
        return 0, 0
    return index.first[event_type], index.first[event_type + 1]


@part
def fits(index: Index, entry: int, columns: Columns, event: int) -> bool:
    """Whether an event of the entry's type has the properties that its step asks for."""
    for condition in range(index.condition[entry], index.condition[entry + 1]):
        if columns.codes[event, index.slot[condition]] != index.code[condition]:
            return False
    return True


@kernel
def match_mask(index: Index, place: int, columns: Columns, event: int) -> int:
    """Which steps of one segment an event matches: bit i for step i."""
    mask = 0
    first, last = entries_of(index, columns.event_type[event])
    for entry in range(first, last):
        if index.place[entry] == place and fits(index, entry, columns, event):
            mask |= 1 << index.step[entry]
    return mask
