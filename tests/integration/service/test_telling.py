"""What an account is told of: each kind of change by each cause, if it has chosen so, and nothing else."""

import json
from typing import Any

import pytest

from octy.model.accounts import DEFAULT_CAUSES, AccountConfiguration
from octy.model.errors import Refused
from octy.model.webhooks import DeliveryFilter, WebhookEvent
from octy.service.checking.check import check_folder
from octy.service.checking.repair import repair
from octy.store.folder import open_store
from tests.integration.service.examples import EVENTS, examples, live_through, without_ids
from tests.integration.service.serving import Service, done
from tests.integration.service.world import URL, Shop
from tests.unit.engine.shop import did

LIVE = ("live_segment.matched", "live_segment.retracted")
PAST = ("past_segment.entered", "past_segment.left")
ALL = (*LIVE, *PAST, "segment.backfilled", "training.completed")
ALL_CAUSES = (*DEFAULT_CAUSES, "backfill", "deletion", "repair", "restore")


@pytest.fixture
def told_all(shop: Shop) -> Shop:
    """A shop that hears of everything, whatever the cause."""
    shop.wants_webhooks(webhook_events=ALL, webhook_causes=ALL_CAUSES)
    return shop


def metas(shop: Shop) -> list[dict[str, Any]]:
    return [body["meta"] for body in shop.bodies()]


# By default


def test_an_account_that_chooses_nothing_hears_of_live_matches_alone(shop: Shop) -> None:
    """H1."""
    shop.wants_webhooks()
    shop.live("idle", "view", unless="pay")
    shop.past("viewers", "view", days=1)
    shop.views("ana", at="12:00")
    shop.waits_until("12:05")
    shop.pays("ana", at="12:06")
    shop.waits_until("3d 12:00")
    assert shop.heard() == ["1 matched idle: ana (elapsed time)"]


def test_without_a_url_nothing_is_told(shop: Shop) -> None:
    shop.wants_webhooks(url="", webhook_events=ALL)
    shop.live("viewing", "view")
    shop.past("viewers", "view")
    shop.views("ana")
    assert shop.bodies() == []


def test_matches_may_be_left_out(shop: Shop) -> None:
    shop.wants_webhooks(webhook_events=("live_segment.retracted",))
    shop.live("idle", "view", unless="pay")
    shop.views("ana", at="12:00")
    shop.waits_until("12:05")
    shop.pays("ana", at="12:06")
    assert shop.heard() == ["1 retracted idle: ana (event)"]
    assert metas(shop)[0]["retracts"] is None, "no webhook told of the match"


# Each kind


def test_a_conflicting_event_takes_a_match_back_and_the_webhook_names_the_one_that_told_of_it(told_all: Shop) -> None:
    """G4: also where that one has not left yet. The number counts both."""
    told_all.live("idle", "view", unless="pay")
    told_all.views("ana", at="12:00")
    told_all.waits_until("12:05")
    pays = told_all.pays("ana", at="12:06")
    assert told_all.heard() == ["1 matched idle: ana (elapsed time)", "2 retracted idle: ana (event)"]
    match, retraction = told_all.bodies()
    assert retraction["subject"] == "Live segment tag removed"
    assert retraction["body"] == match["body"]
    assert retraction["date_time"] == "Wed, 28 Feb 2024 12:06:00 GMT"
    assert retraction["meta"]["retracts"] == match["meta"]["delivery_id"] == told_all.deliveries()[0]
    assert retraction["meta"]["change"] == {"event_id": pays.event_id, "at": "2024-02-28T12:06:00.000000Z"}


def test_a_late_event_takes_a_match_back(told_all: Shop) -> None:
    """L6: it takes effect when it happened, and is known when it is accepted."""
    told_all.live("idle", "view", unless="pay")
    told_all.views("ana", at="12:00")
    told_all.waits_until("12:30")
    told_all.pays("ana", at="12:03")
    change = metas(told_all)[1]
    assert told_all.heard()[1] == "2 retracted idle: ana (event)"
    assert change["change"]["at"] < change["evaluated_through"] == "2024-02-28T12:30:00.000000Z"


