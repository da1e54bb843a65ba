"""Is the judge of `octy check` right? It is held against the reference model, which shares no code with it."""

from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octy.model.definitions import from_wire
from octy.model.instants import US_PER_DAY, US_PER_MINUTE
from octy.model.lifetimes import Pause
from octy.model.membership import Conditions, Occurred, Stood, is_member, live_tag_us, may_bear, texts_of
from octy.model.segments import SegmentDefinition, SegmentType, Step
from tests.property.happenings import live_definitions, past_definitions
from tests.reference.life import Occurrence
from tests.reference.model import Model
from tests.unit.model.shapes import live_1, live_2, past_3

NOON_US = 20_000 * US_PER_DAY
MINUTE, DAY = US_PER_MINUTE, US_PER_DAY


class Deed(NamedTuple):
    """What somebody did, how long before it was accepted, and how long after what came before."""

    event_type: str
    properties: dict[str, object] | None
    late_us: int
    wait_us: int


pauses = st.sampled_from([0, 1, 4 * MINUTE, 5 * MINUTE, 5 * MINUTE + 1, 10 * MINUTE, 10 * MINUTE + 1, DAY, 2 * DAY])
deeds = st.lists(
    st.builds(
        Deed,
        st.sampled_from(["view", "cart", "pay"]),
        st.sampled_from([None, {}, {"a": 30}, {"a": "30", "b": "x"}, {"a": 1.5, "b": None}, {"a": [30], "b": True}]),
        pauses,
        pauses,
    ),
    max_size=8,
)


def lived(model: Model, done: Sequence[Deed]) -> list[Occurred]:
    """The same deeds, of one profile, told to the model and as the judge takes them."""
    found, now_us = [], model.now_us
    for seq, deed in enumerate(done, 1):
        now_us += deed.wait_us
        model.accept([Occurrence(0, deed.event_type, now_us - deed.late_us, now_us, deed.properties)])
        texts = texts_of(deed.properties or {})
        found.append(Occurred(seq, deed.event_type, now_us - deed.late_us, now_us, texts))
    return found


@settings(max_examples=500, deadline=None)
@given(live_definitions(), deeds, pauses)
def test_the_judge_of_live_segments_agrees(definition: SegmentDefinition, done: list[Deed], wait_us: int) -> None:
    """L1 to L7, G3, G4."""
    model = Model(NOON_US)
    model.add_profile()
    model.create_live(1, definition)
    events = lived(model, done)
    model.advance(model.now_us + wait_us)
    seen = [event for event in events if event.created_us >= NOON_US]
    assert live_tag_us(Conditions(definition), seen, model.now_us) == model.tags().get((1, 0))


@settings(max_examples=500, deadline=None)
@given(past_definitions(), deeds, pauses, st.sampled_from([{}, {"plan": "30"}, {"plan": 30}, {"size": True}]))
def test_the_judge_of_past_segments_agrees(
    definition: SegmentDefinition, done: list[Deed], wait_us: int, data: dict[str, object]
) -> None:
    """P1 to P7, V3."""
    model = Model(NOON_US)
    model.add_profile()
    model.change_data(0, data)
    model.begin_backfill(1, definition)
    model.finish_backfill(1)
    events = sorted(lived(model, done), key=lambda event: (event.created_us, event.seq))
    model.advance(model.now_us + wait_us)
    assert is_member(Conditions(definition), events, texts_of(data), model.now_us) is bool(model.tags())


def viewers() -> Conditions:
    """Whoever viewed within a day."""
    step = Step("view", None, is_inaction=False, exp_timeframe_minutes=0)
    return Conditions(SegmentDefinition("viewers", SegmentType.PAST, 1, 1, (step,), None, None))


def test_what_time_alone_changes_may_lag_behind_as_far_as_it_is_settled() -> None:
    """A view at noon leaves the window a day later; two hours after that, not all need be settled."""
    viewed = [Occurred(1, "view", NOON_US, NOON_US, {})]
    now_us = NOON_US + DAY + 120 * MINUTE
    for settled_us, may in ((NOON_US + DAY - 1, True), (NOON_US + DAY, False), (now_us, False), (0, True)):
        assert may_bear(viewers(), viewed, {}, bears=True, since_us=settled_us, through_us=now_us) is may
        assert may_bear(viewers(), viewed, {}, bears=False, since_us=settled_us, through_us=now_us)


