"""A deletion that is cancelled: the segment goes on, with the tags that the rules demand now (decision 0027)."""

from pathlib import Path

import pytest

from octy.model.accounts import AccountConfiguration
from octy.service.checking.check import check
from octy.store.folder import snapshot
from tests.integration.service.holding import HeldService
from tests.integration.service.serving import StandingClock, done
from tests.integration.service.world import Shop
from tests.unit.engine.shop import Did, instant


@pytest.fixture(params=[False, True], ids=["one process", "a process for each step"])
def restarting(request: pytest.FixtureRequest, shop: Shop) -> Shop:
    """A restart after each wait, or none."""
    if request.param:
        waits = shop.waits_until

        def waits_and_restarts(at: str) -> None:
            waits(at)
            shop.service.restart(instant(at))

        shop.waits_until = waits_and_restarts  # type: ignore[method-assign]
    return shop


def test_a_restored_segment_makes_tags_and_webhooks_again(restarting: Shop) -> None:
    """X1: nothing is made up for."""
    shop = restarting
    shop.wants_webhooks()
    shop.live("viewing", "view")
    shop.deletes("viewing")
    shop.views("ana")
    shop.waits_until("12:01")
    shop.restores("viewing")
    assert shop.statuses() == {"viewing": "active"}
    assert shop.tags("ana") == {}
    shop.waits_until("12:02")
    shop.views("ana", at="12:00:59.999999")
    assert shop.tags("ana") == {}, "it happened before"
    shop.views("ana", at="12:01")
    assert shop.tags("ana") == {"viewing": "12:01"}
    assert shop.webhooks() == ["created viewing for ana"]
    shop.waits_until("9d 00:00")
    assert shop.statuses() == {"viewing": "active"}
    assert shop.receipts() == []


def test_windows_go_on_that_were_open_before_and_are_not_closed(restarting: Shop) -> None:
    """L3 to L5: what ends at rest makes no match, nor does what began at rest."""
    shop = restarting
    shop.has("cid", "dan", "eve")
    shop.live("idle", "view", unless="pay", within_minutes=60)
    shop.views("ana")
    shop.views("ben", at="12:00")
    shop.waits_until("12:10")
    shop.views("cid")
    shop.waits_until("12:30")
    shop.deletes("idle")
    shop.views("dan")
    shop.pays("ben")
    shop.views("ben")
    shop.waits_until("13:00")
    shop.restores("idle")
    shop.views("eve")
    shop.waits_until("13:09:59.999999")
    tags = {who: shop.tags(who) for who in ("ana", "ben", "cid", "dan", "eve")}
    assert tags == {"ana": {}, "ben": {}, "cid": {}, "dan": {}, "eve": {}}
    shop.waits_until("15:00")
    tags = {who: shop.tags(who) for who in ("ana", "ben", "cid", "dan", "eve")}
    assert tags == {"ana": {}, "ben": {}, "cid": {"idle": "13:10"}, "dan": {}, "eve": {"idle": "14:00"}}


def test_what_contradicted_a_live_tag_meanwhile_takes_it_off_at_the_restoring(restarting: Shop) -> None:
    """G4, G5: before, it stays visible (X1)."""
    shop = restarting
    shop.live("viewing", Did("view", {"product": "shoe"}))
    shop.views("ana", product="shoe")
    shop.views("ben", product="shoe")
    shop.waits_until("12:10")
    shop.deletes("viewing")
    shop.views("ana", product="hat")
    shop.waits_until("12:20")
    assert shop.tags("ana") == shop.tags("ben") == {"viewing": "12:00"}
    shop.restores("viewing")
    assert (shop.tags("ana"), shop.tags("ben")) == ({}, {"viewing": "12:00"})
    assert shop.history("ana") == ["viewing created at 12:00 by event", "viewing removed at 12:20 by restore"]
    shop.waits_until("12:30")
    shop.views("ben", at="12:15", product="hat")
    assert shop.tags("ben") == {}, "what conflicts may come late (G4)"
    shop.views("ana", product="shoe")
    assert shop.tags("ana") == {"viewing": "12:30"}


