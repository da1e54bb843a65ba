"""What webhooks are signed with, on the wire (Standard Webhooks)."""

from typing import Annotated

from msgspec import Meta, Struct

from octy.http.answers import RequestMeta
from octy.model.instants import iso
from octy.model.webhooks import WebhookSecret
from octy.service.webhook_secrets import OVERLAP_HOURS, OVERLAP_HOURS_MAX


class SecretRotation(Struct, forbid_unknown_fields=True):
    """How long the secret of now stays valid beside the new one."""

    overlap_hours: Annotated[
        int,
        Meta(ge=0, le=OVERLAP_HOURS_MAX, description="0 where it has leaked: it is then invalid at once."),
    ] = OVERLAP_HOURS


class SecretShown(Struct):
    """A secret that is valid now."""

    secret: Annotated[str, Meta(description="`whsec_` and base64: what receivers verify signatures with.")]
    created_at: str
    expires_at: Annotated[str | None, Meta(description="When it is no longer valid; null for the present one.")]


class SecretList(Struct):
    """All secrets that are valid now, the present one first."""

    request_meta: RequestMeta
    webhook_secrets: list[SecretShown]


class SecretRotated(Struct):
    """A new secret is there; `GET /v1/webhooks/secrets` shows it."""

    request_meta: RequestMeta
    created_at: str
    previous_expires_at: Annotated[
        str | None, Meta(description="Until when the former secret is valid as well; null where it is not.")
    ]


def shown(secret: WebhookSecret) -> SecretShown:
    """As answers show it."""
    expires_at = None if secret.expires_us is None else iso(secret.expires_us)
    return SecretShown(secret.secret, iso(secret.created_us), expires_at)
