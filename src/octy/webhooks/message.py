"""What does a webhook say? Its body is made once, with its cause, so every attempt sends the same bytes (H1, H4).

Beside what H1 says stands `meta`, for receivers that want to know more: which delivery this is, why it was made, and
its number among those about the same profile in the same segment.
"""

import msgspec
from msgspec import Struct

from octy.model.instants import iso, rfc1123
from octy.model.webhooks import WebhookEvent

TAG_CREATED = "Live segment tag created"
TAG_UPDATED = "Live segment tag updated"
TEST = "Webhook test"

SEGMENT_VERSION = 1
"""A segment's definition never changes: whoever wants another creates another segment."""

_NOT_AHEAD = b'"overtakes":0}}'
_encoder = msgspec.json.Encoder()


class Moment(Struct, frozen=True):
    """An instant, and the event that happened then, if one did."""

    event_id: str | None
    at: str


class Meta(Struct, frozen=True):
    """`meta`. Instants in ISO 8601, to the microsecond."""

    delivery_id: str
    event: WebhookEvent
    segment_id: str
    segment_version: int
    cause: str
    """The words of the history of tags (G5)."""
    action: Moment
    """The action of a live match."""
    match: Moment
    """When it became a match: live 2 after its window, which no event ends."""
    sequence: int
    """Counts the webhooks about this profile in this segment from 1, without gaps."""
    evaluated_through: str
    """Everything that was accepted or fell due by then has been taken into account."""
    overtakes: int = 0
    """How many earlier webhooks about the same profile had not arrived when this one first left; the last field."""


def match_meta(
    *,
    delivery_id: str,
    segment_id: str,
    cause: str,
    action: Moment,
    match: Moment,
    sequence: int,
    evaluated_through_us: int,
) -> Meta:
    """What there is to know of a live match."""
    return Meta(
        delivery_id=delivery_id,
        event=WebhookEvent.MATCHED,
        segment_id=segment_id,
        segment_version=SEGMENT_VERSION,
        cause=cause,
        action=action,
        match=match,
        sequence=sequence,
        evaluated_through=iso(evaluated_through_us),
    )


def match_body(*, profile_id: str, segment_tag: str, updated: bool, matched_us: int, meta: Meta) -> bytes:
    """The JSON of a live match (H1). `updated` says that the profile bore the tag just before."""
    return _encoder.encode(
        {
            "subject": TAG_UPDATED if updated else TAG_CREATED,
            "body": {"profile_id": profile_id, "segment": {"segment_id": meta.segment_id, "segment_tag": segment_tag}},
            "date_time": rfc1123(matched_us),
            "meta": meta,
        }
    )


def test_body(*, delivery_id: str, now_us: int) -> bytes:
    """A message that tells of nothing, for an account that wants to see whether its receiver takes one."""
    return _encoder.encode(
        {
            "subject": TEST,
            "body": "Nothing has happened: the account has asked for a test.",
            "date_time": rfc1123(now_us),
            "meta": {"delivery_id": delivery_id, "event": WebhookEvent.TEST},
        }
    )


def overtaking(body: bytes, count: int) -> bytes:
    """The same message, which leaves before so many earlier ones. One that has no `meta` stays as it is."""
    if not body.endswith(_NOT_AHEAD):
        return body
    return body.removesuffix(_NOT_AHEAD) + b'"overtakes":%d}}' % count
