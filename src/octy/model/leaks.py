"""The leak guard: which columns of a dataset know what a model must not know, and why?

The rows themselves hold nothing from after their instant. What is left are tags that nearly say what the label asks,
tags of one row that have seen the future of another, and data that is kept as it is now alone.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import pairwise

from msgspec import Struct

from octy.model.datasets import TAG, DatasetQuestion
from octy.model.durations import duration
from octy.model.instants import iso
from octy.model.segments import SegmentDefinition
from octy.model.values import shown


class LeakKind(StrEnum):
    """In which way a column knows too much."""

    LABEL_EVENT = "label_event"
    """Its definition names the event that the label asks about."""
    WINDOW = "window"
    """In one row it looks back into the horizon of an earlier row."""
    PRESENT_DATA = "present_data"
    """It holds, or depends on, what is known now."""


class Leak(Struct, frozen=True):
    """A column that knows too much."""

    column: str
    kind: LeakKind
    reason: str

    @property
    def is_of_tag(self) -> bool:
        """Whether `strict` refuses it: data that is kept as it is now is named, and left to the reader."""
        return self.column.startswith(TAG)


def leaks_of_tags(definitions: Sequence[SegmentDefinition], question: DatasetQuestion) -> Iterator[Leak]:
    """Segment by segment."""
    for definition in definitions:
        column = TAG + definition.name
        if definition.profile_property_name is not None and not question.is_of_now:
            name = shown(definition.profile_property_name)
            reason = f"it asks for the profile property {name}, which is kept as it is now, not as it was"
            yield Leak(column, LeakKind.PRESENT_DATA, reason)
        if question.label is None:
            continue
        named = {step.event_type for step in definition.event_sequence}
        if question.label.event_type in named:
            reason = f"its definition names {shown(question.label.event_type)}, the event that the label asks about"
            yield Leak(column, LeakKind.LABEL_EVENT, reason)
        pair = _overlapping(definition.window_us, question.label.horizon_us, question.instants_us)
        if pair is not None:
            earlier_us, later_us = pair
            apart = duration(definition.window_us + question.label.horizon_us)
            window, horizon = duration(definition.window_us), duration(question.label.horizon_us)
            reason = (
                f"its window of {window} looks back from {iso(later_us)} into the horizon of the rows of"
                f" {iso(earlier_us)}; keep instants {apart} apart, or test only on rows {horizon} later than all"
                " that were trained on"
            )
            yield Leak(column, LeakKind.WINDOW, reason)


def leaks_of_data(columns: Sequence[str], question: DatasetQuestion) -> Iterator[Leak]:
    """Columns of profile data and platform info; none in a dataset of now, which they tell of."""
    for column in () if question.is_of_now else columns:
        reason = "the store keeps what is known of a profile as it is now, so every row says that"
        yield Leak(column, LeakKind.PRESENT_DATA, reason)


def _overlapping(window_us: int, horizon_us: int, instants_us: Sequence[int]) -> tuple[int, int] | None:
    """Two instants of which the later's window reaches into the earlier's horizon: neighbours, as instants ascend."""
    if window_us:
        for earlier_us, later_us in pairwise(instants_us):
            if later_us - window_us < earlier_us + horizon_us:
                return earlier_us, later_us
    return None
