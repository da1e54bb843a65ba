"""The pool of trails: where events lie in it, how it grows, and what becomes of what nobody needs any more."""

from collections.abc import Sequence

import numpy as np

from octy.engine.batch import EventBatch
from octy.engine.kernels.columns import Columns
from octy.engine.kernels.trail import (
    CAPACITY,
    FIRST,
    HEADER,
    LARGEST,
    SPARE,
    USED,
    Trails,
    admit,
    can_enter,
    enter,
    matches,
    rows_of,
    sweep,
    trails_for,
    with_room,
)
from octy.engine.lookback import columns_of, lookback_of
from octy.engine.outlook import Working, outlook
from octy.engine.plan import Plan
from octy.model.instants import US_PER_DAY
from octy.model.segments import SegmentDefinition
from tests.property.happenings import Doing, defined, step

NOW_US = 10 * US_PER_DAY
PLAN = Plan()
VIEW, PAY, SEARCH = (PLAN.type_code(name) for name in ("view", "pay", "search"))


def past(*actions: Doing, days: int = 2) -> SegmentDefinition:
    return defined("past", 1, days, [step(action, "action") for action in actions])


def trails(*definitions: SegmentDefinition, rows: int = 100) -> Trails:
    """For 5 profiles and these segments; by default for one that looks at `view` and then `pay` within 2 days."""
    wanted = definitions or (past(Doing("view", None), Doing("pay", None)),)
    known = outlook([Working(place, one, PLAN.compile(one)) for place, one in enumerate(wanted)])
    return trails_for(known.order, known.ordered_window_us, 5, rows)


def events(*rows: tuple[int, int, int], plan: str | None = None) -> EventBatch:
    """(profile, event type, instant), all accepted at `NOW_US`."""
    return EventBatch.of([(who, what, at, NOW_US, {"plan": plan}) for who, what, at in rows])


def columns(*rows: tuple[int, int, int], plan: str | None = None) -> Columns:
    return columns_of(PLAN, events(*rows, plan=plan))


def admitted(these: Trails, profiles: Sequence[int], *rows: tuple[int, int, int]) -> Trails:
    roomy = with_room(these, len(rows) + (HEADER + SPARE) * len(profiles))
    admit(roomy, *lookback_of(PLAN, events(*rows), np.array(profiles, np.int32)))
    return roomy


def entered(these: Trails, who: int, what: int, at: int, plan: str | None = None) -> Trails:
    """As the engine does it: the pool grows before it might be too small."""
    these = with_room(these, 0)
    assert can_enter(these)
    row = enter(these, columns((who, what, at), plan=plan), 0)
    first, end = rows_of(these, who)
    assert row == 0 or first <= row < end
    return these


def trail(these: Trails, who: int) -> list[int]:
    """The instants of a profile's trail."""
    return [int(at_us) - 1 for at_us in these.at_us[slice(*rows_of(these, who))]]


def steps(these: Trails, who: int, actions: int) -> list[list[int]]:
    """For each event of a trail, the numbers of the actions that it matches."""
    rows = range(*rows_of(these, who))
    return [[number for number in range(actions) if matches(these, row, number)] for row in rows]


def test_events_lie_in_the_order_of_their_instants() -> None:
    these = admitted(trails(), [1, 3], (1, VIEW, NOW_US - 9), (1, PAY, NOW_US - 5), (3, PAY, NOW_US - 1))
    for who, at in ((1, NOW_US - 7), (3, NOW_US), (1, NOW_US - 10), (1, NOW_US)):
        these = entered(these, who, VIEW, at)
    assert trail(these, 1) == [NOW_US - 10, NOW_US - 9, NOW_US - 7, NOW_US - 5, NOW_US]
    assert trail(these, 3) == [NOW_US - 1, NOW_US]
    assert steps(these, 1, 2) == [[0], [0], [0], [1], [0]]


def test_of_equal_instants_the_one_accepted_first_comes_first() -> None:  # T2
    these = admitted(trails(), [0], (0, VIEW, NOW_US - 5), (0, VIEW, NOW_US - 1))
    for what in (PAY, VIEW, PAY):
        these = entered(these, 0, what, NOW_US - 5)
    assert trail(these, 0) == [NOW_US - 5] * 4 + [NOW_US - 1]
    assert steps(these, 0, 2) == [[0], [1], [0], [1], [0]]


