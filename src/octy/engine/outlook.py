"""What follows from which segments are at work: whom an event concerns, and when its order matters."""

from collections.abc import Collection, Sequence

import numpy as np
from msgspec import Struct

from octy.engine.batch import Ints
from octy.engine.kernels.matching import Index, index_of
from octy.engine.kernels.trail import Order
from octy.engine.plan import StepTable
from octy.engine.specification import action_types, is_ordered
from octy.model.segments import SegmentDefinition


class Working(Struct, frozen=True, eq=False):
    """A segment at work."""

    place: int
    definition: SegmentDefinition
    table: StepTable


class Outlook(Struct, frozen=True, eq=False):
    """Worked out when it is first needed after a change of the segments."""

    index: Index
    ordered: tuple[int, ...]
    """The places of the past segments to which the order of events matters (P7)."""
    order: Order
    """Their actions."""
    ordered_types: Ints
    """Codes of the event types of their actions."""
    ordered_window_us: int
    """The longest of their windows; 0 where there are none."""
    by_property: list[Working]
    """Past 3 and 4."""


def outlook(segments: Collection[Working]) -> Outlook:
    """The outlook of these segments."""
    ordered = [one for one in segments if is_ordered(one.definition)]
    return Outlook(
        index=index_of({one.place: one.table for one in segments}),
        ordered=tuple(one.place for one in ordered),
        order=_order(ordered),
        ordered_types=action_types([(one.definition, one.table) for one in ordered]),
        ordered_window_us=max((one.definition.window_us for one in ordered), default=0),
        by_property=[one for one in segments if one.definition.profile_property_name is not None],
    )


def _order(ordered: Sequence[Working]) -> Order:
    """The actions of these segments, numbered through. In a step table actions come first."""
    first = np.zeros(max((one.place + 1 for one in ordered), default=0), np.int32)
    tables, number = {}, 0
    for one in ordered:
        first[one.place] = number
        event_types = one.table.event_type[: len(one.definition.actions)]
        tables[one.place] = one.table._replace(event_type=event_types)
        number += len(event_types)
    actions = index_of(tables)
    return Order(first, actions._replace(step=actions.step + first[actions.place]))
