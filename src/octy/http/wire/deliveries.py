"""Webhooks on the wire: which there are, what came of each, what is to be sent once more."""

from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from octy.http.answers import RequestMeta
from octy.http.wire.accounts import StopShown
from octy.model.instants import iso
from octy.model.tags import CAUSE_TEXT
from octy.model.webhooks import (
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    DeliveryStory,
    DigestedChange,
    WebhookEvent,
)


class Nothing(Struct, forbid_unknown_fields=True):
    """An empty object: the address says it all."""


class DeliveryShown(Struct):
    """A webhook. Instants in ISO 8601, to the microsecond."""

    delivery_id: Annotated[str, Meta(description="The header `webhook-id` of every attempt.")]
    event: Annotated[str, Meta(description="What it tells of: `live_segment.matched`, `webhook.test`, …")]
    state: DeliveryState
    profile_id: Annotated[str | None, Meta(description="Null where it is about no profile.")]
    segment_id: Annotated[str | None, Meta(description="Null where it is about no segment.")]
    created_at: str
    attempts: int
    next_attempt_at: Annotated[str | None, Meta(description="Null where there is no further one.")]
    finished_at: Annotated[str | None, Meta(description="Null while it is pending.")]
    last_error: Annotated[str | None, Meta(description="Why the latest attempt failed, in a sentence.")]


class AttemptShown(Struct):
    """What came of one attempt."""

    number: int
    started_at: str
    took_ms: int
    status: Annotated[int | None, Meta(description="Of the receiver's answer; null where there was none.")]
    error: Annotated[str | None, Meta(description="Why it failed, in a sentence; null where it did not.")]
    answer: Annotated[str, Meta(description="The first 1,000 bytes of the receiver's answer.")]


class DeliveryList(Struct):
    """A page of webhooks, the newest first."""

    request_meta: RequestMeta
    deliveries: list[DeliveryShown]
    next_before: Annotated[str | None, Meta(description="`before` of the next page; null where this is the last one.")]


class DeliveryDetail(Struct):
    """A webhook with its body and all attempts."""

    request_meta: RequestMeta
    delivery: DeliveryShown
    body: Annotated[Raw, Meta(description="What is sent, byte for byte.")]
    attempt_log: list[AttemptShown]


class DeliveryAccepted(Struct):
    """A webhook that is sent now."""

    request_meta: RequestMeta
    delivery: DeliveryShown


class DigestedChangeShown(Struct):
    """A change of a tag that a digest tells."""

    number: Annotated[int, Meta(description="Counts the digest's changes from 1. Those of deleted profiles are gone.")]
    profile_id: str
    event: Annotated[str, Meta(description="As which it would have been told by itself.")]
    cause: str
    at: Annotated[str, Meta(description="When it took effect.")]


class DigestedChanges(Struct):
    """A page of what a digest tells, in its order."""

    request_meta: RequestMeta
    changes: list[DigestedChangeShown]
    next_after: Annotated[int | None, Meta(description="`after` of the next page; null where this is the last one.")]


class Release(Struct, forbid_unknown_fields=True):
    """Which segment is to be told of again."""

    segment_id: str


class Released(Struct):
    """A segment that is told of again, and what was not told meanwhile."""

    request_meta: RequestMeta
    released: StopShown


class Replay(Struct, forbid_unknown_fields=True):
    """Which webhooks are to be sent once more."""

    state: Annotated[DeliveryState, Meta(description="Of those in this state.")] = DeliveryState.FAILED
    from_: Annotated[
        str | None, Meta(description="Made at this instant or later: ISO 8601. Default: all that are kept.")
    ] = msgspec.field(default=None, name="from")
    to: Annotated[str | None, Meta(description="Made before this instant.")] = None
    segment_id: str | None = None
    profile_id: Annotated[str | None, Meta(description="A profile id, or a customer id.")] = None
    event: Annotated[WebhookEvent | None, Meta(description="Those that tell of this.")] = None
    after: Annotated[
        str | None, Meta(description="`next_after` of the answer before: to go on where that one stopped.")
    ] = None


class ReplayAccepted(Struct):
    """How many webhooks are sent now."""

    request_meta: RequestMeta
    replayed: int
    next_after: Annotated[
        str | None, Meta(description="Where there are more than one request takes: `after` of the next one.")
    ]


def shown(delivery: Delivery) -> DeliveryShown:
    """As answers show it."""
    return DeliveryShown(
        delivery_id=delivery.delivery_id,
        event=delivery.event,
        state=delivery.state,
        profile_id=delivery.profile_id,
        segment_id=delivery.segment_id,
        created_at=iso(delivery.created_us),
        attempts=delivery.attempts,
        next_attempt_at=_iso(delivery.next_attempt_us),
        finished_at=_iso(delivery.finished_us),
        last_error=delivery.last_error,
    )


def shown_change(change: DigestedChange) -> DigestedChangeShown:
    """As answers show it."""
    cause, at = CAUSE_TEXT[change.cause], iso(change.effective_us)
    return DigestedChangeShown(change.number, change.profile_id, change.event, cause, at)


def detail(story: DeliveryStory, meta: RequestMeta) -> DeliveryDetail:
    """With everything."""
    return DeliveryDetail(meta, shown(story.delivery), Raw(story.body), [_attempt(one) for one in story.attempts])


def _attempt(attempt: DeliveryAttempt) -> AttemptShown:
    return AttemptShown(
        attempt.number, iso(attempt.started_us), attempt.took_ms, attempt.status, attempt.error, attempt.excerpt
    )


def _iso(instant_us: int | None) -> str | None:
    return None if instant_us is None else iso(instant_us)
