"""Is the judge itself right? Where the reference model takes a short cut, the long way must lead to the same place."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from octy.model.instants import US_PER_DAY
from octy.model.segments import SegmentDefinition, SegmentType, Step
from octy.model.values import Scalar, canonical
from tests.reference.life import Occurrence
from tests.reference.model import Model, occur_in_order
from tests.reference.segment import Condition, Event, text_of

scalars: st.SearchStrategy[Scalar] = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
few = st.sampled_from(["view", "cart", "pay"])


@given(scalars | st.lists(st.integers()) | st.dictionaries(st.text(), st.integers()))
def test_both_write_values_in_the_same_text(value: object) -> None:  # V2
    assert text_of(value) == canonical(value)


@given(st.lists(few, min_size=1, max_size=4), st.lists(few, max_size=8))
def test_the_search_finds_a_sequence_wherever_there_is_one(actions: list[str], events: list[str]) -> None:  # P2
    conditions = [Condition(name, {}) for name in actions]
    stored = [Event(seq, 0, name, seq, seq, {}) for seq, name in enumerate(events)]
    anywhere = any(
        all(condition.matches(event) for condition, event in zip(conditions, chosen, strict=True))
        for chosen in combinations(stored, len(conditions))
    )
    assert occur_in_order(conditions, stored) is anywhere


@given(
    st.lists(st.tuples(few, st.integers(0, 4 * US_PER_DAY)), max_size=8),
    st.integers(0, 8 * US_PER_DAY),
    st.booleans(),
)
def test_membership_is_the_interval_that_p5_says(
    events: list[tuple[str, int]], wait_us: int, has_inaction: bool
) -> None:  # P5
    now_us = 4 * US_PER_DAY
    model = Model(now_us)
    model.add_profile()
    model.begin_backfill(1, _past(["view", "cart"], "pay" if has_inaction else None, days=2))
    model.accept([Occurrence(0, name, created_us, now_us) for name, created_us in events])
    model.finish_backfill(1)
    model.advance(now_us + wait_us)
    views = [(at, seq) for seq, (name, at) in enumerate(events) if name == "view"]
    carts = [(at, seq) for seq, (name, at) in enumerate(events) if name == "cart"]
    starts = [view[0] for view in views if any(cart > view for cart in carts)]
    inactions = [at for name, at in events if name == "pay" and has_inaction]
    window_us, then_us = 2 * US_PER_DAY, now_us + wait_us
    is_member = max(starts, default=-window_us) + window_us > then_us
    is_member = is_member and max(inactions, default=-window_us) + window_us <= then_us
    assert bool(model.tags()) is is_member


def _past(actions: list[str], inaction: str | None, days: int) -> SegmentDefinition:
    steps = [Step(name, None, is_inaction=False, exp_timeframe_minutes=0) for name in actions]
    steps += [Step(inaction, None, is_inaction=True, exp_timeframe_minutes=0)] if inaction else []
    sub_type = 2 if inaction else 1
    return SegmentDefinition("any", SegmentType.PAST, sub_type, days, tuple(steps), None, None)
