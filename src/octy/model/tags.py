"""How tags change: the kinds and causes that the history records (G5), and the tag as a profile shows it (G1)."""

from enum import IntEnum

from msgspec import Struct


class ChangeKind(IntEnum):
    """What happened to a tag. The numbers are stored and known to the kernels."""

    CREATED = 1
    UPDATED = 2
    REMOVED = 3


class Cause(IntEnum):
    """Why it happened. The numbers are stored and known to the kernels."""

    EVENT = 1
    TIME = 2
    PROPERTY = 3
    BACKFILL = 4
    DELETION = 5
    REPAIR = 6
    RESTORE = 7


CAUSE_TEXT = {
    Cause.EVENT: "event",
    Cause.TIME: "elapsed time",
    Cause.PROPERTY: "property change",
    Cause.BACKFILL: "backfill",
    Cause.DELETION: "deletion",
    Cause.REPAIR: "repair",
    Cause.RESTORE: "restore",
}


class SegmentTag(Struct, frozen=True):
    """A segment's name on a profile, since an instant."""

    segment_tag: str
    created_us: int


class TagChange(Struct, frozen=True):
    """One line of a profile's tag history (G5)."""

    segment_id: str
    segment_tag: str
    kind: ChangeKind
    effective_us: int
    """When it took effect: the instant of its cause."""
    recorded_us: int
    """When it became known: later than `effective_us` only for late events and after downtime."""
    cause: Cause
    event_id: str | None