def test_what_an_event_changes_does_not_lag_behind() -> None:
    """The view was accepted after the instant that is settled, and its tag was due at once."""
    viewed = [Occurred(1, "view", NOON_US, NOON_US, {})]
    now_us = NOON_US + MINUTE
    assert not may_bear(viewers(), viewed, {}, bears=False, since_us=NOON_US - DAY, through_us=now_us)


def test_the_profiles_own_data_counts_at_every_instant_that_may_not_be_settled() -> None:
    """V3: data has no history, so who has no such plan now is looked at as if he had never had it."""
    on_plan = Conditions(from_wire(past_3(segment_timeframe=1))[0])
    viewed = [Occurred(1, "view", NOON_US, NOON_US, {})]
    times = {"since_us": NOON_US, "through_us": NOON_US + DAY + MINUTE}
    gold, silver = texts_of({"plan": "gold"}), texts_of({"plan": "silver"})
    assert may_bear(on_plan, viewed, gold, bears=True, **times)
    assert not may_bear(on_plan, viewed, silver, bears=True, **times)


@pytest.mark.parametrize("is_tagged", [True, False], ids=["tagged", "conflicted since"])
@pytest.mark.parametrize(("at_us", "opens"), [(5 * MINUTE - 1, False), (5 * MINUTE, True)], ids=["within", "after"])
def test_an_action_within_the_last_match_s_window_opens_none_wherever_the_events_are(
    at_us: int, opens: bool, is_tagged: bool
) -> None:
    """L6, of a match whose events may be gone: it was made by the action at noon, when five minutes had passed."""
    stood = Stood(matched_us=NOON_US, is_tagged=is_tagged, opposed_us=-1, opened_us=-1)
    action = Occurred(9, "view", NOON_US + at_us, NOON_US + 6 * MINUTE, {})
    tag_us = live_tag_us(Conditions(from_wire(live_2())[0]), [action], NOON_US + 60 * MINUTE, stood)
    before_us = NOON_US + 5 * MINUTE if is_tagged else None
    assert tag_us == (NOON_US + at_us + 5 * MINUTE if opens else before_us)


REST = Pause(NOON_US + 10 * MINUTE, 3, NOON_US + 20 * MINUTE, 5, is_over=True)
"""A deletion was pending for ten minutes, in which the events 4 and 5 were accepted."""


@pytest.mark.parametrize(
    ("ends_us", "matches"),
    [(10 * MINUTE, True), (10 * MINUTE + 1, False), (20 * MINUTE, False), (20 * MINUTE + 1, True)],
    ids=["with the request", "after it", "with the rest", "after the rest"],
)
def test_a_window_that_ends_in_a_rest_makes_no_match(ends_us: int, matches: bool) -> None:  # X1, L5
    at_us = NOON_US + ends_us - 15 * MINUTE
    viewed = [Occurred(1, "view", at_us, at_us, {})]
    tag_us = live_tag_us(Conditions(from_wire(live_2(15))[0]), viewed, NOON_US + 60 * MINUTE, pauses=[REST])
    assert tag_us == (NOON_US + ends_us if matches else None)


@pytest.mark.parametrize(
    ("seq", "minute", "counts"), [(3, 10, True), (4, 11, False), (5, 20, False), (6, 19, False), (6, 20, True)]
)
def test_an_action_counts_that_comes_before_a_rest_or_happens_after_it(seq: int, minute: int, counts: bool) -> None:
    at_us = NOON_US + minute * MINUTE  # X1
    viewed = [Occurred(seq, "view", at_us, max(at_us, NOON_US + 20 * MINUTE if seq > 5 else 0), {})]
    tag_us = live_tag_us(Conditions(from_wire(live_1())[0]), viewed, NOON_US + 60 * MINUTE, pauses=[REST])
    assert tag_us == (at_us if counts else None)