def test_only_profiles_that_were_admitted_have_a_trail() -> None:
    these = entered(admitted(trails(), [2]), 1, VIEW, NOW_US)
    assert these.of.tolist() == [0, 0, FIRST, 0, 0]
    assert trail(these, 2) == []


def test_what_matches_no_action_or_has_left_the_longest_window_leaves_no_trail() -> None:  # P1
    gold = past(Doing("view", {"plan": "gold"}), Doing("pay", None))
    these = admitted(trails(gold), [0])
    these = entered(these, 0, VIEW, NOW_US, plan="free")
    these = entered(these, 0, SEARCH, NOW_US)
    these = entered(these, 0, PAY, NOW_US - 2 * US_PER_DAY)
    assert trail(these, 0) == []
    these = entered(these, 0, VIEW, NOW_US, plan="gold")
    these = entered(these, 0, PAY, NOW_US - 2 * US_PER_DAY + 1)
    assert trail(these, 0) == [NOW_US - 2 * US_PER_DAY + 1, NOW_US]


def test_the_actions_of_all_ordered_segments_are_told_apart() -> None:
    """More than a word has bits; a segment of one action is not ordered."""
    pairs = [(Doing("view", None), Doing("pay", None)), (Doing("pay", None), Doing("search", None))]
    these = trails(past(Doing("view", None)), *(past(*pair) for pair in pairs * 20))
    assert these.steps.shape[1] == 3
    these = entered(admitted(these, [0]), 0, PAY, NOW_US)
    assert steps(these, 0, 80) == [[number for number in range(80) if number % 4 in (1, 2)]]
    assert these.order.first.tolist() == [0, *range(0, 80, 2)]


def test_a_trail_that_outgrows_its_block_moves_and_the_pool_grows() -> None:
    these = admitted(trails(rows=1), [0, 1])
    instants = np.random.default_rng(0).permutation(200)
    for count, at in enumerate(instants.tolist(), start=1):
        for who in (0, 1):
            these = entered(these, who, VIEW, NOW_US - at)
            assert trail(these, who) == sorted(NOW_US - instants[:count])
    assert these.state[LARGEST] < 3 * len(instants)
    assert len(these.at_us) >= these.state[USED]


def test_a_full_block_first_drops_what_has_left_the_longest_window() -> None:  # P1
    these = admitted(trails(), [0])
    oldest = NOW_US - 2 * US_PER_DAY + 1
    batch = EventBatch.of([(0, VIEW, oldest + day * US_PER_DAY, NOW_US + day * US_PER_DAY, None) for day in range(40)])
    for event in range(40):
        enter(these, columns_of(PLAN, batch), event)
    assert these.state[USED] == FIRST + HEADER + SPARE
    assert len(trail(these, 0)) <= SPARE
    assert trail(these, 0)[-1] == oldest + 39 * US_PER_DAY


def test_sweeping_leaves_nothing_between_the_trails() -> None:
    these = admitted(trails(), range(5))
    for at in range(60):
        for who in range(5):
            these = entered(these, who, (VIEW, PAY)[at % 2], NOW_US - at * 7 % 60)
    these.of[2] = 0
    before = [(trail(these, who), steps(these, who, 2)) for who in (0, 1, 3, 4)]
    used = int(these.state[USED])
    sweep(these, 0)
    assert [(trail(these, who), steps(these, who, 2)) for who in (0, 1, 3, 4)] == before
    assert these.state[USED] < used / 2


def test_sweeping_drops_what_is_too_old_and_leaves_room_in_every_trail() -> None:
    stored = [(who, VIEW if at else PAY, NOW_US - at) for who in (0, 1) for at in range(9, -1, -1)]
    these = admitted(trails(), [0, 1], *stored)
    sweep(these, NOW_US - 3 + 1)
    for who in (0, 1):
        assert trail(these, who) == [NOW_US - 2, NOW_US - 1, NOW_US]
        assert steps(these, who, 2) == [[0], [0], [1]]
        assert these.at_us[these.of[who] + CAPACITY] > 3
        these = entered(these, who, VIEW, NOW_US - 1)
        assert trail(these, who) == [NOW_US - 2, NOW_US - 1, NOW_US - 1, NOW_US]
