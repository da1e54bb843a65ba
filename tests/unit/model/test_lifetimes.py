"""Where a segment may go from where it is (P6, X1, X2), over every way through its life."""

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octy.model.instants import NEVER
from octy.model.lifetimes import PURGE_AFTER_US, Lifetime, Pause
from octy.model.receipts import tags_sha256
from octy.model.segments import SegmentStatus

steps = st.sampled_from(["backfilled", "deleted", "restored"])
waits = st.sampled_from([0, 1, PURGE_AFTER_US - 1, PURGE_AFTER_US])


@given(is_live=st.booleans(), ways=st.lists(st.tuples(steps, waits), max_size=12))
def test_every_way_through_a_life_is_allowed_or_refused_as_the_rules_say(
    is_live: bool, ways: list[tuple[str, int]]
) -> None:
    life, now_us, requested_us, cancelled = Lifetime.begun(is_live=is_live), 0, None, 0
    for step, wait_us in ways:
        now_us += wait_us
        allowed = {
            "backfilled": life.status is SegmentStatus.BACKFILLING,
            "deleted": requested_us is None,
            "restored": requested_us is not None and now_us < requested_us + PURGE_AFTER_US,
        }
        walks: dict[str, Callable[[], Lifetime]] = {
            "backfilled": life.backfilled,
            "deleted": partial(life.deleted, now_us, 7),
            "restored": partial(life.restored, now_us, 8, is_live=is_live),
        }
        walk = walks[step]
        if not allowed[step]:
            with pytest.raises(AssertionError):
                walk()
            continue
        life = walk()
        requested_us = {"deleted": now_us, "restored": None}.get(step, requested_us)
        cancelled += step == "restored"
        assert life.requested_us == requested_us
        assert life.is_pending == (requested_us is not None)
        assert life.purge_us == (NEVER if requested_us is None else requested_us + PURGE_AFTER_US)
        assert len(life.pauses) == cancelled
        assert not (is_live and life.status is SegmentStatus.BACKFILLING)


def test_a_training_job_purges_what_was_deleted_before_its_dataset_was_built() -> None:
    """X2: whatever the clock says; a dataset of a deletion that was cancelled does not know of the next one."""
    life = Lifetime.begun(is_live=True)
    assert not life.goes_with(life.deletion)
    pending = life.deleted(500, 7)
    assert not pending.goes_with(life.deletion)
    assert pending.goes_with(pending.deletion)
    restored = pending.restored(500, 7, is_live=True)
    assert not restored.goes_with(pending.deletion)
    again = restored.deleted(500, 7)
    assert [again.goes_with(number) for number in (None, 1, 2)] == [False, False, True]
    assert restored.pauses == (Pause(500, 7, 500, 7, is_over=True),)


def test_a_past_segment_is_still_from_the_first_request_to_the_end_of_its_backfill() -> None:
    """P6, X1: however often it is deleted and restored on the way."""
    life = Lifetime.begun(is_live=False).backfilled()
    assert life.still_since_us is None
    for at in (100, 300):
        life = life.deleted(at, 0)
        assert life.still_since_us == 100
        life = life.restored(at + 100, 0, is_live=False)
        assert life.still_since_us == 100
    assert life.backfilled().still_since_us is None
    assert life.backfilled().deleted(500, 0).still_since_us == 500


def test_nothing_is_restored_from_72_hours_on() -> None:
    """X2."""
    pending = Lifetime.begun(is_live=False).deleted(0, 0)
    pending.restored(PURGE_AFTER_US - 1, 0, is_live=False)
    with pytest.raises(AssertionError):
        pending.restored(PURGE_AFTER_US, 0, is_live=False)


def test_the_checksum_of_tags_is_that_of_their_lines_in_the_order_of_the_profiles() -> None:
    """As `sort | sha256sum` says it."""
    assert tags_sha256([("profile_b", 2), ("profile_a", 1_704_110_400_000_000)]).hex() == (
        "2e68f26ccbdd9e858d0d25ca1a8fe64db32f54fb4806250e9e0b7ea8a3454116"
    )
    assert tags_sha256([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_where_an_earlier_version_was_asked_nobody_knows_which_events_came_before() -> None:
    life = Lifetime(SegmentStatus.PENDING_DELETION, requested_us=500)
    assert not life.is_followed
    assert life.rests_since is None
    assert life.restored(600, 9, is_live=True).pauses == (Pause(500, 9, 600, 9, is_over=True),)
    assert Lifetime.begun(is_live=True).deleted(500, 7).rests_since == (500, 7)
