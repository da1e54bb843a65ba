"""`kind: segments`: definitions, judged by rules D1 to D11 before any is sent (wire.md 3.5, 5).

What only the server can judge (a taken name, unknown property keys) it judges when each is created; its violations
too are shown with their places in the file.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from octy.cli.checks import Checks
from octy.cli.documents import Document, Trail
from octy.cli.failures import LinesRefused
from octy.cli.locate import placed
from octy.cli.output import complain_all, counted, say
from octy.client import Octy, RequestRefused
from octy.client.envelope import ErrorLine
from octy.model.definitions import DefinitionRefused, from_yaml, in_yaml_words
from octy.model.errors import Violation
from octy.model.rules import Surroundings
from octy.model.segments import SegmentDefinition

DEFINITIONS = "segmentDefinitions"


class _Located(NamedTuple):
    trail: Trail
    raw: object
    definition: SegmentDefinition


def apply_segments(document: Document) -> Callable[[Octy], bool]:
    """Judges the definitions; the result creates them one by one, and is False if any was refused."""
    checks = Checks(document)
    elements = list(checks.elements(checks.mapping(document.root, ()), (DEFINITIONS,)))
    checks.done()
    good: list[_Located] = []
    violations: list[Violation] = []
    for trail, raw in elements:
        taken_names = frozenset(located.definition.name for located in good)
        try:
            definition, _ = from_yaml(raw, Surroundings(taken_names=taken_names))
            good.append(_Located(trail, raw, definition))
        except DefinitionRefused as refused:
            violations += [placed(document, trail, raw, violation) for violation in refused.problems]
    if violations:
        raise LinesRefused([str(violation) for violation in violations])
    return lambda server: _create(server, document, good)


def _create(server: Octy, document: Document, good: Sequence[_Located]) -> bool:
    created_count = 0
    for located in good:
        try:
            created = server.create_segment(located.definition)
        except RequestRefused as refused:
            complain_all(_complaint(document, located, line) for line in refused.lines)
            continue
        created_count += 1
        say(f"Created segment: '{created.segment_name}' with ID: {created.segment_id}")
        complain_all(f"{document.place(located.trail)}: warning: {warning}" for warning in created.warnings)
    say(f"Created a total of {counted(created_count, 'segment')}")
    return created_count == len(good)


def _complaint(document: Document, located: _Located, line: ErrorLine) -> str:
    """The server's words, with the place of the field that they are about, where they name one."""
    place, reason = document.place(located.trail), line.error_message
    if line.rule and line.path:
        found = in_yaml_words(Violation(line.rule, line.path, line.found or "", line.wanted or ""))
        violation = placed(document, located.trail, located.raw, found)
        place, reason = violation.place or place, str(replace(violation, place=None))
    return f"{place}: Failed to create segment '{located.definition.name}': {reason}"
