"""What a segment is: a definition that has passed every rule, and its life from creation to deletion.

A `SegmentDefinition` is made by `octy.model.definitions` alone, so whoever holds one need not check it again.
"""

from enum import StrEnum

from msgspec import Struct

from octy.model.instants import US_PER_DAY, US_PER_MINUTE
from octy.model.values import Scalar, canonical


class SegmentType(StrEnum):
    """Live segments watch what happens now, past segments what has happened within a window."""

    LIVE = "live"
    PAST = "past"


class SegmentStatus(StrEnum):
    """Where a segment is in its life (P6, X1)."""

    BACKFILLING = "backfilling"
    ACTIVE = "active"
    PENDING_DELETION = "pending deletion"


class Step(Struct, frozen=True):
    """One event of a sequence: an action that must occur, or an inaction that must not (V1)."""

    event_type: str
    event_properties: dict[str, Scalar] | None
    is_inaction: bool
    exp_timeframe_minutes: int

    def conditions(self) -> list[tuple[str, str]]:
        """The properties that an event must carry, as (key, canonical text)."""
        pairs = ((key, canonical(value)) for key, value in (self.event_properties or {}).items())
        return [(key, text) for key, text in pairs if text is not None]


class SegmentDefinition(Struct, frozen=True):
    """A valid definition: rules D1 to D11 hold."""

    name: str
    segment_type: SegmentType
    sub_type: int
    timeframe_days: int
    event_sequence: tuple[Step, ...]
    profile_property_name: str | None
    profile_property_value: str | None

    @property
    def actions(self) -> tuple[Step, ...]:
        """The steps that must occur, in order."""
        return tuple(step for step in self.event_sequence if not step.is_inaction)

    @property
    def inaction(self) -> Step | None:
        """The step that must not occur, where there is one: always the last (D5)."""
        last = self.event_sequence[-1]
        return last if last.is_inaction else None

    @property
    def window_us(self) -> int:
        """W of a past segment (P1), T of a live 2 (L3); 0 for a live 1, which has no window."""
        if self.segment_type is SegmentType.PAST:
            return self.timeframe_days * US_PER_DAY
        return self.event_sequence[0].exp_timeframe_minutes * US_PER_MINUTE


class Tally(Struct, frozen=True):
    """How many profiles were held against the log since the server's start, and how many were not as it says."""

    checked: int = 0
    differing: int = 0
