"""What is kept of live segments where old events go (`engine.standing`): all that matters yet, and nothing else."""

import numpy as np
import pytest

from octy.engine.batch import Longs
from octy.engine.kernels.layout import FLAG_BITS, FLAGGED, OPENER, OPPOSED, TAGGED, WINDOW
from octy.engine.specification import live_spec
from octy.engine.standing import put_into, standing_of
from octy.engine.states import empty_state
from octy.model.instants import US_PER_MINUTE
from octy.model.segments import SegmentDefinition
from tests.property.happenings import Doing, defined, step

LIVE_1 = defined("live", 1, 0, [step(Doing("view", {"a": "1"}), "action")])
LIVE_2 = defined("live", 2, 0, [step(Doing("view", None), "action", 5), step(Doing("pay", None), "inaction")])
LENGTH_US = 5 * US_PER_MINUTE


def row(spec: Longs, *, matched_us: int = -1, tagged: int = 0, opposed_us: int = -1, opened_us: int = -1) -> Longs:
    """A profile's; -1 where there was none."""
    state = empty_state(spec, 1)[:1]
    state[0, FLAGGED] = matched_us + 1 << FLAG_BITS | tagged
    state[0, OPPOSED] = opposed_us + 1
    if opened_us >= 0:
        state[0, WINDOW], state[0, OPENER] = opened_us + 1, 77
    return state


def kept(definition: SegmentDefinition, forgotten_us: int, **stands: int) -> bool:
    spec = live_spec(definition, 0)
    return bool(len(standing_of(spec, row(spec, **stands), forgotten_us).profile))


def test_of_who_did_nothing_nothing_is_kept() -> None:
    assert not kept(LIVE_1, 0)
    assert not kept(LIVE_2, 0)


@pytest.mark.parametrize("definition", [LIVE_1, LIVE_2])
def test_a_tag_is_kept_however_old_it_is(definition: SegmentDefinition) -> None:
    assert kept(definition, 1_000 * LENGTH_US, matched_us=0, tagged=TAGGED)


def test_an_open_window_is_kept() -> None:
    assert kept(LIVE_2, 1_000 * LENGTH_US, opened_us=0)


@pytest.mark.parametrize("definition", [LIVE_1, LIVE_2])
@pytest.mark.parametrize("opposed_us", [0, 7])
def test_what_speaks_against_a_match_is_kept_as_long_as_an_action_before_it_may_come(
    definition: SegmentDefinition, opposed_us: int
) -> None:
    assert kept(definition, opposed_us, opposed_us=opposed_us)
    assert not kept(definition, opposed_us + LENGTH_US + 1, opposed_us=opposed_us)


def test_a_match_whose_tag_has_gone_is_kept_as_long_as_another_might_overlap_it() -> None:  # L3
    assert kept(LIVE_2, 9 + LENGTH_US, matched_us=9)
    assert not kept(LIVE_2, 9 + LENGTH_US + 1, matched_us=9)
    assert kept(LIVE_1, 9, matched_us=9)
    assert not kept(LIVE_1, 10, matched_us=9)


@pytest.mark.parametrize("definition", [LIVE_1, LIVE_2])
def test_what_is_kept_is_what_there_was(definition: SegmentDefinition) -> None:
    spec = live_spec(definition, 0)
    state = np.vstack([
        row(spec),
        row(spec, matched_us=0, tagged=TAGGED),
        row(spec),
        row(spec, matched_us=5, opposed_us=6),
        row(spec, opposed_us=0),
    ])  # fmt: skip
    if definition is LIVE_2:
        state[1, WINDOW], state[1, OPENER] = 3, 77
    told = standing_of(spec, state, 0)
    assert told.profile.tolist() == [1, 3, 4]
    assert told.matched_us.tolist() == [0, 5, -1]
    assert told.is_tagged.tolist() == [1, 0, 0]
    assert told.opposed_us.tolist() == [-1, 6, 0]
    assert told.opened_us.tolist() == ([2, -1, -1] if definition is LIVE_2 else [-1] * 3)
    assert told.opener_seq.tolist() == ([77, 0, 0] if definition is LIVE_2 else [0] * 3)
    again = empty_state(spec, 5)
    put_into(again, spec, told)
    assert again[:5].tolist() == state.tolist()
