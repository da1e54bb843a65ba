"""A live segment rests while its deletion is pending, and wakes where that is cancelled (X1): what becomes of tags?"""

from typing import Any

import numpy as np
import pytest

from octy.engine.batch import NO_CHANGES, Changes, EventBatch
from octy.engine.engine import NOBODY, Engine
from octy.model.instants import NEVER, US_PER_MINUTE
from octy.model.tags import Cause, ChangeKind
from tests.property.happenings import Doing, defined, step

SHOES, HATS = 1, 2
"""The keys of both segments."""
THREE = np.arange(3, dtype=np.int32)


@pytest.fixture
def engine() -> Engine:
    """Profiles 0 to 2 have viewed shoes; all that anybody views later is of interest to one of both segments."""
    engine = Engine(0)
    engine.ensure_profiles(4)
    for key, page in ((SHOES, "shoes"), (HATS, "hats")):
        engine.add_live(key, defined("live", 1, 0, [step(Doing("view", {"page": page}), "action")]), 0)
    happens(engine, 10, *((profile, "view", {"page": "shoes"}) for profile in range(3)))
    return engine


def happens(engine: Engine, at_us: int, *events: tuple[int, str, dict[str, Any] | None]) -> Changes:
    return engine.apply(
        EventBatch.of([(who, engine.event_type_code(what), at_us, at_us, having) for who, what, having in events])
    )


def test_bearers_are_told_by_segment_and_of_those_who_are_asked_about(engine: Engine) -> None:
    happens(engine, 20, (1, "view", {"page": "hats"}), (3, "view", {"page": "hats"}))
    assert engine.bearers([0, 1, 3]) == {SHOES: {0}, HATS: {1, 3}}
    assert engine.bearers([]) == {SHOES: set(), HATS: set()}


def test_a_segment_at_rest_changes_no_tag_and_has_no_bearers(engine: Engine) -> None:
    engine.rest(SHOES)
    seen = happens(engine, 20, (0, "view", {"page": "hats"}), (3, "view", {"page": "shoes"}))
    assert seen.segment.tolist() == [HATS]
    assert engine.bearers([0, 1, 2, 3]) == {HATS: {0}}


def test_what_has_spoken_against_a_tag_at_rest_takes_it_off_when_the_rest_ends(engine: Engine) -> None:
    engine.rest(SHOES)
    happens(engine, 20, (1, "view", {"page": "hats"}))
    engine.advance(30)
    gone = engine.wake(SHOES, THREE)
    assert [column.tolist() for column in gone] == [
        [SHOES],
        [1],
        [ChangeKind.REMOVED],
        [Cause.RESTORE],
        [30],
        [30],
        [-1],
        [0],
    ]
    assert [column.dtype for column in gone] == [column.dtype for column in NO_CHANGES]
    assert engine.bearers([0, 1, 2]) == {SHOES: {0, 2}, HATS: {1}}


def test_actions_count_again_that_happen_after_the_rest(engine: Engine) -> None:
    engine.rest(SHOES)
    engine.advance(30)
    assert engine.wake(SHOES, THREE).size == 0
    assert happens(engine, 31, (3, "view", {"page": "shoes"})).profile.tolist() == [3]


def test_an_action_that_happened_at_rest_makes_no_match_when_it_comes_late(engine: Engine) -> None:
    engine.rest(SHOES)
    engine.advance(30)
    engine.wake(SHOES, THREE)
    view, shoes = engine.event_type_code("view"), {"page": "shoes"}
    assert engine.apply(EventBatch.of([(3, view, 29, 31, shoes)])).size == 0
    assert engine.apply(EventBatch.of([(3, view, 30, 31, shoes)])).size == 1, "at the instant at which it woke"


def test_a_window_that_was_open_before_the_rest_goes_on_after_it() -> None:
    engine = Engine(0)
    engine.ensure_profiles(2)
    engine.add_live(
        1, defined("live", 2, 0, [step(Doing("view", None), "action", 5), step(Doing("pay", None), "inaction")]), 0
    )
    happens(engine, 10, (0, "view", None), (1, "view", None))
    engine.rest(1)
    happens(engine, 20, (1, "pay", None))
    engine.wake(1, NOBODY)
    due_us = 10 + 5 * US_PER_MINUTE
    assert engine.next_due_us() == due_us
    made = engine.advance(due_us)
    assert made.profile.tolist() == [0], "the other one's was closed (L4)"
    assert engine.next_due_us() == NEVER
