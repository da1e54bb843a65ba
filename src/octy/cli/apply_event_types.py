"""`kind: eventTypes`: names and property keys (wire.md 3.4, 5)."""

from collections.abc import Callable

import msgspec

from octy.cli.answers import EventTypesAnswer, FailedObject
from octy.cli.batches import failures_of, slices
from octy.cli.checks import Checks, Fields
from octy.cli.documents import Document, Trail
from octy.cli.output import complain, counted, say
from octy.cli.transport import RequestRefused, Server
from octy.model.events import SYSTEM_EVENT_TYPES, EventTypeDraft
from octy.model.limits import EVENT_TYPES_PER_REQUEST_MAX
from octy.model.values import name_problems, shown

DEFINITIONS = "eventTypeDefinitions"


def apply_event_types(document: Document) -> Callable[[Server], bool]:
    """Judges the event types; the result creates them, and is False if any was refused."""
    checks = Checks(document)
    root = checks.mapping(document.root, ())
    drafts: list[EventTypeDraft] = []
    names: set[str] = set()
    for trail, element in checks.elements(root, (DEFINITIONS,)):
        draft = _draft(checks, checks.mapping(element, trail), trail)
        if draft.event_type and draft.event_type in names:
            checks.wrong((*trail, "eventType"), "a name that appears once", shown(draft.event_type))
        names.add(draft.event_type)
        drafts.append(draft)
    checks.done()
    return lambda server: _create(server, document, drafts)


def _draft(checks: Checks, fields: Fields, trail: Trail) -> EventTypeDraft:
    at: Trail = (*trail, "eventType")
    name = checks.text(fields, at).strip()
    for problem in name_problems(name, "") if name else ():
        checks.wrong(at, problem.wanted, problem.found)
    if name in SYSTEM_EVENT_TYPES:
        checks.wrong(at, "a name that is none of the system's", shown(name))
    properties = checks.texts(fields, (*trail, "eventProperties"), count_min=0)
    checks.warn_of_unknown(fields, trail, ("eventType", "eventProperties"))
    return EventTypeDraft(name, tuple(properties))


def _create(server: Server, document: Document, drafts: list[EventTypeDraft]) -> bool:
    created_count = failed_count = 0
    for start, some in slices(drafts, EVENT_TYPES_PER_REQUEST_MAX):
        body = msgspec.json.encode({"event_types": some})
        try:
            answer = server.post("/v1/retention/events/types/create", body, EventTypesAnswer)
        except RequestRefused as refused:
            answer = EventTypesAnswer([], failed_to_create=failures_of(refused, len(some)))
        for created in answer.event_types:
            say(f"Created event type: '{created.event_type}' with ID: {created.event_type_id}")
        for failed in answer.failed_to_create:
            complain(_failure(document, drafts, start, failed))
        created_count += len(answer.event_types)
        failed_count += len(answer.failed_to_create)
    say(f"Created a total of {counted(created_count, 'event type')}")
    return failed_count == 0 and created_count == len(drafts)


def _failure(document: Document, drafts: list[EventTypeDraft], start: int, failed: FailedObject) -> str:
    """With the place and name of the event type, where the server says which one it is."""
    if failed.index is None or not 0 <= start + failed.index < len(drafts):
        return f"Failed to create an event type: {failed.error_message}"
    index = start + failed.index
    place = document.place((DEFINITIONS, index, "eventType"))
    return f"{place}: Failed to create event type '{drafts[index].event_type}': {failed.error_message}"
