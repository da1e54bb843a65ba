"""All that is known of a profile, on the wire."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from octy.http.answers import RequestMeta
from octy.http.wire.history import TagChangeShown
from octy.http.wire.history import shown as shown_change
from octy.http.wire.profiles import ProfileShown
from octy.http.wire.profiles import shown as shown_profile
from octy.model.exports import ExportedDigested, ExportedEvent, ExportedWebhook, ProfileExport
from octy.model.instants import iso
from octy.model.tags import CAUSE_TEXT

Instant = Annotated[str, Meta(description="ISO 8601, to the microsecond.")]


class EventShown(Struct):
    """An event of the profile."""

    event_id: str
    event_type_id: str
    event_type: str
    event_properties: dict[str, Any] | None
    created_at: Annotated[str, Meta(description="When it happened: ISO 8601, as `events/create/batch` takes it.")]
    accepted_at: Instant
    message_id: Annotated[str | None, Meta(description="For as long as it is remembered.")]


class WebhookShown(Struct):
    """A webhook about the profile."""

    webhook_id: str
    body: Annotated[dict[str, Any], Meta(description="What was, or is to be, sent.")]
    state: Annotated[str, Meta(description="`pending`, `delivered` or `failed`.")]
    attempts: int
    created_at: Instant
    finished_at: Instant | None
    last_error: str | None


class DigestedShown(Struct):
    """A change of the profile's tags that a digest tells, with others', or is going to tell."""

    webhook_id: str
    segment_tag: str
    event: str
    cause: str
    at: Instant


class ProfileExported(Struct):
    """Everything that is known of one profile, as of one moment."""

    request_meta: RequestMeta
    profile: ProfileShown
    events: list[EventShown]
    segment_tag_history: list[TagChangeShown]
    webhooks: list[WebhookShown]
    digested: list[DigestedShown]


def exported(found: ProfileExport, meta: RequestMeta) -> ProfileExported:
    """As the answer shows it."""
    return ProfileExported(
        request_meta=meta,
        profile=shown_profile(found.profile),
        events=[_event(event) for event in found.events],
        segment_tag_history=[shown_change(change) for change in found.history],
        webhooks=[_webhook(webhook) for webhook in found.webhooks],
        digested=[_digested(change) for change in found.digested],
    )


def _event(event: ExportedEvent) -> EventShown:
    return EventShown(
        event_id=event.event_id,
        event_type_id=event.event_type_id,
        event_type=event.event_type,
        event_properties=event.event_properties,
        created_at=iso(event.created_us),
        accepted_at=iso(event.accepted_us),
        message_id=event.message_id,
    )


def _webhook(webhook: ExportedWebhook) -> WebhookShown:
    return WebhookShown(
        webhook_id=webhook.webhook_id,
        body=webhook.body,
        state=webhook.state,
        attempts=webhook.attempts,
        created_at=iso(webhook.created_us),
        finished_at=None if webhook.finished_us is None else iso(webhook.finished_us),
        last_error=webhook.last_error,
    )


def _digested(change: ExportedDigested) -> DigestedShown:
    return DigestedShown(
        webhook_id=change.webhook_id,
        segment_tag=change.segment_tag,
        event=change.event,
        cause=CAUSE_TEXT[change.cause],
        at=iso(change.at_us),
    )
