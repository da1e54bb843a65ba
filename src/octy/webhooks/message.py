"""What does a webhook say? Its body is made once, with its cause, so every attempt sends the same bytes (H1, H4).

Beside what H1 says of a match, and what is said alike of other changes, stands `meta`, for receivers that want to know
more: which delivery this is, why it was made, and its number among those about the same profile in the same segment.
"""

from collections.abc import Collection

import msgspec
from msgspec import UNSET, Struct, UnsetType

from octy.model.instants import rfc1123
from octy.model.webhooks import WebhookEvent

TAG_CREATED = "Live segment tag created"
TAG_UPDATED = "Live segment tag updated"
TAG_REMOVED = "Live segment tag removed"
TAG_ENTERED = "Past segment tag created"
TAG_LEFT = "Past segment tag removed"
BACKFILLED = "Segment backfill completed"
DIGEST = "Segment webhooks in one"
STOPPED = "Segment webhooks stopped"
TRAINED = "Octy training job has successfully completed."
NOT_TRAINED = "Octy training job has failed."
TEST = "Webhook test"

SEGMENT_VERSION = 1
"""A segment's definition never changes: whoever wants another creates another segment."""

_NOT_AHEAD = b'"overtakes":0}}'
_encoder = msgspec.json.Encoder()


class Moment(Struct, frozen=True):
    """An instant, and the event that happened then, if one did."""

    event_id: str | None
    at: str


class Meta(Struct, frozen=True, kw_only=True):
    """`meta`. Instants in ISO 8601, to the microsecond. What an event does not say is left out."""

    delivery_id: str
    event: WebhookEvent
    segment_id: str
    segment_version: int
    cause: str
    """The words of the history of tags (G5)."""
    action: Moment | UnsetType | None = UNSET
    """The action of a live match; None where a repair found the match, and not the action."""
    match: Moment | UnsetType = UNSET
    """When it became a match: live 2 after its window, which no event ends."""
    change: Moment | UnsetType = UNSET
    """When any other change of a tag took effect, and the event that caused it."""
    retracts: str | UnsetType | None = UNSET
    """The webhook that told of the match from which the tag dated; None where none did."""
    sequence: int
    """Counts the webhooks about this profile in this segment from 1, without gaps; or those about the whole segment."""
    evaluated_through: str
    """Everything that was accepted or fell due by then has been taken into account."""
    overtakes: int = 0
    """How many earlier webhooks about the same profile had not arrived when this one first left; the last field."""


def tag_body(*, subject: str, profile_id: str, segment_tag: str, dated_us: int, meta: Meta) -> bytes:
    """The JSON of a change of a tag (H1). `dated_us` is what the tag shows, or when it went."""
    segment = {"segment_id": meta.segment_id, "segment_tag": segment_tag}
    return _body(subject, {"profile_id": profile_id, "segment": segment}, dated_us, meta)


def segment_body(*, subject: str, segment_tag: str, dated_us: int, meta: Meta, **said: object) -> bytes:
    """The JSON of something that concerns a whole segment, of which this is said."""
    segment = {"segment_id": meta.segment_id, "segment_tag": segment_tag}
    return _body(subject, {"segment": segment, **said}, dated_us, meta)


class Digested(Struct, frozen=True):
    """A change as a digest names it."""

    profile_id: str
    event: str
    cause: str
    at: str


def without_profiles(body: bytes, profile_ids: Collection[str]) -> bytes:
    """A digest's message that does not name some profiles any more; the number of its changes stays."""
    told = msgspec.json.decode(body)
    told["body"]["changes"] = [one for one in told["body"]["changes"] if one["profile_id"] not in profile_ids]
    return _encoder.encode(told)


def test_body(*, delivery_id: str, now_us: int) -> bytes:
    """A message that tells of nothing, for an account that wants to see whether its receiver takes one."""
    said = "Nothing has happened: the account has asked for a test."
    return _body(TEST, said, now_us, {"delivery_id": delivery_id, "event": WebhookEvent.TEST})


def training_body(*, delivery_id: str, training_job_id: str, failed_because: str | None, now_us: int) -> bytes:
    """That a training is over (H2): a sentence; `failed_because` says why it failed, where it did."""
    if failed_because is None:
        said = f"The training job {training_job_id} has completed: profiles tell what it foretells."
    else:
        said = f"The training job {training_job_id} has failed: {failed_because}"
    meta = {"delivery_id": delivery_id, "event": WebhookEvent.TRAINED, "training_job_id": training_job_id}
    return _body(TRAINED if failed_because is None else NOT_TRAINED, said, now_us, meta)


def overtaking(body: bytes, count: int) -> bytes:
    """The same message, which leaves before so many earlier ones. One that has no `meta` stays as it is."""
    if not body.endswith(_NOT_AHEAD):
        return body
    return body.removesuffix(_NOT_AHEAD) + b'"overtakes":%d}}' % count


def _body(subject: str, body: object, dated_us: int, meta: object) -> bytes:
    return _encoder.encode({"subject": subject, "body": body, "date_time": rfc1123(dated_us), "meta": meta})
