"""Event types on the wire (wire.md 3.4)."""

from typing import Annotated

from msgspec import Meta, Struct

from octy.http.answers import RequestMeta, date
from octy.model import limits
from octy.model.events import EventType, EventTypeDraft


class EventTypeToCreate(Struct):
    """An event type that the account wants (E1)."""

    event_type: Annotated[str, Meta(description="Its name: unique in the account, and none of the system's.")]
    event_properties: Annotated[
        tuple[str, ...] | None,
        Meta(description="The keys that segment definitions may use; events may carry others too (E3)."),
    ] = None

    def draft(self) -> EventTypeDraft:
        """As the service takes it."""
        return EventTypeDraft(self.event_type, self.event_properties or ())


class EventTypesToCreate(Struct):
    """Several event types."""

    event_types: Annotated[list[EventTypeToCreate], Meta(min_length=1, max_length=limits.EVENT_TYPES_PER_REQUEST_MAX)]


class EventTypesToDelete(Struct):
    """Event types by their ids."""

    event_type_ids: Annotated[list[str], Meta(min_length=1, max_length=limits.IDS_PER_REQUEST_MAX)]


class EventTypeShown(Struct):
    """An event type as it is."""

    event_type_id: str
    event_type: str
    event_properties: tuple[str, ...]
    created_at: str


class EventTypeList(Struct):
    """The account's custom event types."""

    request_meta: RequestMeta
    event_types: list[EventTypeShown]


class EventTypeFailure(Struct):
    """An event type that was not created."""

    event_type: str
    error_message: str
    index: int


class EventTypesCreated(Struct):
    """What became of a request to create event types."""

    request_meta: RequestMeta
    event_types: list[EventTypeShown]
    failed_to_create: list[EventTypeFailure]


class DeletedEventType(Struct):
    """An event type that is no more."""

    event_type_id: str


class EventTypeDeleteFailure(Struct):
    """An event type that was not deleted."""

    event_type_id: str
    error_message: str
    index: int


class EventTypesDeleted(Struct):
    """What became of a request to delete event types."""

    request_meta: RequestMeta
    deleted_event_types: list[DeletedEventType]
    failed_to_delete: list[EventTypeDeleteFailure]


def shown(event_type: EventType) -> EventTypeShown:
    """As answers show it."""
    return EventTypeShown(
        event_type.event_type_id, event_type.event_type, event_type.event_properties, date(event_type.created_us)
    )
