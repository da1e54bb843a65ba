"""Events (wire.md 3.10; semantics E2, E8, T5)."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from octy.client.answers import EventsCreated
from octy.client.batches import encoded, sent
from octy.client.operations.profiles import profile_id_of
from octy.client.requests import Requests
from octy.client.steps import Steps
from octy.client.views import EventView, ProfileView
from octy.model.events import EventDraft
from octy.model.instants import from_datetime, iso
from octy.model.limits import EVENTS_PER_BATCH_MAX

PATH = "/v1/retention/events"

Properties = Mapping[str, object]
"""Strings, numbers and booleans match definitions; anything else that JSON has is stored."""


def create_event(
    requests: Requests,
    profile: ProfileView | str,
    event_type: str,
    properties: Properties | None = None,
    *,
    created_at: datetime | str | None = None,
    message_id: str | None = None,
) -> Steps[EventView]:
    """Stores one event; when it is answered, the profile bears the tags that it causes (T5)."""
    draft = drafted(profile, event_type, properties, created_at, message_id)
    return (yield from requests.post(f"{PATH}/create", encoded(draft, "event"), EventView))


def create_events(requests: Requests, drafts: Iterable[EventDraft]) -> Steps[list[EventView]]:
    """Stores events, in their order; SomeFailed tells which were refused, and why (E2)."""
    return sent(requests, f"{PATH}/create/batch", "events", drafts, EVENTS_PER_BATCH_MAX, EventsCreated)


def drafted(
    profile: ProfileView | str,
    event_type: str,
    properties: Properties | None,
    created_at: datetime | str | None,
    message_id: str | None,
) -> EventDraft:
    """An event as the server takes it. A datetime without a zone is taken as UTC (E9)."""
    at = iso(from_datetime(created_at)) if isinstance(created_at, datetime) else created_at
    return EventDraft(
        profile_id=profile_id_of(profile),
        event_type=event_type,
        event_properties=dict(properties or {}),
        created_at=at,
        message_id=message_id,
    )
