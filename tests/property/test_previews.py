"""A preview and a backfill, over events in any runs, against the plain rules (P1 to P3)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octy.engine import folding, kinds
from octy.engine.backfill import fold_runs
from octy.engine.batch import Bools
from octy.engine.engine import Engine
from octy.engine.kernels.layout import ACTIONS, INACTION, START
from octy.engine.preview import members
from octy.model.instants import US_PER_DAY, parse_instant
from octy.model.segments import SegmentDefinition
from octy.model.values import canonical
from tests.property.happenings import DOINGS, WINDOW_DAYS, Doing, past_definitions
from tests.property.harness import SortedRun, StoredEvent
from tests.reference.model import occur_in_order
from tests.reference.segment import Event, Segment

NOW_US = parse_instant("2024-02-28T00:00:00Z")
PROFILES = 5
AGES_US = [
    *(edge_us + days * US_PER_DAY for days in (*WINDOW_DAYS, 4, 3_650) for edge_us in (-1, 0, 1)),
    *(0, 1, US_PER_DAY // 2, 5 * US_PER_DAY // 2),
]


class Happened(NamedTuple):
    """An event, so long before now."""

    profile: int
    doing: Doing
    age_us: int


happened = st.builds(Happened, st.integers(0, PROFILES - 1), st.sampled_from(DOINGS), st.sampled_from(AGES_US))


def stored(events: Sequence[Happened]) -> list[StoredEvent]:
    """In the order in which they were accepted."""
    return [
        StoredEvent(seq, one.profile, one.doing.event_type, NOW_US - one.age_us, NOW_US, one.doing.properties)
        for seq, one in enumerate(events, 1)
    ]


def runs_of(rows: Sequence[StoredEvent], rows_per_run: int) -> tuple[list[SortedRun], dict[str, int]]:
    numbers = {"pay": 3, "view": 5, "cart": 4}
    return [SortedRun(rows[at : at + rows_per_run], numbers) for at in range(0, len(rows), rows_per_run)], numbers


def by_the_rules(definitions: Sequence[SegmentDefinition], rows: Sequence[StoredEvent]) -> list[list[bool]]:
    """P1 to P3, one profile and one segment after the other."""
    told = [
        Event(
            row.seq,
            row.profile,
            row.event_type,
            row.created_us,
            row.accepted_us,
            {key: canonical(value) for key, value in (row.properties or {}).items()},
        )
        for row in sorted(rows, key=lambda row: (row.created_us, row.seq))
    ]
    return [
        [
            is_member(Segment(1, definition, 0, 0), [event for event in told if event.profile == profile])
            for profile in range(PROFILES)
        ]
        for definition in definitions
    ]


def is_member(segment: Segment, events: Sequence[Event]) -> bool:
    window = [event for event in events if NOW_US - segment.window_us < event.created_us <= NOW_US]
    if any(inaction.matches(event) for inaction in segment.inactions for event in window):
        return False
    return occur_in_order(segment.actions, window)


def backfilled(
    definitions: Sequence[SegmentDefinition], numbers: dict[str, int], runs: Sequence[SortedRun], threads: int
) -> Bools:
    """Who is a member by what backfills keep (P5)."""
    engine = Engine(NOW_US)
    engine.ensure_profiles(PROFILES)
    backfills = [engine.begin_backfill(key, definition) for key, definition in enumerate(definitions)]
    fold_runs(backfills, numbers, runs, PROFILES, NOW_US, threads)
    found = np.zeros((len(definitions), PROFILES), np.bool_)
    for place, backfill in enumerate(backfills):
        spec, rows = backfill.spec, backfill.complete(PROFILES)[:PROFILES]
        since_us = NOW_US + 1 - backfill.definition.window_us
        found[place] = rows[:, START + spec[ACTIONS] - 1] > since_us
        if spec[INACTION]:
            found[place] &= rows[:, spec[INACTION]] <= since_us
    return found


@pytest.mark.parametrize("kinds_per_type", [1, 3, 256])
@settings(deadline=None)
@given(
    definitions=st.lists(past_definitions(), min_size=1, max_size=8),
    copies=st.sampled_from([1, 1, 9]),
    events=st.lists(happened, max_size=40),
    rows_per_run=st.sampled_from([1, 4, 40]),
    threads=st.integers(1, 2),
    rows_per_range=st.sampled_from([1, 1_000]),
)
def test_members_are_those_of_the_rules(
    kinds_per_type: int,
    definitions: list[SegmentDefinition],
    copies: int,
    events: list[Happened],
    rows_per_run: int,
    threads: int,
    rows_per_range: int,
) -> None:
    """Copies need more than a word of bits; few kinds leave properties to be compared event by event."""
    rows = stored(events)
    runs, numbers = runs_of(rows, rows_per_run)
    wanted = by_the_rules(definitions, rows) * copies
    asked = definitions * copies
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kinds, "KINDS_PER_TYPE_MAX", kinds_per_type)
        patch.setattr(folding, "ROWS_PER_RANGE", rows_per_range)
        assert members(asked, numbers, runs, PROFILES, NOW_US, threads).tolist() == wanted
        assert backfilled(asked, numbers, runs, threads).tolist() == wanted
