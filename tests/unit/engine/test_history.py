"""P7's price: when does the engine ask for stored events, and for which?"""

import pytest

from octy.engine import latecomers
from octy.engine.batch import EventBatch, HistoryRequest
from octy.engine.engine import Engine
from octy.model.instants import US_PER_DAY
from octy.model.segments import SegmentDefinition
from tests.property.happenings import Doing, defined, step
from tests.property.harness import StoredEvent, batch_of
from tests.unit.engine.shop import OPENING_US, instant


def past(*event_types: str, days: int = 2, inaction: str | None = None) -> SegmentDefinition:
    steps = [step(Doing(event_type, None), "action") for event_type in event_types]
    steps += [step(Doing(inaction, None), "inaction")] if inaction else []
    return defined("past", 2 if inaction else 1, days, steps)


def watching(*definitions: SegmentDefinition) -> Engine:
    """An engine with 3 profiles and these segments."""
    engine = Engine(OPENING_US)
    engine.ensure_profiles(3)
    for key, definition in enumerate(definitions, start=1):
        engine.finish_backfill(engine.begin_backfill(key, definition))
    return engine


def batch(engine: Engine, accepted: str, *events: tuple[int, str, str]) -> EventBatch:
    """(profile, event type, instant), all accepted at one instant."""
    rows = [StoredEvent(0, profile, what, instant(at), instant(accepted), None) for profile, what, at in events]
    return batch_of(engine, rows)


def asked(engine: Engine, new: EventBatch) -> HistoryRequest:
    request = engine.history_needed(new)
    assert request is not None
    return request


def test_events_in_order_need_no_history() -> None:
    engine = watching(past("view", "cart", "pay", inaction="return"))
    for what, at in (("view", "10:00"), ("cart", "11:00"), ("cart", "11:00"), ("pay", "12:00")):
        new = batch(engine, at, (0, what, at))
        assert engine.history_needed(new) is None
        engine.apply(new)


def test_of_two_events_at_one_instant_neither_is_late_and_a_microsecond_before_is() -> None:  # T2
    engine = watching(past("view", "pay"))
    assert engine.history_needed(batch(engine, "12:00", (0, "view", "12:00"), (0, "pay", "12:00"))) is None
    before = batch(engine, "12:00", (0, "view", "12:00"), (0, "pay", "11:59:59.999999"))
    assert asked(engine, before).profiles.tolist() == [0]
    engine.apply(batch(engine, "12:00", (0, "view", "12:00")))
    assert engine.history_needed(batch(engine, "12:00", (0, "pay", "12:00"))) is None
    assert asked(engine, batch(engine, "12:00", (0, "pay", "11:59:59.999999"))).profiles.tolist() == [0]


def test_late_events_need_none_where_one_action_is_all() -> None:
    engine = watching(past("view"), past("view", inaction="pay"))
    engine.apply(batch(engine, "12:00", (0, "view", "12:00")))
    assert engine.history_needed(batch(engine, "12:00", (0, "view", "11:00"), (0, "pay", "10:00"))) is None


def test_a_late_event_in_a_sequence_needs_its_profiles_window() -> None:
    engine = watching(past("view", "pay", days=2))
    engine.apply(batch(engine, "1d 12:00", (0, "view", "1d 12:00"), (1, "pay", "1d 12:00")))
    request = asked(engine, batch(engine, "1d 12:00", (1, "view", "12:00"), (2, "view", "1d 12:00")))
    assert request.profiles.tolist() == [1]
    assert request.after_us >= instant("1d 12:00") - 2 * US_PER_DAY
    assert set(request.event_types) == {engine.event_type_code("view"), engine.event_type_code("pay")}


def test_a_late_event_that_matters_to_no_order_needs_none() -> None:
    engine = watching(past("view", "pay", inaction="return", days=2), past("view", days=9))
    engine.apply(batch(engine, "3d 12:00", (0, "view", "3d 12:00")))
    others = (0, "return", "3d 11:00"), (0, "search", "3d 11:00"), (0, "view", "1d 12:00"), (0, "pay", "-9d 00:00")
    assert engine.history_needed(batch(engine, "3d 12:00", *others)) is None
    assert asked(engine, batch(engine, "3d 12:00", (0, "view", "1d 12:00:00.000001"))).profiles.tolist() == [0]


def with_late_events(engine: Engine) -> EventBatch:
    """Profiles 0 and 1 have had late events; a batch in which all three have one."""
    none = batch(engine, "12:00")
    engine.apply(batch(engine, "12:00", (0, "view", "12:00"), (1, "view", "12:00"), (2, "view", "12:00")))
    engine.apply(batch(engine, "12:00", (0, "pay", "11:00"), (1, "pay", "11:00")), none)
    return batch(engine, "12:00", (0, "view", "10:00"), (1, "view", "10:00"), (2, "view", "10:00"))


def test_a_profiles_history_is_needed_once() -> None:
    """Also where none of it is stored."""
    engine = watching(past("view", "pay"))
    late = with_late_events(engine)
    assert asked(engine, late).profiles.tolist() == [2]
    assert asked(engine, late).profiles.tolist() == [2], "to ask changes nothing"
    engine.apply(late, batch(engine, "12:00", (2, "view", "12:00")))
    engine.apply(batch(engine, "1d 12:00", (2, "pay", "1d 12:00")))
    assert engine.history_needed(late._replace(accepted_us=late.accepted_us + US_PER_DAY)) is None


def test_history_is_needed_again_when_other_segments_look_at_the_order_of_events() -> None:
    engine = watching(past("view", "pay"), past("pay", "view"))
    late = with_late_events(engine)
    engine.finish_backfill(engine.begin_backfill(3, past("view")))
    assert asked(engine, late).profiles.tolist() == [2]
    engine.remove_segment(2)
    assert asked(engine, late).profiles.tolist() == [0, 1, 2]
    engine.apply(late, batch(engine, "12:00"))
    assert engine.history_needed(late) is None
    engine.finish_backfill(engine.begin_backfill(4, past("view", "cart")))
    assert asked(engine, late).profiles.tolist() == [0, 1, 2]


def test_a_forgotten_profile_leaves_nothing_behind() -> None:  # X3
    engine = watching(past("view", "pay"))
    late = with_late_events(engine)
    engine.forget_profile(1)
    assert asked(engine, late).profiles.tolist() == [2]
    engine.apply(batch(engine, "12:00", (1, "pay", "12:00")))
    assert asked(engine, late).profiles.tolist() == [1, 2]


def test_history_is_needed_again_when_there_was_no_room_to_keep_it(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = watching(past("view", "pay"))
    monkeypatch.setattr(latecomers, "TRAIL_BYTES_MAX", 0)
    assert asked(engine, with_late_events(engine)).profiles.tolist() == [0, 1, 2]


def test_a_backfill_means_the_same_event_types_as_the_engine_that_it_came_from() -> None:
    """P6: also those that nobody had named before it began."""
    engine = watching()
    backfill = engine.begin_backfill(1, past("view", "cart"))
    engine.event_type_code("pay")
    events = batch(engine, "10:00", (0, "cart", "08:00"), (1, "view", "08:00"), (1, "cart", "09:00"))
    backfill.fold(events)
    engine.advance(instant("10:00"))
    assert engine.finish_backfill(backfill).profile.tolist() == [1]
