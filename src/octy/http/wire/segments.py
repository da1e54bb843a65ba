"""Segments on the wire (wire.md 3.5).

`SegmentToCreate` documents a definition. Nothing is decoded into it: the rules (D1 to D11) judge raw JSON as a whole.
"""

from typing import Annotated

from msgspec import Meta, Struct

from octy.http.answers import RequestMeta, date
from octy.model import limits
from octy.model.definitions import to_wire
from octy.model.lifetimes import Segment
from octy.model.receipts import Receipt
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


class Dependants(Struct):
    """Who uses a segment's tags."""

    training_jobs: Annotated[list[str], Meta(description="Training jobs in flight.")]
    models: Annotated[list[str], Meta(description="Training jobs that have made a model with its tags.")]


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
    delete_requested_at: Annotated[str | None, Meta(description="Null unless it is pending deletion (X1).")]
    purge_at: Annotated[
        str | None, Meta(description="When it goes with all its tags at the latest, while it is pending deletion (X2).")
    ]
    dependants: Dependants


class ReceiptShown(Struct):
    """What is left of a segment that was purged."""

    receipt_id: str
    segment_id: str
    segment_name: str
    segment_type: str
    segment_sub_type: int
    segment_timeframe: int
    event_sequence: list[Step]
    profile_property_name: str | None
    profile_property_value: str | None
    created_at: Annotated[str, Meta(description="When the segment was created.")]
    delete_requested_at: str
    purged_at: Annotated[str, Meta(description="When it went with all its tags (X2).")]
    recorded_at: Annotated[str, Meta(description="When that was done: later only after a downtime (T6).")]
    cause: Annotated[
        str,
        Meta(
            description="`training`: a training job has completed, with a dataset built after the request;"
            " `elapsed`: 72 hours are over."
        ),
    ]
    training_job_id: Annotated[str | None, Meta(description="That job.")]
    models: Annotated[list[str], Meta(description="Training jobs that had made a model with its tags.")]
    tags_removed: Annotated[int, Meta(description="How many profiles bore its tag.")]
    tags_sha256: Annotated[
        str,
        Meta(
            description="Of a line `PROFILE_ID,CREATED_US` and a line feed for each tag that was removed, in ascending"
            " order of the profile ids; the tag's instant in microseconds since 1970."
        ),
    ]


class ReceiptList(Struct):
    """Receipts of purged segments."""

    request_meta: RequestMeta
    receipts: list[ReceiptShown]


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


class SegmentFailure(Struct):
    """A segment that was not deleted, or not restored."""

    segment_id: str
    error_message: str
    index: int


class SegmentsDeleted(Struct):
    """What became of a request to delete segments."""

    request_meta: RequestMeta
    deleted_segments: list[DeletedSegment]
    failed_to_delete: list[SegmentFailure]


class SegmentsToRestore(Struct):
    """Segments that are pending deletion, by their ids."""

    segments: Annotated[list[str], Meta(min_length=1, max_length=limits.IDS_PER_REQUEST_MAX)]


class RestoredSegment(Struct):
    """A segment whose deletion is cancelled. A past one is `backfilling`, and becomes `active` by itself."""

    segment_id: str


class SegmentsRestored(Struct):
    """What became of a request to restore segments."""

    request_meta: RequestMeta
    restored_segments: list[RestoredSegment]
    failed_to_restore: list[SegmentFailure]


def shown(segment: Segment) -> SegmentShown:
    """As answers show it."""
    fields, lifetime = to_wire(segment.definition), segment.lifetime
    steps = [Step(**step) for step in fields.pop("event_sequence")]
    return SegmentShown(
        segment_id=segment.segment_id,
        event_sequence=steps,
        segment_status=segment.status.value,
        profile_count=segment.profile_count,
        created_at=date(segment.created_us),
        profiles_audited=segment.audited.checked,
        profiles_differing=segment.audited.differing,
        delete_requested_at=None if lifetime.requested_us is None else date(lifetime.requested_us),
        purge_at=date(lifetime.purge_us) if lifetime.is_pending else None,
        dependants=Dependants(list(segment.jobs_in_flight), list(segment.models)),
        **fields,
    )


def shown_receipt(receipt: Receipt) -> ReceiptShown:
    """As answers show it."""
    fields = to_wire(receipt.definition)
    steps = [Step(**step) for step in fields.pop("event_sequence")]
    return ReceiptShown(
        receipt_id=receipt.receipt_id,
        segment_id=receipt.segment_id,
        event_sequence=steps,
        created_at=date(receipt.created_us),
        delete_requested_at=date(receipt.requested_us),
        purged_at=date(receipt.purged_us),
        recorded_at=date(receipt.recorded_us),
        cause=receipt.cause.value,
        training_job_id=receipt.job_id,
        models=list(receipt.models),
        tags_removed=receipt.tags_removed,
        tags_sha256=receipt.tags_sha256.hex(),
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
