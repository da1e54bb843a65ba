"""A past segment takes all stored events, in whatever order they came, before it goes to work (P6, P7)."""

from itertools import permutations

import numpy as np
import pytest

from octy.engine.backfill import Backfill, fold_runs
from octy.engine.batch import EventBatch
from octy.engine.engine import Engine
from octy.model.instants import US_PER_DAY
from octy.model.segments import SegmentDefinition
from tests.property.happenings import Doing, defined, step
from tests.property.harness import SortedRun, StoredEvent

NUMBERS = {"view": 4, "cart": 3, "pay": 9}
NOON_US = 20_000 * US_PER_DAY
ORDERS = list(permutations(["view", "cart", "pay"]))
"""In which order three events may be accepted: each profile has one of its own."""
AT_US = {"view": NOON_US - 30, "cart": NOON_US - 20, "pay": NOON_US - 10}
"""When each has happened."""


def past(*event_types: str, inaction: str | None = None) -> SegmentDefinition:
    steps = [step(Doing(event_type, None), "action") for event_type in event_types]
    steps += [step(Doing(inaction, None), "inaction")] if inaction else []
    return defined("past", 2 if inaction else 1, 1, steps)


def begun(*definitions: SegmentDefinition) -> tuple[Engine, list[Backfill]]:
    engine = Engine(NOON_US)
    engine.ensure_profiles(len(ORDERS))
    return engine, [engine.begin_backfill(key, definition) for key, definition in enumerate(definitions)]


def members(engine: Engine, backfill: Backfill) -> list[int]:
    return list(engine.finish_backfill(backfill).profile)


@pytest.mark.parametrize("rows_per_run", [1, 2, 3, 18])
def test_events_of_runs_are_folded_in_the_order_in_which_they_happened(rows_per_run: int) -> None:
    engine, backfills = begun(
        past("view", "cart", "pay"), past("view", "pay"), past("pay", "view"), past("pay"), past("view", inaction="pay")
    )
    seqs = [(seq, profile, what) for seq in range(3) for profile, what in enumerate(order[seq] for order in ORDERS)]
    rows = [
        StoredEvent(place + 1, profile, what, AT_US[what], NOON_US, None)
        for place, (_, profile, what) in enumerate(seqs)
    ]
    runs = [SortedRun(rows[at : at + rows_per_run], NUMBERS) for at in range(0, len(rows), rows_per_run)]
    fold_runs(backfills, NUMBERS, runs, len(ORDERS), NOON_US, threads=1)
    everybody = list(range(len(ORDERS)))
    assert [members(engine, one) for one in backfills] == [everybody, everybody, [], everybody, []]


def accepted(engine: Engine, *events: tuple[int, str]) -> EventBatch:
    rows = [(profile, engine.event_type_code(what), AT_US[what], NOON_US, None) for profile, what in events]
    return EventBatch.of(rows)


@pytest.mark.parametrize("actions", [("view", "pay"), ("view", "cart", "pay")])
def test_who_came_out_of_order_is_folded_anew_where_order_matters(actions: tuple[str, ...]) -> None:
    engine, (backfill,) = begun(past(*actions))
    backfill.fold(accepted(engine, (0, "pay"), (1, "view"), (0, "cart"), (1, "cart"), (0, "view"), (1, "pay")))
    asked = backfill.history_needed()
    assert asked is not None
    assert asked.profiles.tolist() == [0]
    assert set(asked.event_types.tolist()) == {engine.event_type_code(what) for what in actions}
    backfill.refold(asked.profiles, accepted(engine, (0, "view"), (0, "cart"), (0, "pay")))
    assert backfill.history_needed() is None
    newest_us = backfill.newest_us(3)
    assert newest_us is not None
    assert newest_us.tolist() == [AT_US["pay"] + 1, AT_US["pay"] + 1, 0]
    assert members(engine, backfill) == [0, 1]


def test_where_one_action_is_all_nobody_comes_out_of_order() -> None:
    engine, (backfill,) = begun(past("view", inaction="pay"))
    backfill.fold(accepted(engine, (0, "pay"), (0, "view"), (2, "view")))
    assert backfill.history_needed() is None
    assert backfill.newest_us(3) is None
    assert members(engine, backfill) == [2]


def test_a_late_event_after_the_backfill_is_late_for_whoever_was_folded() -> None:
    engine, (backfill,) = begun(past("view", "pay"))
    backfill.fold(accepted(engine, (0, "pay")))
    engine.finish_backfill(backfill)
    asked = engine.history_needed(accepted(engine, (0, "view"), (1, "view")))
    assert asked is not None
    assert asked.profiles.tolist() == [0]


def test_only_those_who_were_folded_are_folded_anew() -> None:
    engine, (backfill,) = begun(past("view", "pay"))
    with pytest.raises(AssertionError):
        backfill.refold(np.array([3], np.int32), accepted(engine, (3, "view")))
    backfill.refold(np.zeros(0, np.int32), accepted(engine))
