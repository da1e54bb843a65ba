"""What follows from which segments are at work: whom an event concerns, and when its order matters."""

from collections.abc import Collection

from msgspec import Struct

from octy.engine.batch import Ints
from octy.engine.kernels.matching import Index, index_of
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
    ordered_types: Ints
    """Codes of the event types whose order matters to some past segment (P7)."""
    ordered_window_us: int
    """The longest window of those segments; 0 where there are none."""
    by_property: list[Working]
    """Past 3 and 4."""


def outlook(segments: Collection[Working]) -> Outlook:
    """The outlook of these segments."""
    ordered = [one for one in segments if is_ordered(one.definition)]
    return Outlook(
        index=index_of({one.place: one.table for one in segments}),
        ordered_types=action_types([(one.definition, one.table) for one in ordered]),
        ordered_window_us=max((one.definition.window_us for one in ordered), default=0),
        by_property=[one for one in segments if one.definition.profile_property_name is not None],
    )
