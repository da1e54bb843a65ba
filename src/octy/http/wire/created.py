"""What does the answer to a batch look like as JSON? `EventsCreated`, put together from pieces that are JSON already.

An object for each event would have to be made, looked through by the encoder and thrown away; that cost half of all
that HTTP costs. But ids are plain by their making (`octy.service.ids`), the properties were encoded for the store, and
types and dates repeat.
"""

from collections.abc import Iterator
from itertools import repeat

import msgspec
from msgspec import Struct

from octy.http.answers import RequestMeta, date, encode
from octy.http.wire.events import EventFailure
from octy.model.events import EventInstances

DUPLICATE = ',"duplicate":true'


class _EventsCreated(Struct):
    """`EventsCreated` with its events encoded."""

    request_meta: RequestMeta
    created_events: msgspec.Raw
    failed_to_create: list[EventFailure]


def encode_created(meta: RequestMeta, events: EventInstances, failed: list[EventFailure]) -> bytes:
    """The answer to a batch of which at least one event was accepted."""
    return encode(_EventsCreated(meta, msgspec.Raw(_encode_events(events)), failed))


def _encode_events(events: EventInstances) -> str:
    """A list of `CreatedEvent`s: its columns, field after field, with what stands between them."""
    columns = (
        repeat('{"event_id":"'),
        events.event_id,
        repeat('","profile_id":"'),
        events.profile_id,
        _types(events),
        events.properties_json,
        _ends(events),
    )
    return f"[{','.join(map(''.join, zip(*columns, strict=False)))}]"


def _types(events: EventInstances) -> Iterator[str]:
    """From the end of each profile's id to the properties."""
    ids = dict(zip(events.event_type, events.event_type_id, strict=True))
    pieces = {
        name: f'","event_type_id":"{type_id}","event_type":{encode(name).decode()},"event_properties":'
        for name, type_id in ids.items()
    }
    return map(pieces.__getitem__, events.event_type)


def _ends(events: EventInstances) -> Iterator[str]:
    """From each event's properties to its end."""
    ends = {
        (created_us, is_duplicate): f',"created_at":"{date(created_us)}"{DUPLICATE if is_duplicate else ""}}}'
        for created_us, is_duplicate in set(zip(events.created_us, events.duplicate, strict=True))
    }
    return map(ends.__getitem__, zip(events.created_us, events.duplicate, strict=True))
