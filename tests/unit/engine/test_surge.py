"""More is due at once than may be made at a time: what is made when, and how far it has come (`engine.surge`)."""

import numpy as np
import pytest

from octy.engine import engine as engine_module
from octy.engine.batch import Changes, EventBatch
from octy.engine.engine import Engine
from octy.engine.surge import Settled, Surge
from octy.model.instants import US_PER_DAY
from octy.model.tags import Cause, ChangeKind
from tests.property.happenings import Doing, defined, step

PROFILES = 6
DUE_US = 10 + US_PER_DAY


@pytest.fixture(autouse=True)
def _one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "PROFILES_AT_ONCE", 1)
    monkeypatch.setattr(engine_module, "TIMERS_AT_ONCE", 1)


@pytest.fixture
def engine() -> Engine:
    """Six profiles viewed something at one moment, and leave both segments a day later; two wait for a plan."""
    engine = Engine(0)
    engine.ensure_profiles(PROFILES)
    view = engine.event_type_code("view")
    viewed = defined("past", 1, 1, [step(Doing("view", None), "action")])
    on_plan = defined("past", 3, 1, [step(Doing("view", None), "action")])
    for key, definition in ((1, viewed), (2, on_plan)):
        engine.finish_backfill(engine.begin_backfill(key, definition), lambda _: [(0, "30"), (5, "30")])
    made = engine.apply(EventBatch.of([(profile, view, 10, 10, None) for profile in range(PROFILES)]))
    assert made.size == PROFILES + 2
    return engine


def whose(changes: Changes) -> list[tuple[int, int]]:
    """(segment, profile) of each."""
    return list(zip(changes.segment.tolist(), changes.profile.tolist(), strict=True))


def how_far(engine: Engine) -> list[int]:
    """By profile, the instant through which it is settled; nothing where all are."""
    return [] if engine.settled is None else engine.settled.by_profile(PROFILES).tolist()


def test_what_is_left_for_later_is_made_by_later_calls_in_order_of_profile(engine: Engine) -> None:
    parts = [engine.advance(DUE_US, at_most=1)]
    while how_far(engine):
        assert engine.next_due_us() == DUE_US
        parts.append(engine.advance(DUE_US, at_most=1))
    assert len(parts) > PROFILES
    everybody = [(1, profile) for profile in range(PROFILES)]
    assert sorted(pair for part in parts for pair in whose(part)) == [*everybody, (2, 0), (2, 5)]
    in_surge = [profile for part in parts[1:] for _, profile in whose(part)]
    assert in_surge == sorted(in_surge)
    assert {int(at_us) for part in parts for at_us in part.recorded_us} == {DUE_US}, "recorded when it fell due"
    assert engine.next_due_us() > DUE_US


def test_a_call_that_may_do_all_does_the_rest(engine: Engine) -> None:
    first = engine.advance(DUE_US, at_most=1)
    assert how_far(engine)
    rest = engine.advance(DUE_US)
    assert first.size + rest.size == PROFILES + 2
    assert not how_far(engine)


def test_an_event_comes_after_what_is_due_for_its_profile_and_nobody_elses(engine: Engine) -> None:
    engine.advance(DUE_US, at_most=1)
    view = engine.event_type_code("view")
    changes = engine.apply(EventBatch.of([(5, view, DUE_US, DUE_US, None)]))
    assert whose(changes) == [(1, 5), (2, 5), (1, 5), (2, 5)]
    assert changes.kind.tolist() == [ChangeKind.REMOVED] * 2 + [ChangeKind.CREATED] * 2
    assert changes.cause.tolist() == [Cause.TIME] * 2 + [Cause.EVENT] * 2
    rest = engine.advance(DUE_US)
    assert 5 not in rest.profile.tolist()


def test_what_is_due_after_the_surge_waits_for_its_turn_too(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "TIMERS_PER_SURGE_MAX", 2)
    view, later_us = engine.event_type_code("view"), DUE_US + 100
    engine.apply(EventBatch.of([(profile, view, 20 + profile, 30, None) for profile in range(PROFILES)]))
    engine.advance(later_us, at_most=1)
    changes = engine.apply(EventBatch.of([(5, view, later_us, later_us, None)]))
    assert set(changes.profile.tolist()) == {5}
    assert 5 not in engine.advance(later_us).profile.tolist()


def test_news_of_a_profile_come_after_what_is_due_for_it(engine: Engine) -> None:
    later_us = DUE_US + 7
    engine.advance(later_us, at_most=1)
    changes = engine.profile_changed(5, {"plan": 31})
    assert whose(changes) == [(1, 5), (2, 5)]
    assert changes.cause.tolist() == [Cause.TIME] * 2, "it had left before it lost the plan"
    assert changes.recorded_us.tolist() == [DUE_US] * 2


def test_it_says_how_far_it_has_come(engine: Engine) -> None:
    engine.advance(DUE_US - 1, at_most=1)
    assert how_far(engine) == []
    engine.advance(DUE_US, at_most=1)
    assert set(how_far(engine)) == {DUE_US - 1}
    engine.advance(DUE_US, at_most=3)
    after = how_far(engine)
    assert after == sorted(after, reverse=True)
    assert set(after) == {DUE_US, DUE_US - 1}


def test_what_is_due_at_one_instant_is_one_surge_and_what_is_not_may_be_several(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "TIMERS_PER_SURGE_MAX", 2)
    view = engine.event_type_code("view")
    engine.apply(EventBatch.of([(profile, view, 20 + profile, 30, None) for profile in range(PROFILES)]))
    made: list[Changes] = []
    while not made or how_far(engine):
        made.append(engine.advance(DUE_US + 100, at_most=1))
    recorded: dict[tuple[int, int], int] = {}
    for part in made:
        for pair, at_us in zip(whose(part), part.recorded_us.tolist(), strict=True):
            assert pair not in recorded
            recorded[pair] = at_us
    assert {profile: recorded[1, profile] for profile in range(PROFILES)} == {
        profile: 20 + profile + US_PER_DAY for profile in range(PROFILES)
    }


def test_a_surge_takes_each_profile_once() -> None:
    surge = Surge(np.array([4, 2, 4, 9]), settled_us=7, until_us=8)
    assert surge.settled == Settled(7, 8, 2)
    assert surge.next_profiles(2).tolist() == [2, 4]
    assert surge.settled == Settled(7, 8, 9)
    assert surge.settled.by_profile(11).tolist() == [8] * 9 + [7, 7]
    assert not surge.is_over
    assert surge.next_profiles(2).tolist() == [9]
    assert surge.is_over
