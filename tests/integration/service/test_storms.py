"""How little is told when much happens: so much a minute, the rest in a digest, nothing once the breaker is open."""

from pathlib import Path

import pytest

from octy.model.accounts import DEFAULT_CAUSES, AccountConfiguration
from octy.model.errors import NotFound, Refused
from octy.model.tags import Cause
from octy.service import writer
from octy.service.checking.check import check_folder
from octy.service.checking.repair import repair
from octy.store.folder import open_store
from tests.integration.service.examples import EVENTS
from tests.integration.service.serving import done
from tests.integration.service.world import Shop
from tests.unit.engine.shop import instant, said

NAMES = ("ana", "ben", "cem", "dan", "eva")


@pytest.fixture
def crowd(shop: Shop) -> Shop:
    """Five customers, who all may view at once."""
    shop.has(*NAMES[2:])
    shop.live("viewing", "view")
    return shop


def bounds(shop: Shop, per_minute: int = 0, share: float = 0.0, *causes: str) -> None:
    shop.wants_webhooks(
        webhook_events=EVENTS,
        webhook_causes=(*DEFAULT_CAUSES, *causes),
        webhooks_per_minute=per_minute,
        webhook_breaker_share=share,
    )


def all_view(shop: Shop, minute: str = "12:00", names: tuple[str, ...] = NAMES) -> None:
    for second, who in enumerate(names):
        shop.views(who, at=f"{minute}:{second:02}")


def named(shop: Shop, number: int) -> list[str]:
    """Whom a digest, counted among all webhooks, names."""
    return [shop.name_of(one["profile_id"]) for one in shop.bodies()[number]["body"]["changes"]]


# So much a minute


def test_what_is_more_than_the_bound_is_told_in_one_digest_when_the_minute_ends(crowd: Shop) -> None:
    bounds(crowd, 2)
    all_view(crowd)
    crowd.waits_until("12:00:59.999999")
    assert crowd.heard() == ["1 matched viewing: ana (event)", "1 matched viewing: ben (event)"]
    crowd.waits_until("12:01")
    assert crowd.heard()[2:] == ["1 digest viewing (limit)"]
    body = crowd.bodies()[2]["body"]
    assert (body["from"], body["to"]) == ("2024-02-28T12:00:00.000000Z", "2024-02-28T12:01:00.000000Z")
    assert body["count"] == 3
    assert named(crowd, 2) == ["cem", "dan", "eva"]
    assert body["changes"][0] == {
        "profile_id": crowd.customers["cem"],
        "event": "live_segment.matched",
        "cause": "event",
        "at": "2024-02-28T12:00:02.000000Z",
    }


def test_a_minute_within_the_bound_has_no_digest_and_the_next_one_begins_anew(crowd: Shop) -> None:
    bounds(crowd, 5)
    all_view(crowd)
    all_view(crowd, "12:01")
    crowd.waits_until("12:05")
    assert [line.split()[1] for line in crowd.heard()] == ["matched"] * 10


def test_a_digest_leaves_before_what_is_told_of_the_next_minute(crowd: Shop) -> None:
    """And numbers stay without gaps: who was told in a digest has been given none."""
    bounds(crowd, 2)
    all_view(crowd)
    crowd.views("eva", at="12:01")
    crowd.views("ana", at="12:01:01")
    crowd.views("ana", at="12:01:02")
    crowd.waits_until("12:02")
    assert crowd.heard()[2:] == [
        "1 digest viewing (limit)",
        "1 matched viewing: eva (event)",
        "2 matched viewing: ana (event)",
        "2 digest viewing (limit)",
    ]


def test_each_segment_has_its_own_minute(crowd: Shop) -> None:
    crowd.live("paying", "pay")
    bounds(crowd, 1)
    all_view(crowd, names=("ana", "ben"))
    crowd.pays("ana", at="12:00:10")
    crowd.waits_until("12:01")
    assert crowd.heard() == [
        "1 matched viewing: ana (event)",
        "1 matched paying: ana (event)",
        "1 digest viewing (limit)",
    ]


