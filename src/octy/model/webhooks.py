"""What an account sees of its webhooks: what they tell of, the receiver, deliveries with their attempts, secrets."""

from enum import StrEnum

from msgspec import Struct

from octy.model.tags import Cause


class WebhookEvent(StrEnum):
    """What a webhook tells of."""

    MATCHED = "live_segment.matched"
    RETRACTED = "live_segment.retracted"
    ENTERED = "past_segment.entered"
    LEFT = "past_segment.left"
    BACKFILLED = "segment.backfilled"
    TRAINED = "training.completed"
    DIGEST = "segment.digest"
    STOPPED = "segment.webhooks_stopped"
    TEST = "webhook.test"


CHOICE_OF_EVENTS = (
    WebhookEvent.MATCHED,
    WebhookEvent.RETRACTED,
    WebhookEvent.ENTERED,
    WebhookEvent.LEFT,
    WebhookEvent.BACKFILLED,
    WebhookEvent.TRAINED,
)
"""What an account may choose to be told of."""


class DeliveryState(StrEnum):
    """What has become of a webhook."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class DeliveryAttempt(Struct, frozen=True):
    """What came of an attempt to deliver."""

    number: int
    started_us: int
    took_ms: int
    status: int | None
    """Of the receiver's answer; None where there was none."""
    error: str | None
    """A sentence; None where the attempt succeeded."""
    excerpt: str
    """The beginning of the receiver's answer."""


class Delivery(Struct, frozen=True):
    """A webhook, and what has become of it."""

    delivery_id: str
    """The header `webhook-id`."""
    event: str
    state: DeliveryState
    profile_id: str | None
    segment_id: str | None
    created_us: int
    attempts: int
    next_attempt_us: int | None
    """None where there is no further one."""
    finished_us: int | None
    last_error: str | None


class DeliveryStory(Struct, frozen=True):
    """A webhook with all there is to know of it."""

    delivery: Delivery
    body: bytes
    """JSON, as it is sent."""
    attempts: tuple[DeliveryAttempt, ...]


class DeliveryPage(Struct, frozen=True):
    """Some of an account's webhooks, the newest first."""

    deliveries: tuple[Delivery, ...]
    next_before: str | None
    """Where the next page begins; None where this is the last."""


class DeliveryFilter(Struct, frozen=True):
    """Which webhooks are asked for; None for any."""

    state: DeliveryState | None = None
    segment_id: str | None = None
    profile_id: str | None = None
    """A profile id or a customer id."""
    event: WebhookEvent | None = None
    from_us: int | None = None
    """Made at this instant or later."""
    to_us: int | None = None
    """Made before this instant."""


class DigestedChange(Struct, frozen=True):
    """A change of a tag that is told in a digest."""

    number: int
    """Counts the changes of the digest from 1, in their order."""
    profile_id: str
    event: WebhookEvent
    """As which it would have been told by itself."""
    cause: Cause
    effective_us: int


class DigestPage(Struct, frozen=True):
    """Some of a digest's changes, in their order."""

    changes: tuple[DigestedChange, ...]
    next_after: int | None
    """Where the next page begins; None where this is the last."""


class Stop(Struct, frozen=True):
    """A segment of which nothing is told, because too many profiles flipped within a minute."""

    segment_id: str
    segment_tag: str
    stopped_us: int
    withheld: int
    """How many changes were not told since, and are not going to be."""


class Receiver(Struct, frozen=True):
    """How an account's receiver of webhooks fares."""

    failing_since_us: int | None
    """The first failed attempt after the last success; None where the last attempt succeeded."""
    disabled_us: int | None
    """Since when it is sent nothing; None where it is."""
    disabled_reason: str | None


class WebhookSecret(Struct, frozen=True):
    """What an account's webhooks are signed with."""

    secret: str
    """`whsec_` and base64."""
    created_us: int
    expires_us: int | None
    """From then on webhooks bear no signature by it; None for the present one."""
