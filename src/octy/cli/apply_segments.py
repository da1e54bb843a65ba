"""`kind: segments`: definitions, judged by rules D1 to D11 before any is sent (wire.md 3.5, 5).

Two definitions are the same where they mean the same (V2). One that differs from that of the segment of its name is a
replacement: the server changes none, so the old segment is deleted by its rules (X1, X2), and the new one takes the
name once it is free.
"""

from collections.abc import Callable, Sequence, Set
from functools import partial
from typing import Any, NamedTuple

from msgspec.structs import asdict, replace

from octy.cli import deleting
from octy.cli.apply_event_types import Comparison
from octy.cli.checks import Checks
from octy.cli.documents import Document, Trail
from octy.cli.failures import LinesRefused
from octy.cli.locate import placed
from octy.cli.output import complain_all, counted, say
from octy.cli.plan import Change, Sign, Stage
from octy.client import Octy, RequestRefused
from octy.client.envelope import ErrorLine
from octy.client.views import SegmentView
from octy.model.definitions import DefinitionRefused, from_wire, from_yaml, in_yaml_words, to_yaml
from octy.model.errors import Violation
from octy.model.rules import Surroundings
from octy.model.segments import SegmentDefinition, SegmentStatus
from octy.model.values import canonical_items

KIND = "segments"
DEFINITIONS = "segmentDefinitions"
NOUN = "segment"
PATIENCE_SECONDS = 5.0
"""Between two looks at whether a name is free."""
REPLACED = (
    "A replacement: the old one makes no tag from now on, but keeps its name and its tags until its deletion is "
    "through, within 72 hours (X1, X2).",
    "Only then the new one can be created: apply again, or wait for it with --wait.",
)
BARRED = "its name is free once a deletion is through, within 72 hours (X2)"


class Located(NamedTuple):
    """A definition, and where it stands."""

    document: Document
    trail: Trail
    raw: object
    definition: SegmentDefinition

    @property
    def name(self) -> str:
        """The segment's."""
        return self.definition.name

    @property
    def place(self) -> str:
        """`segments.yml:12:3`."""
        return self.document.place(self.trail)


class Segments:
    """The definitions of all files."""

    def __init__(self) -> None:
        self.named: dict[str, Located] = {}
        self._is_any = False

    def read(self, document: Document) -> None:
        """Judges a document of them."""
        self._is_any = True
        checks = Checks(document)
        elements = list(checks.elements(checks.mapping(document.root, ()), (DEFINITIONS,)))
        checks.done()
        violations: list[Violation] = []
        for trail, raw in elements:
            try:
                definition, _ = from_yaml(raw, Surroundings(taken_names=frozenset(self.named)))
                self.named[definition.name] = Located(document, trail, raw, definition)
            except DefinitionRefused as refused:
                violations += [placed(document, trail, raw, violation) for violation in refused.problems]
        if violations:
            raise LinesRefused([str(violation) for violation in violations])

    def stages(
        self, server: Octy, types: Comparison, *, prune: bool, wait: Callable[[float], None] | None
    ) -> list[Stage]:
        """What is to change of them. LinesRefused where one does not fit the event types as they will be (D9)."""
        if not self._is_any:
            return []
        warnings = self._warnings(Surroundings(event_types=types.after()))
        there = {view.segment_name: view for view in server.segments()}
        return [_Comparison(self.named, there, prune=prune, wait=wait).stage(warnings)]

    def _warnings(self, around: Surroundings) -> list[str]:
        warnings: list[str] = []
        violations: list[Violation] = []
        for one in self.named.values():
            try:
                warnings += [f"{one.place}: warning: {warning}" for warning in from_yaml(one.raw, around)[1]]
            except DefinitionRefused as refused:
                violations += [placed(one.document, one.trail, one.raw, violation) for violation in refused.problems]
        if violations:
            raise LinesRefused([str(violation) for violation in violations])
        return warnings


