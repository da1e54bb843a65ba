"""P7's price: when does the engine ask for stored events, and for which?"""

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
        engine.finish_backfill(engine.begin_backfill(key, definition), [(profile, {}) for profile in range(3)])
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


def test_a_backfill_means_the_same_event_types_as_the_engine_that_it_came_from() -> None:
    """P6: also those that nobody had named before it began."""
    engine = watching()
    backfill = engine.begin_backfill(1, past("view", "cart"))
    engine.event_type_code("pay")
    events = batch(engine, "10:00", (0, "cart", "08:00"), (1, "view", "08:00"), (1, "cart", "09:00"))
    backfill.fold(events)
    engine.advance(instant("10:00"))
    assert engine.finish_backfill(backfill, []).profile.tolist() == [1]
