"""Routes that take in events (wire.md 3.10; semantics E2, E8): the hottest of all.

Litestar routes and documents them; what they do, `add_event` and `add_events`, `octy.http.lane` does without it too.
"""

from typing import Any, cast

import msgspec
from litestar import Router, post
from litestar.params import JSONBody

from octy.http.answers import Json, counted, encode, success
from octy.http.auth import INGESTS
from octy.http.batches import BatchReader, Sent
from octy.http.body import body, reader
from octy.http.errors import all_failed, speakable
from octy.http.idempotency import write, write_batch
from octy.http.requests import Asking, OctyRequest
from octy.http.wire.created import encode_created
from octy.http.wire.events import (
    EventCreated,
    EventFailure,
    EventsCreated,
    EventsToCreate,
    EventToCreate,
    created_alone,
)
from octy.model import limits
from octy.model.events import EventDraft, EventInstance, EventInstances, PlainEventDraft, pack, unpacked
from octy.model.idempotency import Answer
from octy.model.outcomes import Failure, Outcome
from octy.model.values import property_problems

PATH = "/v1/retention/events"

read_event = reader(EventDraft, plain=PlainEventDraft)
read_events = BatchReader[EventDraft, EventDraft](
    "events", EventDraft, limits.EVENTS_PER_BATCH_MAX, plain=PlainEventDraft, pack=pack
).read


@post("/create", dto=body(EventToCreate, read_event), opt=INGESTS)
async def create_event(request: OctyRequest, data: JSONBody[EventDraft]) -> Json[EventCreated]:
    """Store one event. Once it is answered, the profile bears the tags that it causes (T5)."""
    return await add_event(request, data)


@post("/create/batch", dto=body(EventsToCreate, read_events), opt=INGESTS)
async def create_events(request: OctyRequest, data: JSONBody[Sent[EventDraft]]) -> Json[EventsCreated]:
    """Store up to 500 events. Each is judged alone; those that are not accepted are told of one by one (E2)."""
    return await add_events(request, data)


def router() -> Router:
    """The routes of this module."""
    return Router(PATH, route_handlers=[create_event, create_events], tags=["Events"])


async def add_event(request: Asking, draft: EventDraft) -> Json[EventCreated]:
    """Stores an event, and answers."""

    def answer(outcome: Outcome[EventInstance]) -> Answer:
        if outcome.failed:
            return all_failed("The event was not accepted.", outcome.failed)
        return Answer(201, encode(created_alone(outcome.done[0], success("The event is created.", 1))))

    octy, account_id = request.octy, request.account_id
    return await write(request, lambda once: octy.ingest(account_id, [draft], once), answer)


async def add_events(request: Asking, sent: Sent[EventDraft]) -> Json[EventsCreated]:
    """Stores the good ones of several events, and answers."""

    def answer(outcome: Outcome[EventInstance]) -> Answer:
        assert isinstance(outcome.done, EventInstances), "the service's word for many"
        failed = [_failure(sent, one) for one in outcome.failed]
        done = len(outcome.done)
        meta = success(f"{counted(done, 'event')} created.", done, done + len(failed))
        return Answer(201, encode_created(meta, outcome.done, failed))

    octy, account_id = request.octy, request.account_id
    octy.unread_events += sent.unread_count
    return await write_batch(request, sent, lambda drafts, once: octy.ingest(account_id, drafts, once), answer)


def _failure(sent: Sent[EventDraft], failure: Failure) -> EventFailure:
    """The failure with the event's own words, except for properties that not every client could read back.

    These as JSON, for there may be as many of them as a body can hold.
    """
    fields = sent.fields(failure.index)
    properties = unpacked(fields.value("event_properties"))
    if not isinstance(properties, dict) or any(property_problems(properties, "")):
        properties = None
    as_json = cast("Any", msgspec.Raw(msgspec.json.encode(properties)))
    return EventFailure(
        fields.text("event_type"), as_json, fields.text("profile_id"), speakable(failure.message), failure.index
    )
