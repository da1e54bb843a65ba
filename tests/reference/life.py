"""What can happen to an account, and what is seen of it: the interface that engine and reference model share."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from octy.model.segments import SegmentDefinition
from octy.model.tags import Cause, ChangeKind

Pair = tuple[int, int]
"""A segment's key and a profile's."""


class Occurrence(NamedTuple):
    """An event as it is accepted; `created_us` never exceeds `accepted_us`, which never decreases."""

    profile: int
    event_type: str
    created_us: int
    accepted_us: int
    properties: Mapping[str, Any] | None = None


class Change(NamedTuple):
    """One line of tag history; `event` is the seq (from 1, in the order of acceptance) of the event that caused it."""

    segment: int
    profile: int
    kind: ChangeKind
    cause: Cause
    effective_us: int
    recorded_us: int
    event: int | None = None
    opener: int | None = None
    """The seq of the action whose window has ended, where that is the cause (L5)."""


class Life(Protocol):
    """An account's life, step by step. Every step answers with the changes that it makes, in the order of recording."""

    @property
    def now_us(self) -> int:
        """The instant through which everything has been lived."""

    def add_profile(self) -> int:
        """A new profile without data; its key."""

    def forget_profile(self, profile: int) -> None:
        """The profile is deleted (X3)."""

    def change_data(self, profile: int, data: Mapping[str, Any]) -> list[Change]:
        """The profile's whole `profile_data` is now this (V3)."""

    def create_live(self, key: int, definition: SegmentDefinition) -> None:
        """A live segment is created now (L1)."""

    def begin_backfill(self, key: int, definition: SegmentDefinition) -> None:
        """A past segment is created now; it makes no tags yet (P6)."""

    def finish_backfill(self, key: int) -> list[Change]:
        """The past segment's backfill ends now (P6)."""

    def remove_segment(self, key: int) -> None:
        """The segment's deletion is requested (X1)."""

    def accept(self, occurrences: Sequence[Occurrence]) -> list[Change]:
        """Events are accepted; time first passes to each one's `accepted_us` (T7)."""

    def advance(self, until_us: int, noticed_us: int | None = None) -> list[Change]:
        """Time passes (T6); after downtime, what fell due is recorded at `noticed_us`."""

    def next_due_us(self) -> int:
        """No change is caused by time alone before this instant; NEVER if none will be."""

    def tags(self) -> dict[Pair, int]:
        """Every tag there is, with its `created_at`."""
