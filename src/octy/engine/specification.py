"""A segment definition as the kernels read it: a specification, and how wide its rows are (`kernels.layout`)."""

from collections.abc import Iterable

import numpy as np

from octy.engine.batch import Ints, Longs
from octy.engine.kernels.layout import ARMED, LIVE_ACTION, LIVE_WINDOW, OPPOSED, PAST, SPEC_COLUMNS, START
from octy.engine.plan import StepTable
from octy.model.segments import SegmentDefinition, SegmentType


def live_spec(definition: SegmentDefinition, created_us: int) -> Longs:
    """The specification of a live segment that was created at an instant, and whose deletion was never asked for."""
    assert definition.segment_type is SegmentType.LIVE
    kind, width = (LIVE_ACTION, OPPOSED + 1) if definition.inaction is None else (LIVE_WINDOW, ARMED + 1)
    return _spec(kind, width, definition.window_us, since_us=created_us + 1, acting_us=created_us + 1)


def past_spec(definition: SegmentDefinition) -> Longs:
    """The specification of a past segment."""
    actions = len(definition.actions)
    width = START + actions
    newest = inaction = 0
    if actions > 1:
        newest, width = width, width + 1
    if definition.inaction is not None:
        inaction, width = width, width + 1
    by_property = int(definition.profile_property_name is not None)
    return _spec(
        PAST, width, definition.window_us, actions=actions, newest=newest, inaction=inaction, by_property=by_property
    )


def is_ordered(definition: SegmentDefinition) -> bool:
    """Whether the order of a profile's events matters to a segment: in a past one with two or more actions (P2)."""
    return definition.segment_type is SegmentType.PAST and len(definition.actions) > 1


def action_types(segments: Iterable[tuple[SegmentDefinition, StepTable]]) -> Ints:
    """Codes, ascending, of the event types of some segments' actions. In a step table these come first."""
    codes = [table.event_type[: len(definition.actions)] for definition, table in segments]
    return np.unique(np.concatenate([np.empty(0, np.int32), *codes]))


def _spec(
    kind: int,
    width: int,
    length_us: int,
    *,
    since_us: int = 0,
    actions: int = 0,
    newest: int = 0,
    inaction: int = 0,
    by_property: int = 0,
    acting_us: int = 0,
) -> Longs:
    spec = np.array([kind, width, length_us, since_us, actions, newest, inaction, by_property, acting_us], np.int64)
    assert len(spec) == SPEC_COLUMNS
    return spec
