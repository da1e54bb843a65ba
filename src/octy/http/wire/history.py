"""A profile's tag history on the wire: who bore which tag when, and why (G5)."""

from typing import Annotated

from msgspec import Meta, Struct

from octy.http.answers import RequestMeta
from octy.model.instants import iso
from octy.model.tags import CAUSE_TEXT, TagChange


class TagChangeShown(Struct):
    """One change of one tag."""

    segment_id: str
    segment_tag: str
    kind: Annotated[str, Meta(description="`created`, `updated` or `removed`.")]
    effective_at: Annotated[str, Meta(description="When it took effect: ISO 8601, to the microsecond.")]
    recorded_at: Annotated[
        str,
        Meta(description="When it became known: later than `effective_at` only for late events and after downtime."),
    ]
    cause: Annotated[
        str,
        Meta(description="`event`, `elapsed time`, `property change`, `backfill`, `deletion`, `repair` or `restore`."),
    ]
    event_id: Annotated[str | None, Meta(description="The event that caused it, if one did.")]


class TagHistory(Struct):
    """Every change of a profile's tags, in the order in which they were recorded."""

    request_meta: RequestMeta
    profile_id: str
    customer_id: str
    segment_tag_history: list[TagChangeShown]


def shown(change: TagChange) -> TagChangeShown:
    """As answers show it."""
    return TagChangeShown(
        segment_id=change.segment_id,
        segment_tag=change.segment_tag,
        kind=change.kind.name.lower(),
        effective_at=iso(change.effective_us),
        recorded_at=iso(change.recorded_us),
        cause=CAUSE_TEXT[change.cause],
        event_id=change.event_id,
    )