class _Comparison:
    """The definitions of the files beside the segments of the account."""

    def __init__(
        self,
        named: dict[str, Located],
        there: dict[str, SegmentView],
        *,
        prune: bool,
        wait: Callable[[float], None] | None,
    ) -> None:
        self._wait = wait
        self._there = there
        self._new = [one for name, one in named.items() if name not in there]
        self._barred = [one for name, one in named.items() if name in there and _is_going(there[name])]
        staying = [one for name, one in named.items() if name in there and not _is_going(there[name])]
        self._changed = [one for one in staying if not _means_the_same(one.definition, there[one.name])]
        self._unchanged_count = len(staying) - len(self._changed)
        gone = [view for name, view in there.items() if name not in named and not _is_going(view)]
        self._gone = gone if prune else []

    def stage(self, warnings: Sequence[str]) -> Stage:
        """All of it."""
        changes = [Change(Sign.CREATE, NOUN, one.name, None, to_yaml(one.definition)) for one in self._new]
        changes += [
            Change(Sign.CHANGE, NOUN, one.name, in_yaml(self._there[one.name]), to_yaml(one.definition), REPLACED)
            for one in self._changed
        ]
        changes += [Change(Sign.DELETE, NOUN, view.segment_name, in_yaml(view), None) for view in self._gone]
        barred = [] if self._wait is None else self._barred
        changes += [Change(Sign.CREATE, NOUN, one.name, None, to_yaml(one.definition), (BARRED,)) for one in barred]
        waiting = [f"{NOUN} {one.name}: {BARRED}" for one in self._barred if one not in barred]
        return Stage(NOUN, changes, self._unchanged_count, partial(self._run, told=warnings), waiting, warnings)

    def _run(self, server: Octy, told: Sequence[str]) -> bool:
        old = [*(self._there[one.name] for one in self._changed), *self._gone]
        is_all_done = not old or deleting.carry_out(
            server, deleting.REPLACED_SEGMENTS, [view.segment_id for view in old]
        )
        if self._new:
            is_all_done &= _create(server, self._new, told)
        barred = [*self._barred, *self._changed]
        if self._wait is None or not barred or not is_all_done:
            return is_all_done
        self._await({one.name for one in barred}, server, self._wait)
        return _create(server, barred, told)

    def _await(self, names: Set[str], server: Octy, wait: Callable[[float], None]) -> None:
        """Until nothing bears the names."""
        say(f"Waiting until {counted(len(names), 'name')} can be taken, for up to 72 hours; Ctrl-C ends it.")
        while any(view.segment_name in names for view in server.segments()):
            wait(PATIENCE_SECONDS)


def in_yaml(view: SegmentView) -> dict[str, Any]:
    """A segment's definition in the words of a file."""
    return to_yaml(definition_of(view))


def definition_of(view: SegmentView) -> SegmentDefinition:
    """What the server shows of a segment is a definition that it has accepted."""
    definition, _ = from_wire(
        {
            "segment_name": view.segment_name,
            "segment_type": view.segment_type,
            "segment_sub_type": view.segment_sub_type,
            "segment_timeframe": view.segment_timeframe,
            "event_sequence": [asdict(step) for step in view.event_sequence],
            "profile_property_name": view.profile_property_name,
            "profile_property_value": view.profile_property_value,
        }
    )
    return definition


def _is_going(view: SegmentView) -> bool:
    return view.segment_status == SegmentStatus.PENDING_DELETION


def _means_the_same(definition: SegmentDefinition, view: SegmentView) -> bool:
    return _meaning(definition) == _meaning(definition_of(view))


def _meaning(definition: SegmentDefinition) -> tuple[object, ...]:
    steps = [
        (step.event_type, step.is_inaction, step.exp_timeframe_minutes, canonical_items(step.event_properties))
        for step in definition.event_sequence
    ]
    bare = replace(definition, event_sequence=())
    return bare, steps


def _create(server: Octy, wanted: Sequence[Located], told: Sequence[str]) -> bool:
    created_count = 0
    for one in wanted:
        try:
            created = server.create_segment(one.definition)
        except RequestRefused as refused:
            complain_all(_complaint(one, line) for line in refused.lines)
            continue
        created_count += 1
        say(f"Created segment: '{created.segment_name}' with ID: {created.segment_id}")
        warnings = [f"{one.place}: warning: {warning}" for warning in created.warnings]
        complain_all(warning for warning in warnings if warning not in told)
    say(f"Created a total of {counted(created_count, NOUN)}")
    return created_count == len(wanted)


def _complaint(one: Located, line: ErrorLine) -> str:
    """The server's words, with the place of the field that they are about, where they name one."""
    place, reason = one.place, line.error_message
    if line.rule and line.path:
        found = in_yaml_words(Violation(line.rule, line.path, line.found or "", line.wanted or ""))
        violation = placed(one.document, one.trail, one.raw, found)
        place, reason = violation.place or place, str(replace(violation, place=None))
    return f"{place}: Failed to create segment '{one.name}': {reason}"