def test_a_retraction_names_the_last_match_through_restarts_and_when_the_deliveries_are_forgotten(
    told_all: Shop,
) -> None:
    told_all.live("seeing", "view", unless="pay")
    told_all.views("ana", at="12:00")
    told_all.views("ana", at="12:10")
    told_all.waits_until("13:00")
    last = told_all.deliveries()[-1]
    done(told_all.octy._writer.submit(0, lambda tx: tx.connection.exec_driver_sql("DELETE FROM outbox")))
    told_all.service.restart()
    told_all.pays("ana")
    assert [meta["retracts"] for meta in metas(told_all)] == [last]


def test_a_retraction_takes_back_what_was_told_before_retractions_were_chosen(shop: Shop) -> None:
    shop.wants_webhooks()
    shop.live("idle", "view", unless="pay")
    shop.views("ana", at="12:00")
    shop.waits_until("12:05")
    shop.wants_webhooks(webhook_events=LIVE)
    shop.pays("ana", at="12:06")
    first, second = metas(shop)
    assert second["retracts"] == first["delivery_id"]


def test_each_match_is_taken_back_once(told_all: Shop) -> None:
    told_all.live("idle", "view", unless="pay")
    for hour in (12, 13):
        told_all.views("ana", at=f"{hour}:00")
        told_all.waits_until(f"{hour}:05")
        told_all.pays("ana", at=f"{hour}:06")
    found = metas(told_all)
    assert [meta["sequence"] for meta in found] == [1, 2, 3, 4]
    assert [meta.get("retracts") for meta in found] == [None, found[0]["delivery_id"], None, found[2]["delivery_id"]]


def test_whoever_turns_retractions_off_and_on_hears_what_was_told_last(told_all: Shop) -> None:
    told_all.live("idle", "view", unless="pay")
    told_all.views("ana", at="12:00")
    told_all.waits_until("12:05")
    told_all.wants_webhooks()
    told_all.views("ana", at="12:10")
    told_all.waits_until("12:15")
    told_all.wants_webhooks(webhook_events=LIVE)
    told_all.pays("ana", at="12:16")
    _, second, third = metas(told_all)
    assert third["retracts"] == second["delivery_id"]


@pytest.mark.parametrize(
    "between",
    [{"webhook_events": PAST}, {"webhook_events": LIVE, "webhook_causes": ("backfill",)}, {"url": ""}],
    ids=["other events", "other causes", "no url"],
)
def test_what_was_not_told_is_taken_back_by_name_of_nothing(told_all: Shop, between: dict[str, Any]) -> None:
    """Though an earlier match was told, whose tag has gone since."""
    told_all.live("idle", "view", unless="pay")
    told_all.views("ana", at="12:00")
    told_all.waits_until("12:05")
    told_all.wants_webhooks(**between)
    told_all.pays("ana", at="12:06")
    told_all.views("ana", at="12:10")
    told_all.waits_until("12:15")
    told_all.wants_webhooks(webhook_events=LIVE)
    told_all.pays("ana", at="12:16")
    assert [meta.get("retracts", "a match") for meta in metas(told_all)] == ["a match", None]


def test_a_tag_that_a_match_has_moved_of_which_nobody_was_told_is_taken_back_by_name_of_nothing(told_all: Shop) -> None:
    """G3: it dates from that match; also where it moves and goes at once."""
    told_all.live("shod", did("view", product="shoes"))
    told_all.views("ana", at="12:00", product="shoes")
    told_all.wants_webhooks(webhook_events=("live_segment.retracted",))
    moves = told_all.draft("ana", at="12:01", product="shoes")
    told_all.sends(moves, told_all.draft("ana", at="12:02", product="hats"))
    assert told_all.heard() == ["1 matched shod: ana (event)", "2 retracted shod: ana (event)"]
    assert metas(told_all)[1]["retracts"] is None


@pytest.mark.parametrize("is_chosen_late", [False, True])
def test_a_retraction_names_the_match_from_which_the_tag_dates(told_all: Shop, is_chosen_late: bool) -> None:
    """G3: a late match, which is told last, does not move it."""
    if is_chosen_late:
        told_all.wants_webhooks()
    told_all.live("shod", did("view", product="shoes"))
    told_all.views("ana", at="12:05", product="shoes")
    told_all.views("ana", at="12:03", product="shoes")
    told_all.wants_webhooks(webhook_events=ALL)
    told_all.views("ana", at="12:06", product="hats")
    first, _, retraction = metas(told_all)
    assert retraction["retracts"] == first["delivery_id"]


