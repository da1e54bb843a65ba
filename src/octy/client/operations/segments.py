"""Segments (wire.md 3.5; semantics D, P6, X1)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from octy.client.answers import ReceiptsAnswer, SegmentsAnswer, SegmentsDeleted, SegmentsRestored
from octy.client.batches import sent
from octy.client.envelope import ErrorLine
from octy.client.errors import refusal
from octy.client.lists import IDS_PER_REQUEST_MAX, listed
from octy.client.requests import Requests
from octy.client.steps import Page, Steps
from octy.client.views import CreatedSegment, ReceiptView, SegmentView
from octy.model.definitions import to_wire
from octy.model.segments import SegmentDefinition
from octy.model.values import shown

PATH = "/v1/retention/segments"
_OPTIONAL = ("profile_property_name", "profile_property_value")


def segments(requests: Requests, ids: Sequence[str] = ()) -> Steps[Page[SegmentView]]:
    """The segments, with how many profiles are in each: all, or those with these ids."""
    return listed(requests, PATH, SegmentsAnswer, ids)


def segment(requests: Requests, segment_id: str) -> Steps[SegmentView]:
    """The segment with this id; NotThere where there is none."""
    page = yield from listed(requests, PATH, SegmentsAnswer, [segment_id])
    if not page.rows:
        raise refusal([ErrorLine(f"There is no segment with the id {shown(segment_id)}.")], 404)
    return page.rows[0]


def create_segment(requests: Requests, definition: SegmentDefinition | Mapping[str, Any]) -> Steps[CreatedSegment]:
    """A segment as wire.md 3.5 writes it; RequestRefused, with a line for each broken rule (D10)."""
    fields = to_wire(definition) if isinstance(definition, SegmentDefinition) else definition
    sent_fields = {key: value for key, value in fields.items() if value is not None or key not in _OPTIONAL}
    return (yield from requests.post(f"{PATH}/create", msgspec.json.encode(sent_fields), CreatedSegment))


def purge_receipts(requests: Requests, ids: Sequence[str] = ()) -> Steps[Page[ReceiptView]]:
    """What is left of segments that were purged (X2): of all, or those with these ids, of a receipt or a segment."""
    return listed(requests, f"{PATH}/receipts", ReceiptsAnswer, ids)


def delete_segments(requests: Requests, ids: Iterable[str]) -> Steps[list[str]]:
    """The ids of those that make no tag any more; their names and tags stay for up to 72 hours (X1, X2)."""
    return sent(requests, f"{PATH}/delete", "segments", ids, IDS_PER_REQUEST_MAX, SegmentsDeleted)


def restore_segments(requests: Requests, ids: Iterable[str]) -> Steps[list[str]]:
    """The ids of those whose deletion is cancelled, as long as it is pending (X1); SomeFailed where one is purged."""
    return sent(requests, f"{PATH}/restore", "segments", ids, IDS_PER_REQUEST_MAX, SegmentsRestored)
