"""Can a dataset be made as it is asked for, and what would leak into it?"""

from collections.abc import Iterator, Mapping, Sequence

from octy.model.datasets import DatasetQuestion, colliding_names
from octy.model.errors import Problem, Refused
from octy.model.instants import US_PER_DAY, iso
from octy.model.leaks import leaks_of_tags
from octy.model.segments import SegmentDefinition
from octy.model.values import shown

LOOKBACK_DAYS = 90
"""How far the counts look back that are not over all time."""


def check(
    question: DatasetQuestion, definitions: Sequence[SegmentDefinition], event_types: Mapping[str, object], aged_us: int
) -> None:
    """Refused with all that speaks against it. Events before `aged_us` may be gone; 0 where none is."""
    problems = list(_problems(question, definitions, event_types, aged_us))
    if problems:
        raise Refused("The dataset cannot be made.", problems)


def check_strictly(definitions: Sequence[SegmentDefinition], question: DatasetQuestion) -> None:
    """Refused where a tag leaks, with the reasons."""
    leaks = list(leaks_of_tags(definitions, question))
    if leaks:
        raise Refused(
            "The dataset would leak.", [Problem(one.column, f"one: {one.reason}", "no leak") for one in leaks]
        )


def _problems(
    question: DatasetQuestion, definitions: Sequence[SegmentDefinition], event_types: Mapping[str, object], aged_us: int
) -> Iterator[Problem]:
    if question.asked_type not in event_types:
        yield Problem("label", shown(question.asked_type), "an event type that there is")
    yield from colliding_names([one.name for one in definitions])
    windows_us = [LOOKBACK_DAYS * US_PER_DAY, *(one.window_us for one in definitions)]
    since_us = aged_us + max(windows_us)
    if aged_us and question.instants_us[0] < since_us:
        wanted = f"{iso(since_us)} or later: events before {iso(aged_us)} are not kept, and rows look back on them"
        yield Problem("as_of", iso(question.instants_us[0]), wanted)
