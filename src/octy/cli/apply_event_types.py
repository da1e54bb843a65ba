"""`kind: eventTypes`: names and property keys (wire.md 3.4, 5)."""

from collections.abc import Callable

from octy.cli.checks import Checks, Fields
from octy.cli.documents import Document, Trail
from octy.cli.output import complain, counted, say
from octy.client import Octy, SomeFailed
from octy.client.errors import FailedOne
from octy.model.events import SYSTEM_EVENT_TYPES, EventTypeDraft
from octy.model.values import name_problems, shown

DEFINITIONS = "eventTypeDefinitions"


def apply_event_types(document: Document) -> Callable[[Octy], bool]:
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


def _create(server: Octy, document: Document, drafts: list[EventTypeDraft]) -> bool:
    try:
        created, failed = server.create_event_types(drafts), []
    except SomeFailed as some:
        created, failed = some.done, some.failed
    for one in created:
        say(f"Created event type: '{one.event_type}' with ID: {one.event_type_id}")
    for failure in failed:
        complain(_failure(document, drafts, failure))
    say(f"Created a total of {counted(len(created), 'event type')}")
    return not failed


def _failure(document: Document, drafts: list[EventTypeDraft], failed: FailedOne) -> str:
    place = document.place((DEFINITIONS, failed.index, "eventType"))
    return f"{place}: Failed to create event type '{drafts[failed.index].event_type}': {failed.reason}"
