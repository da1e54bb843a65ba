"""What does the answer to a batch look like as JSON? `EventsCreated`, put together from pieces that are JSON already.

An object for each event would have to be made, looked through by the encoder and thrown away; that cost half of all
that HTTP costs. But ids are plain by their making (`octy.service.ids`), the properties were encoded for the store, and
types and dates repeat.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, repeat

from octy.http.answers import RequestMeta, date, encode
from octy.http.wire.events import EventFailure
from octy.model.events import EventInstances

COPIED_BYTES_MAX = 131_072
DUPLICATE = ',"duplicate":true'


def encode_created(meta: RequestMeta, events: EventInstances, failed: list[EventFailure]) -> bytes:
    """The answer to a batch of which at least one event was accepted. It is put together once, for it may be large."""
    begin = (b'{"request_meta":', encode(meta), b',"created_events":[')
    return b"".join(chain(begin, _pieces(events), (b'],"failed_to_create":', encode(failed), b"}")))


def _pieces(events: EventInstances) -> Iterable[bytes | memoryview]:
    """A list of `CreatedEvent`s without its brackets: of each what is before its properties, these, and its end."""
    columns = (
        repeat(',{"event_id":"'),
        events.event_id,
        repeat('","profile_id":"'),
        events.profile_id,
        _types(events),
    )
    heads = map(str.encode, map("".join, zip(*columns, strict=False)))
    pieces = chain.from_iterable(zip(heads, _lines(events.properties_lines), _ends(events), strict=False))
    return chain((next(pieces)[1:],), pieces)


def _lines(joined: bytes) -> Iterator[bytes | memoryview]:
    """The lines without their ends: of many bytes no copies but views, though they cost more each."""
    if len(joined) <= COPIED_BYTES_MAX:
        yield from joined.splitlines()
        return
    memory, begin = memoryview(joined), 0
    while begin < len(joined):
        end = joined.index(b"\n", begin)
        yield memory[begin:end]
        begin = end + 1


def _types(events: EventInstances) -> Iterator[str]:
    """From the end of each profile's id to the properties."""
    ids = dict(zip(events.event_type, events.event_type_id, strict=True))
    pieces = {
        name: f'","event_type_id":"{type_id}","event_type":{encode(name).decode()},"event_properties":'
        for name, type_id in ids.items()
    }
    return map(pieces.__getitem__, events.event_type)


def _ends(events: EventInstances) -> Iterator[bytes]:
    """From each event's properties to its end."""
    ends = {
        (created_us, is_duplicate): f',"created_at":"{date(created_us)}"{DUPLICATE if is_duplicate else ""}}}'.encode()
        for created_us, is_duplicate in set(zip(events.created_us, events.duplicate, strict=True))
    }
    return map(ends.__getitem__, zip(events.created_us, events.duplicate, strict=True))
