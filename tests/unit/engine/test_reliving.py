"""A live segment that has rested is relived as if nobody had looked away: what it did before, in and after a rest."""

from collections.abc import Sequence

import pytest

from octy.engine.batch import Longs
from octy.engine.kernels.layout import ACTING_US, FLAGGED, TAGGED, WINDOW
from octy.engine.reliving import LiveSegment, relived
from octy.engine.standing import standing_of
from octy.model.definitions import from_wire
from octy.model.instants import NEVER, US_PER_MINUTE
from octy.model.lifetimes import Pause
from tests.property.harness import Log, runs_of
from tests.reference.life import Occurrence
from tests.unit.model.shapes import live_1, live_2

VIEWS = [(0, 10), (1, 15), (2, 16), (7, 16), (3, 28), (4, 31), (7, 33), (5, 34), (6, 37), (8, 41)]
"""Who views at which minute, in the order of acceptance."""
PAUSE = Pause(
    requested_us=20 * US_PER_MINUTE, requested_seq=4, restored_us=30 * US_PER_MINUTE, restored_seq=5, is_over=True
)
RESTS_SINCE = 40 * US_PER_MINUTE, 9
"""Its deletion was requested again."""


def states(
    raw: dict[str, object], rests_since: tuple[int, int] | None, views: Sequence[tuple[int, int]] = VIEWS
) -> list[tuple[Longs, Longs]]:
    """Of a segment that has rested, and of one that never did."""
    log = Log(0)
    log.append([Occurrence(who, "view", at * US_PER_MINUTE, at * US_PER_MINUTE, None) for who, at in views])
    runs, numbers = runs_of(log)
    definition = from_wire(raw)[0]
    segments = [
        LiveSegment(1, definition, 0, 0, pauses=[PAUSE], rests_since=rests_since),
        LiveSegment(2, definition, 0, 0),
    ]
    return relived(segments, numbers, runs, 9, threads=1)


def tagged(state: Longs) -> list[int]:
    return [who for who in range(9) if state[who, FLAGGED] & TAGGED]


def windows(state: Longs) -> dict[int, int]:
    """Whose is open, and since which minute."""
    return {who: int(state[who, WINDOW] - 1) // US_PER_MINUTE for who in range(9) if state[who, WINDOW]}


@pytest.mark.parametrize(
    ("rests_since", "who"), [(None, [0, 1, 2, 4, 5, 6, 7, 8]), (RESTS_SINCE, [0, 1, 2, 4, 5, 6, 7])]
)
def test_what_happens_at_rest_makes_no_match(rests_since: tuple[int, int] | None, who: list[int]) -> None:  # X1
    (_, rested), (_, always) = states(live_1(), rests_since)
    assert tagged(always) == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert tagged(rested) == who


def test_a_window_that_ends_at_rest_makes_no_match_and_one_that_ends_with_the_request_does() -> None:  # X1, L5, T7
    (spec, rested), (_, always) = states(live_2(), None)
    assert windows(always) == {0: 10, 1: 15, 2: 16, 7: 33, 3: 28, 4: 31, 5: 34, 6: 37, 8: 41}
    assert tagged(always) == [7], "its second view has told of the first one's window"
    assert windows(rested) == {4: 31, 7: 33, 5: 34, 6: 37, 8: 41}
    assert tagged(rested) == [0, 1]
    assert spec[ACTING_US] == PAUSE.restored_us + 1


def test_a_window_that_ends_in_the_rest_that_there_is_now_is_left_to_time() -> None:  # X1
    (spec, rested), _ = states(live_2(), RESTS_SINCE)
    assert windows(rested) == {6: 37}
    assert tagged(rested) == [0, 1, 4, 5, 7]
    assert spec[ACTING_US] == NEVER


@pytest.mark.parametrize(("again_at", "who", "open_since"), [(14, [], 10), (15, [0], 15)])
def test_a_window_has_ended_for_what_is_accepted_at_its_end(again_at: int, who: list[int], open_since: int) -> None:
    """T7: what is due at an instant comes before what is accepted at it."""
    _, (_, state) = states(live_2(), None, views=[(0, 10), (0, again_at)])
    assert (tagged(state), windows(state)) == (who, {0: open_since})


@pytest.mark.parametrize(
    ("minutes", "is_tagged"), [(5, True), (6, False), (15, False), (16, True)], ids=["request", "rest", "end", "after"]
)
def test_a_window_of_which_a_later_event_tells_ended_at_rest_or_not(minutes: int, is_tagged: bool) -> None:  # X1, L5
    views = [(0, 15), (8, 16), (8, 17), (8, 18), (8, 25), (0, 33)]
    (_, rested), (_, always) = states(live_2(minutes), None, views)
    assert 0 in tagged(always)
    assert (0 in tagged(rested)) == is_tagged


@pytest.mark.parametrize("raw", [live_1(), live_2()])
@pytest.mark.parametrize("after_seq", range(len(VIEWS) + 1))
def test_who_is_told_how_a_segment_stood_relives_the_rest(raw: dict[str, object], after_seq: int) -> None:
    (_, before) = states(raw, None, VIEWS[:after_seq])[1]
    (spec, after) = states(raw, None)[1]
    log = Log(0)
    log.append([Occurrence(who, "view", at * US_PER_MINUTE, at * US_PER_MINUTE, None) for who, at in VIEWS])
    runs, numbers = runs_of(log)
    standing = standing_of(spec, before, 0)
    told = LiveSegment(2, from_wire(raw)[0], 0, after_seq, standing=standing)
    [(_, again)] = relived([told], numbers, runs, 9, threads=1)
    assert again.tolist() == after.tolist()
