"""Event types (wire.md 3.4; semantics E1, E7)."""

from collections.abc import Iterable, Sequence

from octy.client.answers import EventTypesAnswer, EventTypesCreated, EventTypesDeleted
from octy.client.batches import sent
from octy.client.lists import IDS_PER_REQUEST_MAX, listed
from octy.client.requests import Requests
from octy.client.steps import Page, Steps
from octy.client.views import EventTypeView
from octy.model.events import EventTypeDraft
from octy.model.limits import EVENT_TYPES_PER_REQUEST_MAX

PATH = "/v1/retention/events/types"


def event_types(requests: Requests, ids: Sequence[str] = ()) -> Steps[Page[EventTypeView]]:
    """The account's own event types: all, or those with these ids."""
    return listed(requests, PATH, EventTypesAnswer, ids)


def create_event_type(requests: Requests, name: str, properties: Sequence[str] = ()) -> Steps[EventTypeView]:
    """An event type with the property keys that segments may use."""
    (created,) = yield from create_event_types(requests, [EventTypeDraft(name, tuple(properties))])
    return created


def create_event_types(requests: Requests, drafts: Iterable[EventTypeDraft]) -> Steps[list[EventTypeView]]:
    """Several event types; SomeFailed tells which were refused, and why."""
    path = f"{PATH}/create"
    return sent(requests, path, "event_types", drafts, EVENT_TYPES_PER_REQUEST_MAX, EventTypesCreated)


def delete_event_types(requests: Requests, ids: Iterable[str]) -> Steps[list[str]]:
    """The ids of those that are gone; SomeFailed where a segment or an event uses one (E7)."""
    path = f"{PATH}/delete"
    return sent(requests, path, "event_type_ids", ids, IDS_PER_REQUEST_MAX, EventTypesDeleted)
