"""Routes of event types (wire.md 3.4; semantics E1, E7)."""

from litestar import Router, get, post
from litestar.params import JSONBody

from octy.http.answers import Json, counted, encode, ok, success
from octy.http.batches import BatchReader, Sent
from octy.http.body import body
from octy.http.errors import speakable
from octy.http.idempotency import write_batch
from octy.http.queries import CursorHeader, Ids, page_headers, split_ids
from octy.http.requests import OctyRequest
from octy.http.wire.event_types import (
    DeletedEventType,
    EventTypeDeleteFailure,
    EventTypeFailure,
    EventTypeList,
    EventTypesCreated,
    EventTypesDeleted,
    EventTypesToCreate,
    EventTypesToDelete,
    EventTypeToCreate,
    shown,
)
from octy.model import limits
from octy.model.events import EventType, EventTypeDraft
from octy.model.idempotency import Answer
from octy.model.outcomes import Outcome

_read_created = BatchReader(
    "event_types", EventTypeToCreate, limits.EVENT_TYPES_PER_REQUEST_MAX, EventTypeToCreate.draft
).read
_read_deleted = BatchReader[str, str]("event_type_ids", str, limits.IDS_PER_REQUEST_MAX).read


@get("/", sync_to_thread=True)
def list_event_types(request: OctyRequest, ids: Ids = None, cursor: CursorHeader = None) -> Json[EventTypeList]:
    """Which custom event types are there? All in one page."""
    found = request.reading.event_types(request.account_id, split_ids(ids))
    rows = [shown(event_type) for event_type in found[cursor or 0 :]]
    meta = success(f"{counted(len(rows), 'event type')}.", len(rows), len(found))
    return ok(EventTypeList(meta, rows), page_headers(rows))


@post("/create", dto=body(EventTypesToCreate, _read_created))
async def create_event_types(request: OctyRequest, data: JSONBody[Sent[EventTypeDraft]]) -> Json[EventTypesCreated]:
    """Create event types."""

    def answer(outcome: Outcome[EventType]) -> Answer:
        failed = [
            EventTypeFailure(data.fields(one.index).text("event_type"), speakable(one.message), one.index)
            for one in outcome.failed
        ]
        done = len(outcome.done)
        meta = success(f"{counted(done, 'event type')} created.", done, done + len(failed))
        return Answer(201, encode(EventTypesCreated(meta, [shown(one) for one in outcome.done], failed)))

    octy, account_id = request.octy, request.account_id
    return await write_batch(
        request, data, lambda drafts, once: octy.create_event_types(account_id, drafts, once), answer
    )


@post("/delete", status_code=200, dto=body(EventTypesToDelete, _read_deleted))
async def delete_event_types(request: OctyRequest, data: JSONBody[Sent[str]]) -> Json[EventTypesDeleted]:
    """Delete event types that no active segment and no event uses (E7)."""

    def answer(outcome: Outcome[str]) -> Answer:
        failed = [
            EventTypeDeleteFailure(data.fields(one.index).whole_text(), speakable(one.message), one.index)
            for one in outcome.failed
        ]
        done = len(outcome.done)
        meta = success(f"{counted(done, 'event type')} deleted.", done, done + len(failed))
        return Answer(200, encode(EventTypesDeleted(meta, [DeletedEventType(one) for one in outcome.done], failed)))

    octy, account_id = request.octy, request.account_id
    return await write_batch(request, data, lambda ids, once: octy.delete_event_types(account_id, ids, once), answer)


def router() -> Router:
    """The routes of this module."""
    return Router(
        "/v1/retention/events/types",
        route_handlers=[list_event_types, create_event_types, delete_event_types],
        tags=["Event types"],
    )
