"""`kind: eventTypes`: names and property keys (wire.md 3.4, 5; semantics E1, E7).

The server cannot change an event type, so one with other properties is deleted and created anew. It lets that be where
nothing uses the type, and says what does otherwise.
"""

from collections.abc import Set
from typing import Any, NamedTuple

from octy.cli import deleting
from octy.cli.checks import Checks, Fields
from octy.cli.documents import Document, Trail
from octy.cli.output import complain, counted, say
from octy.cli.plan import Change, Sign, Stage
from octy.client import Octy, SomeFailed
from octy.client.errors import FailedOne
from octy.client.views import EventTypeView
from octy.model.events import SYSTEM_EVENT_TYPES, EventTypeDraft
from octy.model.values import name_problems, shown

KIND = "eventTypes"
DEFINITIONS = "eventTypeDefinitions"
NOUN = "event type"
REPLACED = "Deleted and created anew; the server refuses that while a segment or an event uses it (E7)."


class Named(NamedTuple):
    """An event type, and where it stands."""

    draft: EventTypeDraft
    document: Document
    trail: Trail


class EventTypes:
    """The event types of all files."""

    def __init__(self) -> None:
        self.named: dict[str, Named] = {}
        self._is_any = False

    def read(self, document: Document) -> None:
        """Judges a document of them."""
        self._is_any = True
        checks = Checks(document)
        root = checks.mapping(document.root, ())
        for trail, element in checks.elements(root, (DEFINITIONS,)):
            draft = _draft(checks, checks.mapping(element, trail), trail)
            if draft.event_type and draft.event_type in self.named:
                checks.wrong((*trail, "eventType"), "a name that appears once", shown(draft.event_type))
            self.named[draft.event_type] = Named(draft, document, trail)
        checks.done()

    def compared(self, server: Octy, *, prune: bool) -> "Comparison":
        """With what is there."""
        return Comparison(self.named, list(server.event_types()), prune=prune and self._is_any)


class Comparison:
    """The event types of the files beside those of the account."""

    def __init__(self, named: dict[str, Named], there: list[EventTypeView], *, prune: bool) -> None:
        self._named = named
        self._there = {view.event_type: view for view in there}
        self._changed = [
            self._there[name]
            for name, one in named.items()
            if name in self._there and set(self._there[name].event_properties or ()) != set(one.draft.event_properties)
        ]
        self._new = [one for name, one in named.items() if name not in self._there]
        self._gone = [view for view in there if view.event_type not in named] if prune else []

    def after(self) -> dict[str, Set[str]]:
        """The property keys of each event type, as they will be: what definitions are judged against (D9)."""
        gone = {view.event_type for view in self._gone}
        there = {name: view.event_properties or () for name, view in self._there.items() if name not in gone}
        named = {name: one.draft.event_properties for name, one in self._named.items()}
        return {name: frozenset(keys) for name, keys in (dict(SYSTEM_EVENT_TYPES) | there | named).items()}

    def creation(self) -> list[Stage]:
        """Those that are missing, or have other properties."""
        if not self._named:
            return []
        changes = [Change(Sign.CREATE, NOUN, one.draft.event_type, None, in_yaml(one.draft)) for one in self._new]
        changes += [
            Change(
                Sign.CHANGE,
                NOUN,
                view.event_type,
                in_yaml(view),
                in_yaml(self._named[view.event_type].draft),
                (REPLACED,),
            )
            for view in self._changed
        ]
        return [Stage(NOUN, changes, len(self._named) - len(changes), self._create)]

    def removal(self) -> list[Stage]:
        """Those that no file names, where they are to go."""
        if not self._gone:
            return []
        changes = [Change(Sign.DELETE, NOUN, view.event_type, in_yaml(view), None) for view in self._gone]
        ids = [view.event_type_id for view in self._gone]
        return [Stage(NOUN, changes, 0, lambda server: deleting.carry_out(server, deleting.EVENT_TYPES, ids))]

    def _create(self, server: Octy) -> bool:
        deleted, is_all_done = self._delete_changed(server)
        wanted = [*self._new, *(self._named[view.event_type] for view in deleted)]
        if not wanted:
            return is_all_done
        failed: list[FailedOne] = []
        try:
            created = server.create_event_types(one.draft for one in wanted)
        except SomeFailed as some:
            created, failed = some.done, some.failed
        for one in created:
            say(f"Created event type: '{one.event_type}' with ID: {one.event_type_id}")
        for failure in failed:
            complain(_failure(wanted[failure.index], failure.reason))
        say(f"Created a total of {counted(len(created), NOUN)}")
        return is_all_done and not failed

    def _delete_changed(self, server: Octy) -> tuple[list[EventTypeView], bool]:
        """Those that could be deleted, and whether that is all."""
        if not self._changed:
            return [], True
        refused: list[FailedOne] = []
        try:
            server.delete_event_types(view.event_type_id for view in self._changed)
        except SomeFailed as some:
            refused = some.failed
        for one in refused:
            named = self._named[self._changed[one.index].event_type]
            place = named.document.place(named.trail)
            complain(f"{place}: Failed to change event type '{named.draft.event_type}': {one.reason}")
        kept = {one.index for one in refused}
        return [view for index, view in enumerate(self._changed) if index not in kept], not refused


def in_yaml(one: EventTypeDraft | EventTypeView) -> dict[str, Any]:
    """In the words of a file."""
    return {"eventType": one.event_type, "eventProperties": list(one.event_properties or ())}


def _draft(checks: Checks, fields: Fields, trail: Trail) -> EventTypeDraft:
    at: Trail = (*trail, "eventType")
    name = checks.text(fields, at).strip()
    for problem in name_problems(name, "") if name else ():
        checks.wrong(at, problem.wanted, problem.found)
    if name in SYSTEM_EVENT_TYPES:
        checks.wrong(at, "a name that is none of the system's", shown(name))
    properties = checks.texts(fields, (*trail, "eventProperties"))
    checks.warn_of_unknown(fields, trail, ("eventType", "eventProperties"))
    return EventTypeDraft(name, tuple(properties))


def _failure(named: Named, reason: str) -> str:
    place = named.document.place((*named.trail, "eventType"))
    return f"{place}: Failed to create event type '{named.draft.event_type}': {reason}"