@pytest.mark.parametrize("is_late", [False, True])
def test_a_minute_goes_on_after_a_restart_where_it_was(crowd: Shop, is_late: bool) -> None:
    bounds(crowd, 2)
    all_view(crowd, names=NAMES[:3])
    now_us = crowd.service.clock.now_us()
    crowd.service.restart(now_us + 90_000_000 if is_late else None)
    if not is_late:
        crowd.views("dan", at="12:00:30")
        crowd.service.restart()
        crowd.waits_until("12:01")
    assert crowd.heard()[2:] == ["1 digest viewing (limit)"]
    assert named(crowd, 2) == (["cem"] if is_late else ["cem", "dan"])
    crowd.views("ana")
    assert crowd.heard()[3:] == ["2 matched viewing: ana (event)"]


def test_in_production_a_digest_leaves_by_itself(busy_shop: Shop) -> None:
    busy_shop.live("viewing", "view")
    bounds(busy_shop, 1)
    busy_shop.views("ana")
    busy_shop.views("ben")
    busy_shop.waits_until("12:01")
    assert busy_shop.heard() == ["1 matched viewing: ana (event)", "1 digest viewing (limit)"]


def test_what_falls_due_in_one_leap_of_the_clock_is_told_minute_by_minute(crowd: Shop) -> None:
    """As it would have been, had the clock gone on by itself."""
    crowd.live("idle", "view", unless="pay")
    bounds(crowd, 1)
    crowd.wants_webhooks(webhooks_per_minute=1)
    all_view(crowd, names=("ana", "ben", "cem"))
    all_view(crowd, "12:01", names=("dan", "eva"))
    crowd.waits_until("13:00")
    idle = [line for line in crowd.heard() if "idle" in line]
    assert idle == [
        "1 matched idle: ana (elapsed time)",
        "1 digest idle (limit)",
        "1 matched idle: dan (elapsed time)",
        "2 digest idle (limit)",
    ]


def test_what_fell_due_while_nobody_served_counts_in_the_minute_of_the_start(crowd: Shop) -> None:
    """T6: that is when it is recorded, and there is one digest for all of it."""
    crowd.live("idle", "cart", unless="pay")
    bounds(crowd, 2)
    for minute, who in enumerate(NAMES):
        crowd.does(who, "cart", at=f"12:0{minute}")
    crowd.service.restart(instant("13:00:10"))
    crowd.waits_until("13:01")
    assert crowd.heard() == [
        "1 matched idle: ana (elapsed time)",
        "1 matched idle: ben (elapsed time)",
        "1 digest idle (limit)",
    ]
    body = crowd.bodies()[2]["body"]
    assert (body["from"], body["to"]) == ("2024-02-28T13:00:00.000000Z", "2024-02-28T13:01:00.000000Z")
    assert [(one["at"][11:16]) for one in body["changes"]] == ["12:07", "12:08", "12:09"]


def test_a_bound_that_is_taken_away_leaves_the_digest_to_be_told(crowd: Shop) -> None:
    bounds(crowd, 1)
    all_view(crowd, names=("ana", "ben"))
    bounds(crowd)
    crowd.views("cem", at="12:00:10")
    crowd.waits_until("12:01")
    assert crowd.heard()[1:] == ["1 matched viewing: cem (event)", "1 digest viewing (limit)"]


def test_what_a_digest_has_told_is_taken_back_by_name(crowd: Shop) -> None:
    crowd.live("idle", "cart", unless="pay")
    bounds(crowd, 1)
    for who in ("ana", "ben"):
        crowd.does(who, "cart", at="12:00")
    crowd.waits_until("12:06")
    crowd.pays("ben", at="12:06")
    _, digest, retraction = crowd.bodies()
    assert retraction["meta"]["event"] == "live_segment.retracted"
    assert retraction["meta"]["retracts"] == digest["meta"]["delivery_id"]
    assert retraction["meta"]["sequence"] == 1