def test_a_late_match_is_named_when_its_tag_goes_though_a_later_one_was_told_before(told_all: Shop) -> None:
    told_all.live("shod", did("view", product="shoes"))
    told_all.views("ana", at="12:05", product="shoes")
    told_all.views("ana", at="12:06", product="hats")
    told_all.views("ana", at="12:03", product="shoes")
    told_all.views("ana", at="12:07", product="hats")
    first, second, third, fourth = metas(told_all)
    assert (second["retracts"], fourth["retracts"]) == (first["delivery_id"], third["delivery_id"])


def test_a_profile_enters_a_past_segment_by_an_event_and_leaves_it_by_time(told_all: Shop) -> None:
    told_all.past("viewers", "view", days=1)
    view = told_all.views("ana", at="12:00")
    told_all.waits_until("1d 12:00")
    assert told_all.heard() == [
        "1 backfilled viewers (backfill)",
        "1 entered viewers: ana (event)",
        "2 left viewers: ana (elapsed time)",
    ]
    _, entered, left = told_all.bodies()
    assert (entered["subject"], left["subject"]) == ("Past segment tag created", "Past segment tag removed")
    assert entered["meta"]["change"] == {"event_id": view.event_id, "at": "2024-02-28T12:00:00.000000Z"}
    assert left["meta"]["change"] == {"event_id": None, "at": "2024-02-29T12:00:00.000000Z"}
    assert left["date_time"] == "Thu, 29 Feb 2024 12:00:00 GMT"


def test_what_a_late_event_enters_is_dated_as_the_tag_is(told_all: Shop) -> None:
    """G2."""
    told_all.past("viewers", "view", days=2)
    told_all.views("ana", at="1d 12:00")
    told_all.views("ben", at="12:00")
    ben = told_all.bodies()[-1]
    tag = told_all.profile("ben").segment_tags[0]
    assert ben["date_time"] == "Thu, 29 Feb 2024 12:00:00 GMT"
    assert tag.created_us == told_all.service.clock.now_us()


def test_a_property_and_time_and_an_inaction_are_causes_too(told_all: Shop) -> None:
    told_all.past("gold viewers", "view", tier="gold")
    told_all.past("idle viewers", "view", days=2, unless="pay")
    told_all.views("ana", at="12:00")
    told_all.learns("ana", tier="gold")
    told_all.learns("ana", tier="silver")
    told_all.pays("ana", at="12:10")
    told_all.views("ana", at="1d 12:00")
    told_all.waits_until("2d 12:10")
    assert [line for line in told_all.heard() if "backfilled" not in line] == [
        "1 entered idle viewers: ana (event)",
        "1 entered gold viewers: ana (property change)",
        "2 left gold viewers: ana (property change)",
        "2 left idle viewers: ana (event)",
        "3 entered idle viewers: ana (elapsed time)",
    ]


# Backfills, deletions and repairs are silent unless they are asked for


def test_a_backfill_is_told_once_with_its_number_of_members(shop: Shop) -> None:
    """P6: not its members one by one, unless they are asked for."""
    shop.wants_webhooks(webhook_events=ALL)
    shop.views("ana", at="12:00")
    shop.views("ben", at="12:01")
    shop.past("viewers", "view")
    shop.past("payers", "pay")
    assert shop.heard() == ["1 backfilled viewers (backfill)", "1 backfilled payers (backfill)"]
    assert [body["body"]["members"] for body in shop.bodies()] == [2, 0]
    assert [body["subject"] for body in shop.bodies()] == ["Segment backfill completed"] * 2


def test_whom_a_backfill_finds_is_told_where_that_is_asked_for(told_all: Shop) -> None:
    told_all.views("ana", at="12:00")
    told_all.past("viewers", "view")
    assert told_all.heard() == ["1 entered viewers: ana (backfill)", "1 backfilled viewers (backfill)"]


