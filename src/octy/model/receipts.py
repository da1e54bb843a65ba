"""What is left of a segment that was purged (X2): that it is gone, since when, why, and how much went with it.

No profile is named. An auditor who has a backup from before can work the checksum out anew: it is the SHA-256 of the
tags that were removed, a line `PROFILE_ID,CREATED_US` and a line feed for each, in ascending order of the profile ids;
`CREATED_US` is the tag's instant in microseconds since 1970.
"""

from collections.abc import Iterable
from hashlib import sha256

from msgspec import Struct

from octy.model.lifetimes import PurgeCause
from octy.model.segments import SegmentDefinition


class Receipt(Struct, frozen=True):
    """A purge's, as its account sees it."""

    receipt_id: str
    segment_id: str
    definition: SegmentDefinition
    created_us: int
    requested_us: int
    purged_us: int
    """When it took effect."""
    recorded_us: int
    """When it was carried out: later only where the server was down at 72 hours (T6)."""
    cause: PurgeCause
    job_id: str | None
    """The training job that it came with, where that is the cause."""
    models: tuple[str, ...]
    """The training jobs that had made a model with its tags."""
    tags_removed: int
    tags_sha256: bytes


def line(profile_id: str, created_us: int) -> str:
    """What the checksum is of, for one tag."""
    return f"{profile_id},{created_us}\n"


def tags_sha256(removed: Iterable[tuple[str, int]]) -> bytes:
    """The checksum of (profile id, instant) of tags, in whatever order they come."""
    lines = [line(profile_id, created_us) for profile_id, created_us in removed]
    lines.sort()  # no id is the beginning of another one, so this is their order
    return sha256("".join(lines).encode()).digest()