def test_a_past_segments_tags_are_what_they_must_be_at_the_restoring(restarting: Shop) -> None:
    """G2: who stays a member keeps his tag; who came or went meanwhile does so now."""
    shop = restarting
    shop.has("cid")
    shop.past("viewers", "view", days=1)
    shop.views("ana")
    shop.waits_until("20:00")
    shop.views("ben")
    shop.deletes("viewers")
    shop.waits_until("1d 10:00")
    shop.views("cid")
    shop.waits_until("1d 13:00")
    assert [shop.tags(who) for who in ("ana", "ben", "cid")] == [{"viewers": "12:00"}, {"viewers": "20:00"}, {}]
    shop.restores("viewers")
    assert [shop.tags(who) for who in ("ana", "ben", "cid")] == [{}, {"viewers": "20:00"}, {"viewers": "1d 13:00"}]
    assert shop.history("ana")[1:] == ["viewers removed at 1d 13:00 by restore"]
    assert shop.history("cid") == ["viewers created at 1d 13:00 by restore"]
    shop.waits_until("3d 00:00")
    assert shop.history("ben")[1:] == ["viewers removed at 1d 20:00 by elapsed time"]
    assert shop.history("cid")[1:] == ["viewers removed at 2d 10:00 by elapsed time"]


def test_a_segment_may_be_deleted_and_restored_again_and_again(restarting: Shop) -> None:
    shop = restarting
    shop.live("idle", "view", unless="pay", within_minutes=60)
    shop.past("viewers", "view")
    shop.views("ana")
    for minute in range(10, 40, 10):
        shop.waits_until(f"12:{minute}")
        shop.deletes("idle", "viewers")
        shop.pays("ben")
        shop.waits_until(f"12:{minute + 5}")
        shop.restores("idle", "viewers")
    shop.waits_until("13:00")
    assert shop.tags("ana") == {"viewers": "12:00", "idle": "13:00"}
    assert len(shop.history("ana")) == 2


@pytest.mark.parametrize("restarts", [False, True])
def test_a_restored_past_segment_shows_its_old_tags_until_its_backfill_ends(tmp_path: Path, restarts: bool) -> None:
    """P6, P7: also where the server dies meanwhile, and what comes meanwhile counts."""
    service = HeldService(tmp_path, StandingClock(instant("12:00")))
    shop = Shop(service)
    shop.has("ana", "ben")
    shop.past("viewers", "view", unless="pay")
    key = 1
    service.wait_until_folded([key])
    service.end_backfill(key)
    shop.views("ana")
    shop.deletes("viewers")
    shop.pays("ana")
    shop.restores("viewers")
    shop.views("ben")
    service.wait_until_folded([key])
    if restarts:
        service.restart(instant("12:01"))
        service.wait_until_folded([key])
    assert shop.statuses() == {"viewers": "backfilling"}
    assert (shop.tags("ana"), shop.tags("ben")) == ({"viewers": "12:00"}, {})
    with snapshot(service.folder) as now:
        assert check(now, lambda _: None).is_clean
    service.end_backfill(key)
    assert (shop.tags("ana"), list(shop.tags("ben"))) == ({}, ["viewers"])
    assert shop.statuses() == {"viewers": "active"}
    service.stop()


def test_what_cannot_be_restored_is_told_with_the_reason(shop: Shop) -> None:
    """D9, and who keeps events no longer than that; what is purged is gone."""
    gone, typed, long = shop.live("gone", "view"), shop.past("typed", Did("cart", {"a": 1})), shop.past("long", "view")
    shop.deletes("gone")
    shop.waits_until("3d 12:00")
    shop.deletes("typed", "long")
    assert not done(shop.octy.delete_event_types(shop.account, [shop.types["cart"]])).failed
    done(shop.octy.configure(shop.account, AccountConfiguration(retention_days=7)))
    outcome = done(shop.octy.restore_segments(shop.account, [gone, typed, long]))
    assert outcome.done == []
    reasons = [failure.message for failure in outcome.failed]
    assert "one that is purged cannot be restored" in reasons[0]
    assert "D9 event_sequence[0]" in reasons[1]
    assert "D2 segment_timeframe: expected at most the account's retention_days" in reasons[2]
    assert set(shop.statuses().values()) == {"pending deletion"}


def test_what_is_not_pending_stays_as_it_is(shop: Shop) -> None:
    """Asking twice does no harm."""
    shop.live("viewing", "view")
    shop.restores("viewing")
    shop.deletes("viewing")
    shop.restores("viewing", "viewing")
    shop.views("ana")
    assert shop.tags("ana") == {"viewing": "12:00"}
    assert shop.history("ana") == ["viewing created at 12:00 by event"]