def test_a_backfill_in_production_is_told_as_well(busy_shop: Shop) -> None:
    busy_shop.wants_webhooks(webhook_events=ALL, webhook_causes=ALL_CAUSES)
    busy_shop.views("ana")
    busy_shop.past("viewers", "view")
    assert busy_shop.heard() == ["1 entered viewers: ana (backfill)", "1 backfilled viewers (backfill)"]


def test_a_backfill_that_is_interrupted_is_told_once(shop: Shop) -> None:
    shop.wants_webhooks(webhook_events=ALL)
    shop.views("ana")
    shop.past("viewers", "view")
    shop.service.restart()
    shop.service.asks_nothing()
    assert shop.heard() == ["1 backfilled viewers (backfill)"]


@pytest.mark.parametrize("is_asked_for", [True, False])
def test_the_end_of_a_deleted_segment_is_told_where_that_is_asked_for(shop: Shop, is_asked_for: bool) -> None:
    """X1, X2: until then nothing is told of it. Its numbers go on to the last."""
    shop.wants_webhooks(webhook_events=(*LIVE, *PAST), webhook_causes=ALL_CAUSES if is_asked_for else DEFAULT_CAUSES)
    shop.past("viewers", "view")
    shop.live("viewing", "view")
    shop.views("ana", at="12:00")
    shop.deletes("viewers", "viewing")
    shop.views("ben", at="12:01")
    shop.waits_until("4d 12:00")
    ends = ["2 left viewers: ana (deletion)", "2 retracted viewing: ana (deletion)"] if is_asked_for else []
    assert sorted(shop.heard()) == sorted(["1 entered viewers: ana (event)", "1 matched viewing: ana (event)", *ends])
    by_event = {meta["event"]: meta for meta in metas(shop)}
    if is_asked_for:
        assert by_event["live_segment.retracted"]["retracts"] == by_event["live_segment.matched"]["delivery_id"]
    for table in ("webhook_sequences", "told_matches"):
        assert shop.service.rows(f"SELECT * FROM {table}") == []


@pytest.mark.parametrize("is_asked_for", [True, False])
def test_a_repair_is_told_where_that_is_asked_for(shop: Shop, is_asked_for: bool) -> None:
    """G5: the repair is the cause, for the history as well."""
    shop.wants_webhooks(webhook_events=ALL, webhook_causes=ALL_CAUSES if is_asked_for else DEFAULT_CAUSES)
    shop.past("viewers", "view")
    shop.live("viewing", "view")
    shop.views("ana", at="12:00")
    before = shop.heard()
    done(shop.octy._writer.submit(0, lambda tx: tx.connection.exec_driver_sql(FORGET)))
    shop.service.stop()
    _repairs(shop.service)
    shop.service.open()
    told = ["2 entered viewers: ana (repair)", "2 matched viewing: ana (repair)"] if is_asked_for else []
    assert sorted(shop.heard()[len(before) :]) == told
    assert {line.cause.name for line in shop.octy.reading.tag_history(shop.account, shop.customers["ana"])[-2:]} == {
        "REPAIR"
    }
    if is_asked_for:
        meta = next(one for one in metas(shop)[len(before) :] if one["event"] == "live_segment.matched")
        assert meta["action"] is None
        assert meta["match"] == {"event_id": None, "at": "2024-02-28T12:00:00.000000Z"}


FORGET = "DELETE FROM change_blocks"
"""The tags' whole history: the repair begins another."""


def _repairs(service: Service) -> None:
    findings = check_folder(service.folder, lambda _: None)
    store = open_store(service.folder)
    repair(store, findings)
    store.close()


# Together


def test_every_kind_is_about_what_the_check_says_it_is(told_all: Shop) -> None:
    """Also a test, which is about nobody."""
    told_all.past("viewers", "view", days=1)
    told_all.live("idle", "view", unless="pay")
    told_all.views("ana", at="12:00")
    told_all.waits_until("12:05")
    told_all.pays("ana")
    told_all.waits_until("1d 12:00")
    done(told_all.octy.test_webhook(told_all.account))
    assert {meta["event"] for meta in metas(told_all)} == {*ALL, "webhook.test"} - {"training.completed"}
    told_all.service.stop()
    assert check_folder(told_all.service.folder, lambda _: None).is_clean
    told_all.service.open()


