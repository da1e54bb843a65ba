"""Events on the wire (wire.md 3.10). The types of the hottest route: no field, and no step, more than it needs."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from octy.http.answers import RequestMeta, date
from octy.model import limits
from octy.model.events import EventInstance
from octy.model.instants import CREATED_AT_FORM, iso


class EventToCreate(Struct):
    """An event as its sender describes it: what `EventDraft`, into which it is decoded, says of itself to people."""

    event_type: Annotated[str, Meta(description="The name of an event type.")]
    profile_id: Annotated[str, Meta(description="The profile_id of the profile whose event it is.")]
    event_properties: Annotated[
        dict[str, Any] | None,
        Meta(description="What definitions may ask for; keys beyond those of the event type are stored too (E3)."),
    ] = None
    created_at: Annotated[
        str | None, Meta(description=f"When it happened: {CREATED_AT_FORM}. Now, if absent (T4, E9).")
    ] = None
    message_id: Annotated[
        str | None,
        Meta(description="1 to 64 characters; a second event with the same one is not stored again (E8)."),
    ] = None


class EventsToCreate(Struct):
    """Several events, of any types and profiles, in any order of time."""

    events: Annotated[list[EventToCreate], Meta(min_length=1, max_length=limits.EVENTS_PER_BATCH_MAX)]


class CreatedEvent(Struct, omit_defaults=True, gc=False):
    """An event that is stored, and evaluated (T5)."""

    event_id: str
    profile_id: str
    event_type_id: str
    event_type: str
    event_properties: dict[str, Any] | None
    created_at: str
    duplicate: Annotated[
        bool,
        Meta(description="True where it had been stored before, under the same `message_id` (E8); absent otherwise."),
    ] = False


class EventFailure(Struct):
    """An event that was not accepted; the others of its batch are stored all the same (E2)."""

    event_type: str
    event_properties: dict[str, Any] | None
    profile_id: str
    error_message: str
    index: int


class EventsCreated(Struct):
    """What became of a batch."""

    request_meta: RequestMeta
    created_events: list[CreatedEvent]
    failed_to_create: list[EventFailure]


class EventCreated(Struct, omit_defaults=True):
    """What became of a single event."""

    request_meta: RequestMeta
    event_id: str
    profile_id: str
    event_type_id: str
    event_type: str
    event_properties: dict[str, Any] | None
    created_at: str
    duplicate: bool = False


class PastEvent(Struct):
    """An event of a profile's story."""

    event_id: str
    profile_id: str
    event_type_id: str
    event_type: str
    event_properties: dict[str, Any] | None
    created_at: str
    occurred_at: Annotated[
        str, Meta(description="The same instant in ISO 8601, to the microsecond, as the tag history writes it.")
    ]


class PastEventList(Struct):
    """A profile's latest events, newest first."""

    request_meta: RequestMeta
    profile_id: str
    events: list[PastEvent]


def created_alone(event: EventInstance, meta: RequestMeta) -> EventCreated:
    """The answer to a single event."""
    return EventCreated(
        meta,
        event.event_id,
        event.profile_id,
        event.event_type_id,
        event.event_type,
        event.event_properties,
        date(event.created_us),
        event.duplicate,
    )


def past(event: EventInstance) -> PastEvent:
    """As a profile's story shows it."""
    return PastEvent(
        event_id=event.event_id,
        profile_id=event.profile_id,
        event_type_id=event.event_type_id,
        event_type=event.event_type,
        event_properties=event.event_properties,
        created_at=date(event.created_us),
        occurred_at=iso(event.created_us),
    )