def test_a_wave_is_one_digest_of_which_the_rest_is_fetched(crowd: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the portions in which it is told."""
    monkeypatch.setattr("octy.service.notifying.CHANGES_AT_ONCE", 2)
    monkeypatch.setattr("octy.model.limits.DIGEST_CHANGES_SHOWN_MAX", 2)
    all_view(crowd)
    bounds(crowd, 1, 0.0, "backfill")
    crowd.past("viewers", "view")
    crowd.waits_until("12:01")
    assert crowd.heard() == [
        "1 entered viewers: ana (backfill)",
        "1 backfilled viewers (backfill)",
        "2 digest viewers (limit)",
    ]
    assert crowd.bodies()[2]["body"]["count"] == 4
    assert named(crowd, 2) == ["ben", "cem"]
    digest = crowd.deliveries()[2]
    first = crowd.octy.reading.digest_page(crowd.account, digest, 3, 0)
    second = crowd.octy.reading.digest_page(crowd.account, digest, 3, first.next_after or 0)
    found = [crowd.name_of(one.profile_id) for one in (*first.changes, *second.changes)]
    assert found == ["ben", "cem", "dan", "eva"]
    assert second.next_after is None
    with pytest.raises(NotFound):
        crowd.octy.reading.digest_page(Shop(crowd.service).account, digest, 3, 0)


def test_whoever_is_deleted_is_named_in_no_digest(crowd: Shop) -> None:
    """X3: neither in one that is to come nor in one that was made."""
    bounds(crowd, 1)
    all_view(crowd)
    crowd.forgets("ben")
    crowd.waits_until("12:01")
    assert named(crowd, 1) == ["cem", "dan", "eva"]
    assert crowd.bodies()[1]["body"]["count"] == 3
    crowd.forgets("dan")
    assert named(crowd, 1) == ["cem", "eva"]
    assert crowd.bodies()[1]["meta"]["overtakes"] == 0
    page = crowd.octy.reading.digest_page(crowd.account, crowd.deliveries()[1], 10, 0)
    assert [crowd.name_of(one.profile_id) for one in page.changes] == ["cem", "eva"]


def test_an_export_lists_the_digests_that_name_the_profile_and_nobody_else_in_them(crowd: Shop) -> None:
    """Also one that is to come."""
    bounds(crowd, 1)
    all_view(crowd)
    crowd.waits_until("12:01")
    all_view(crowd, "12:01", names=("ana", "ben"))
    made, coming = crowd.octy.reading.export(crowd.account, "ben").digested
    assert made.webhook_id == crowd.deliveries()[1]
    assert [said(one.at_us) for one in (made, coming)] == ["12:00:01", "12:01:01"]
    for one in (made, coming):
        assert (one.segment_tag, one.event, one.cause) == ("viewing", "live_segment.matched", Cause.EVENT)
    assert crowd.octy.reading.export(crowd.account, "ana").digested == []
    crowd.waits_until("12:02")
    assert coming.webhook_id == crowd.deliveries()[-1]


def test_a_digest_of_nobody_but_the_deleted_is_not_made_and_takes_no_number(crowd: Shop) -> None:
    bounds(crowd, 1)
    all_view(crowd, names=("ana", "ben"))
    crowd.forgets("ben")
    crowd.waits_until("12:01")
    assert crowd.heard() == ["1 matched viewing: ana (event)"]
    all_view(crowd, "12:02", names=("ana", "cem"))
    crowd.waits_until("12:03")
    assert crowd.heard()[1:] == ["2 matched viewing: ana (event)", "1 digest viewing (limit)"]


def test_a_segment_that_goes_tells_its_digest_at_once_and_leaves_nothing(crowd: Shop) -> None:
    """X2."""
    bounds(crowd, 1, 0.0, "deletion")
    all_view(crowd)
    crowd.deletes("viewing")
    crowd.waits_until("3d 12:00:04")
    assert crowd.heard()[-2:] == ["2 retracted viewing: ana (deletion)", "2 digest viewing (limit)"]
    for table in ("webhook_minutes", "webhook_stops", "webhook_sequences", "told_matches"):
        assert crowd.service.rows(f"SELECT * FROM {table}") == []


def test_digested_changes_are_forgotten_after_thirty_days(crowd: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "DELIVERIES_FORGOTTEN_AT_ONCE", 2)
    bounds(crowd, 1)
    all_view(crowd)
    crowd.waits_until("30d 12:00")
    count = "SELECT count(*) FROM digest_changes"
    assert crowd.service.rows(count) == [(4,)]
    for second in (5, 7, 9):
        crowd.waits_until(f"30d 12:00:{second:02}")
    assert crowd.service.rows(count) == [(0,)]


# The breaker


def test_where_too_many_flip_within_a_minute_nothing_is_told_any_more_but_that(crowd: Shop) -> None:
    bounds(crowd, 0, 0.4)
    all_view(crowd)
    crowd.waits_until("13:00")
    crowd.views("ana")
    assert crowd.heard() == [
        "1 matched viewing: ana (event)",
        "1 matched viewing: ben (event)",
        "1 webhooks_stopped viewing (breaker)",
    ]
    body = crowd.bodies()[2]["body"]
    assert (body["count"], body["profiles"], body["share"]) == (3, 5, 0.4)
    (stop,) = crowd.octy.reading.webhook_stops(crowd.account)
    assert (stop.segment_tag, stop.withheld) == ("viewing", 4)


def test_a_minute_that_does_not_exceed_the_share_stops_nothing(crowd: Shop) -> None:
    bounds(crowd, 0, 0.4)
    for minute in range(5):
        all_view(crowd, f"12:0{minute}", names=("ana", "ben"))
    assert len(crowd.heard()) == 10


def test_what_the_minute_has_told_so_far_is_not_lost(crowd: Shop) -> None:
    bounds(crowd, 1, 0.6)
    all_view(crowd)
    assert crowd.heard() == [
        "1 matched viewing: ana (event)",
        "1 digest viewing (limit)",
        "2 webhooks_stopped viewing (breaker)",
    ]
    assert named(crowd, 1) == ["ben", "cem"]
    assert crowd.bodies()[1]["body"]["to"] == "2024-02-28T12:00:03.000000Z", "the minute is cut short"


def test_a_stop_outlives_restarts_and_settings_until_it_is_released(crowd: Shop) -> None:
    bounds(crowd, 0, 0.2)
    all_view(crowd)
    crowd.service.restart()
    bounds(crowd)
    all_view(crowd, "12:30")
    assert len(crowd.heard()) == 2
    stop = done(crowd.octy.release_webhooks(crowd.account, crowd.segments["viewing"]))
    assert stop.withheld == 9
    assert crowd.octy.reading.webhook_stops(crowd.account) == []
    crowd.service.restart()
    crowd.views("ana")
    assert crowd.heard()[2:] == ["2 matched viewing: ana (event)"]


def test_a_release_within_the_minute_keeps_to_the_bound(crowd: Shop) -> None:
    bounds(crowd, 2, 0.4)
    all_view(crowd, names=("ana", "ben", "cem"))
    done(crowd.octy.release_webhooks(crowd.account, crowd.segments["viewing"]))
    crowd.views("dan", at="12:00:30")
    crowd.waits_until("12:01")
    assert crowd.heard()[3:] == ["2 digest viewing (limit)"]


def test_what_the_breaker_withheld_is_taken_back_by_name_of_nothing(crowd: Shop) -> None:
    """Though an earlier match was told, whose tag has gone since."""
    crowd.live("idle", "cart", unless="pay")
    crowd.does("ana", "cart", at="12:00")
    bounds(crowd)
    crowd.waits_until("12:05")
    bounds(crowd, 0, 0.2)
    crowd.views("ana")
    crowd.does("ben", "cart", at="12:10")
    crowd.does("cem", "cart", at="12:10")
    crowd.pays("ana", at="12:15")
    crowd.does("ana", "cart", at="12:15")
    crowd.waits_until("12:20")
    done(crowd.octy.release_webhooks(crowd.account, crowd.segments["idle"]))
    crowd.pays("ana", at="12:30")
    told = [body["meta"] for body in crowd.bodies() if body["meta"]["event"] == "live_segment.retracted"]
    assert [meta["retracts"] for meta in told] == [None]


def test_other_segments_are_told_of(crowd: Shop) -> None:
    crowd.live("paying", "pay")
    bounds(crowd, 0, 0.4)
    all_view(crowd)
    crowd.pays("ana")
    assert crowd.heard()[3:] == ["1 matched paying: ana (event)"]


def test_only_a_segment_that_is_stopped_can_be_released(crowd: Shop) -> None:
    with pytest.raises(Refused, match="The segment's webhooks are not stopped"):
        done(crowd.octy.release_webhooks(crowd.account, crowd.segments["viewing"]))
    with pytest.raises(Refused, match="There is no such segment"):
        done(crowd.octy.release_webhooks(crowd.account, "segment_x"))


# Together


def test_a_commit_that_fails_takes_minutes_and_digests_back(busy_shop: Shop) -> None:
    """H3."""
    busy_shop.has("cem")
    busy_shop.live("viewing", "view")
    bounds(busy_shop, 1)
    busy_shop.views("ana")
    with busy_shop.service.keeps_the_writer_busy():
        views = busy_shop.octy.ingest(busy_shop.account, [busy_shop.draft("ben")])
        broken = busy_shop.octy._writer.submit(0, _breaks)
    assert views.exception() is not None
    assert broken.exception() is not None
    busy_shop.views("cem")
    busy_shop.waits_until("12:01")
    assert busy_shop.heard() == ["1 matched viewing: ana (event)", "1 digest viewing (limit)"]
    assert named(busy_shop, 1) == ["cem"]


def _breaks(_: object) -> None:
    raise OSError("no disk")


STRAYS = {
    "UPDATE digest_changes SET profile_key = 99": "digest",
    "UPDATE told_matches SET segment_key = 99": "told match",
    "UPDATE webhook_minutes SET segment_key = 99": "webhook minute or stop",
    "INSERT INTO webhook_stops VALUES (99, 1, 0, 0)": "webhook minute or stop",
}


def _does(folder: Path, statement: str) -> None:
    store = open_store(folder)
    with store.writer.begin():
        store.writer.exec_driver_sql(statement)
    store.close()


@pytest.mark.parametrize("damage", STRAYS)
def test_a_check_finds_what_is_about_nobody_and_a_repair_removes_it(crowd: Shop, damage: str) -> None:
    bounds(crowd, 1)
    all_view(crowd)
    crowd.service.stop()
    folder = crowd.service.folder
    assert check_folder(folder, lambda _: None).is_clean
    _does(folder, damage)
    findings = check_folder(folder, lambda _: None)
    assert findings.by_kind.keys() == {STRAYS[damage]}
    store = open_store(folder)
    repair(store, findings)
    store.close()
    assert check_folder(folder, lambda _: None).is_clean
    crowd.service.open()


def test_all_that_speaks_against_a_bound_is_said_at_once(shop: Shop) -> None:
    wrong = AccountConfiguration(webhooks_per_minute=-1, webhook_breaker_share=1.5)
    with pytest.raises(Refused) as refused:
        done(shop.octy.configure(shop.account, wrong))
    assert refused.value.messages == [
        "webhooks_per_minute: expected an integer from 1 to 1,000,000, or 0 for any number of webhooks; found -1",
        "webhook_breaker_share: expected a number above 0, up to 1, or 0 for no breaker; found 1.5",
    ]
