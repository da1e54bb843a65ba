"""All that is known of one profile, as it is handed out to whoever asks for it (X3's counterpart)."""

from typing import Any

from msgspec import Struct

from octy.model.profiles import Profile
from octy.model.tags import Cause, TagChange


class ExportedEvent(Struct, frozen=True):
    """A stored event with all that is stored of it."""

    event_id: str
    event_type_id: str
    event_type: str
    event_properties: dict[str, Any] | None
    created_us: int
    accepted_us: int
    message_id: str | None
    """For as long as it is remembered (E8)."""


class ExportedWebhook(Struct, frozen=True):
    """A webhook about the profile, and what became of it."""

    webhook_id: str
    body: dict[str, Any]
    state: str
    attempts: int
    created_us: int
    finished_us: int | None
    last_error: str | None


class ExportedDigested(Struct, frozen=True):
    """A change of the profile's tags that a digest tells, with others', or is going to tell."""

    webhook_id: str
    segment_tag: str
    event: str
    cause: Cause
    at_us: int


class ProfileExport(Struct, frozen=True):
    """As of one moment; everything in the order in which it happened, or was recorded."""

    profile: Profile
    events: list[ExportedEvent]
    history: list[TagChange]
    webhooks: list[ExportedWebhook]
    digested: list[ExportedDigested]
