"""What an account sees of its webhooks: what they tell of, the receiver, deliveries with their attempts, secrets."""

from enum import StrEnum

from msgspec import Struct


class WebhookEvent(StrEnum):
    """What a webhook tells of."""

    MATCHED = "live_segment.matched"
    TEST = "webhook.test"


class WebhookSecret(Struct, frozen=True):
    """What an account's webhooks are signed with."""

    secret: str
    """`whsec_` and base64."""
    created_us: int
    expires_us: int | None
    """From then on webhooks bear no signature by it; None for the present one."""
