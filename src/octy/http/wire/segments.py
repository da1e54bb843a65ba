"""Segments on the wire (wire.md 3.5).

`SegmentToCreate` documents a definition. Nothing is decoded into it: the rules (D1 to D11) judge raw JSON as a whole.
"""

from typing import Annotated

from msgspec import Meta, Struct

from octy.http.answers import RequestMeta, date
from octy.model import limits
from octy.model.definitions import to_wire
from octy.model.segments import Segment
from octy.model.values import Scalar


class Step(Struct):
    """One event of a sequence."""

    event_type: str
    exp_timeframe: Annotated[
        int, Meta(description="Minutes: 0, or at least 5 where another event follows in a live segment (D7).")
    ]
    action_inaction: Annotated[str, Meta(description="`action` or `inaction`.")]
    event_properties: Annotated[
        dict[str, Scalar] | None, Meta(description="What the event must carry; null for any event of the type (V1).")
    ] = None


class SegmentToCreate(Struct, omit_defaults=True):
    """A segment definition: rules D1 to D11."""

    segment_name: str
    segment_type: Annotated[str, Meta(description="`live` or `past`.")]
    segment_sub_type: Annotated[int, Meta(description="Live 1 or 2, past 1 to 4.")]
    segment_timeframe: Annotated[int, Meta(description="Days, for past segments; 0 for live ones (D2).")]
    event_sequence: Annotated[list[Step], Meta(min_length=1, max_length=limits.STEPS_MAX)]
    profile_property_name: Annotated[str | None, Meta(description="Past 3 and 4 only (D3).")] = None
    profile_property_value: str | None = None


class SegmentCreated(Struct):
    """The new segment. Past segments begin as `backfilling` and become `active` by themselves (P6)."""

    request_meta: RequestMeta
    segment_id: str
    segment_name: str
    segment_type: str
    segment_sub_type: int
    segment_status: str
    warnings: Annotated[
        list[str], Meta(description="Event types that the definition names and the account does not have yet (D9).")
    ]


class SegmentShown(Struct):
    """A segment as it is."""

    segment_id: str
    segment_name: str
    segment_type: str
    segment_sub_type: int
    segment_timeframe: int
    event_sequence: list[Step]
    profile_property_name: str | None
    profile_property_value: str | None
    segment_status: Annotated[str, Meta(description="`backfilling`, `active` or `pending deletion`.")]
    profile_count: Annotated[int, Meta(description="How many profiles bear its tag now.")]
    created_at: str
    profiles_audited: Annotated[
        int, Meta(description="How many profiles the server has held against the log since its start.")
    ]
    profiles_differing: Annotated[int, Meta(description="Of how many of them the tag was not right, and was mended.")]


class SegmentList(Struct):
    """The account's segments."""

    request_meta: RequestMeta
    segments: list[SegmentShown]


class SegmentsToDelete(Struct):
    """Segments by their ids."""

    segments: Annotated[list[str], Meta(min_length=1, max_length=limits.IDS_PER_REQUEST_MAX)]


class DeletedSegment(Struct):
    """A segment that makes no tags any more; its own go within 72 hours (X1, X2)."""

    segment_id: str


class SegmentDeleteFailure(Struct):
    """A segment that was not deleted."""

    segment_id: str
    error_message: str
    index: int


class SegmentsDeleted(Struct):
    """What became of a request to delete segments."""

    request_meta: RequestMeta
    deleted_segments: list[DeletedSegment]
    failed_to_delete: list[SegmentDeleteFailure]


def shown(segment: Segment) -> SegmentShown:
    """As answers show it."""
    fields = to_wire(segment.definition)
    steps = [Step(**step) for step in fields.pop("event_sequence")]
    return SegmentShown(
        segment_id=segment.segment_id,
        event_sequence=steps,
        segment_status=segment.status.value,
        profile_count=segment.profile_count,
        created_at=date(segment.created_us),
        profiles_audited=segment.audited.checked,
        profiles_differing=segment.audited.differing,
        **fields,
    )


def created(segment: Segment, warnings: list[str], meta: RequestMeta) -> SegmentCreated:
    """The answer to a definition that was accepted."""
    definition = segment.definition
    return SegmentCreated(
        request_meta=meta,
        segment_id=segment.segment_id,
        segment_name=definition.name,
        segment_type=definition.segment_type.value,
        segment_sub_type=definition.sub_type,
        segment_status=segment.status.value,
        warnings=warnings,
    )