def test_deliveries_are_found_by_their_event(told_all: Shop) -> None:
    told_all.past("viewers", "view", days=1)
    told_all.live("viewing", "view")
    told_all.views("ana", at="12:00")
    told_all.views("ben", at="12:00")
    for event, count in ((WebhookEvent.MATCHED, 2), (WebhookEvent.ENTERED, 2), (WebhookEvent.BACKFILLED, 1)):
        page = told_all.octy.reading.delivery_page(told_all.account, DeliveryFilter(event=event), 10)
        assert [one.event for one in page.deliveries] == [event] * count
    assert (
        done(told_all.octy.replay_deliveries(told_all.account, DeliveryFilter(event=WebhookEvent.ENTERED), None)).count
        == 2
    )


def test_a_deleted_profile_takes_its_webhooks_of_every_kind_along(told_all: Shop) -> None:
    """X3."""
    told_all.past("viewers", "view", days=1)
    told_all.live("viewing", "view")
    told_all.views("ana", at="12:00")
    told_all.forgets("ana")
    assert told_all.heard() == ["1 backfilled viewers (backfill)"]
    assert told_all.service.rows("SELECT * FROM told_matches") == []


def test_a_wave_is_told_some_at_a_time(told_all: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """In their order, with the right numbers, whatever the portions."""
    monkeypatch.setattr("octy.service.notifying.CHANGES_AT_ONCE", 2)
    told_all.has("cem", "dan", "eva")
    for who in ("ana", "ben", "cem", "dan", "eva"):
        told_all.views(who, at="12:00")
    told_all.past("viewers", "view")
    names = ("ana", "ben", "cem", "dan", "eva")
    assert told_all.heard() == [
        *(f"1 entered viewers: {who} (backfill)" for who in names),
        "1 backfilled viewers (backfill)",
    ]


def test_the_documentation_shows_each_kind_as_it_is(shop: Shop) -> None:
    """Field by field, in their order."""
    live_through(shop)
    told = {body["meta"]["event"]: without_ids(body) for body in reversed(shop.bodies())}
    assert told.keys() == {*EVENTS, "segment.digest", "segment.webhooks_stopped"} - {"training.completed"}
    shown = examples()
    for event, body in told.items():
        assert json.dumps(body) in [json.dumps(without_ids(one)) for one in shown[event]]


# What is chosen


def test_a_choice_is_kept(shop: Shop) -> None:
    shop.wants_webhooks(webhook_events=PAST, webhook_causes=("backfill",))
    shop.service.restart()
    kept = shop.octy.account(shop.account).configuration
    assert (kept.webhook_events, kept.webhook_causes) == (PAST, ("backfill",))
    shop.past("viewers", "view")
    shop.views("ana")
    assert shop.bodies() == []
    shop.wants_webhooks()
    assert shop.octy.account(shop.account).configuration == AccountConfiguration(webhook_url=URL)
    assert shop.service.rows("SELECT * FROM webhook_choices") == []


def test_all_that_speaks_against_a_choice_is_said_at_once(shop: Shop) -> None:
    wrong = AccountConfiguration(
        contact_name="a\0b",
        webhook_url="ftp://example.org",
        webhook_events=("live_segment.matched", "segment.gone", "live_segment.matched"),
        webhook_causes=("rain",),
    )
    with pytest.raises(Refused) as refused:
        done(shop.octy.configure(shop.account, wrong))
    known = "live_segment.matched, live_segment.retracted, past_segment.entered, past_segment.left, segment.backfilled"
    assert refused.value.messages == [
        'contact_name: expected text without NUL characters and lone surrogates; found "a\\u0000b"',
        f'webhook_events[1]: expected one of {known}, training.completed; found "segment.gone"',
        'webhook_events[2]: expected each of them once; found "live_segment.matched" once more',
        "webhook_causes[0]: expected one of event, elapsed time, property change, backfill, deletion, repair, restore; "
        'found "rain"',
        'webhook_url: expected a URL that webhooks may be sent to; found "ftp://example.org": '
        "The webhook URL must begin with https://.",
    ]
