"""What a profile shows, what its history tells (G1 to G5), and which webhooks are made (H1, H3)."""

from tests.integration.service.failing import FAILURES
from tests.integration.service.serving import done
from tests.integration.service.world import Shop
from tests.unit.engine.shop import did


def test_tags_stand_in_the_order_of_their_creation(shop: Shop) -> None:
    """G1: not in that of their segments; a live tag that moves goes to the end."""
    shop.live("third", "pay")
    shop.past("second", "cart")
    shop.live("first", "view")
    shop.views("ana", at="12:01")
    shop.does("ana", "cart", at="12:02")
    shop.pays("ana", at="12:03")
    assert list(shop.tags("ana").items()) == [("first", "12:01"), ("second", "12:02"), ("third", "12:03")]
    shop.views("ana", at="12:04")
    assert list(shop.tags("ana").items()) == [("second", "12:02"), ("third", "12:03"), ("first", "12:04")]


def test_a_past_tag_dates_from_the_event_that_made_it(shop: Shop) -> None:
    """G2."""
    shop.past("viewers", "view")
    shop.views("ana", at="12:30")
    shop.views("ana", at="12:40")
    assert shop.tags("ana") == {"viewers": "12:30"}
    assert shop.history("ana") == ["viewers created at 12:30 by event"]


def test_a_past_tag_of_a_late_event_dates_from_its_acceptance(shop: Shop) -> None:
    """G2, G5: what was known, and when it was true."""
    shop.past("viewers", "view")
    late = shop.views("ana", at="-2d 12:00")
    assert shop.tags("ana") == {"viewers": "12:00"}
    assert shop.history("ana") == ["viewers created at -2d 12:00 by event, known at 12:00"]
    assert shop.causes("ana") == [late.event_id]


def test_a_live_tag_of_a_late_event_dates_from_the_event(shop: Shop) -> None:
    """G3, L2."""
    shop.live("viewing", "view")
    shop.waits_until("12:20")
    shop.views("ana", at="12:10")
    shop.views("ben", at="12:09:59.999999")
    assert shop.tags("ana") == {"viewing": "12:10"}
    assert shop.history("ana") == ["viewing created at 12:10 by event, known at 12:20"]
    assert shop.tags("ben") == {}


def test_a_past_tag_of_a_backfill_dates_from_the_backfill(shop: Shop) -> None:
    """G2."""
    shop.views("ana", at="-2d 12:00")
    shop.waits_until("13:00")
    shop.past("viewers", "view")
    assert shop.tags("ana") == {"viewers": "13:00"}


def test_a_tag_that_time_gives_dates_from_its_due_instant(shop: Shop) -> None:
    """G2, P5: the last inaction leaves the window before the match does."""
    shop.past("unpaid", "view", unless="pay", days=1)
    shop.pays("ana", at="12:10")
    shop.views("ana", at="12:20")
    shop.waits_until("2d 00:00")
    assert shop.history("ana") == [
        "unpaid created at 1d 12:10 by elapsed time",
        "unpaid removed at 1d 12:20 by elapsed time",
    ]


def test_a_later_match_moves_a_live_tag_and_an_earlier_one_does_not(shop: Shop) -> None:
    """G3, docs/decisions/0004."""
    shop.live("viewing", "view")
    shop.views("ana", at="12:10")
    shop.views("ana", at="12:15")
    shop.views("ana", at="12:12")
    assert shop.tags("ana") == {"viewing": "12:15"}
    assert shop.history("ana") == [
        "viewing created at 12:10 by event",
        "viewing updated at 12:15 by event",
        "viewing updated at 12:12 by event, known at 12:15",
    ]


def test_every_cause_is_told_with_its_event(shop: Shop) -> None:
    """G4, G5."""
    shop.views("ana", at="11:00")
    shop.past("viewers", "view", days=1)
    shop.past("gold", "view", days=1, plan="gold")
    shop.live("idle", "view", unless="pay")
    shop.learns("ana", plan="gold")
    view = shop.views("ana", at="12:10")
    pay = shop.pays("ana", at="12:20")
    shop.deletes("gold")
    shop.waits_until("5d 00:00")
    assert shop.history("ana") == [
        "viewers created at 12:00 by backfill",
        "gold created at 12:00 by property change",
        "idle created at 12:15 by elapsed time",
        "idle removed at 12:20 by event",
        "viewers removed at 1d 12:10 by elapsed time",
        "gold removed at 3d 12:20 by deletion",
    ]
    assert shop.causes("ana") == [None, None, None, pay.event_id, None, None]
    assert view.event_id not in shop.causes("ana")


def test_several_changes_by_one_event_all_name_it(shop: Shop) -> None:
    """G5."""
    shop.live("viewing", did("view", a="x"))
    shop.past("viewers", "view")
    events = shop.sends(shop.draft("ana", a="x"), shop.draft("ben", a="x"), shop.draft("ana", a="y")).done
    assert shop.history("ana") == [
        "viewing created at 12:00 by event",
        "viewers created at 12:00 by event",
        "viewing removed at 12:00 by event",
    ]
    assert shop.causes("ana") == [events[0].event_id, events[0].event_id, events[2].event_id]
    assert shop.causes("ben") == [events[1].event_id] * 2


# Webhooks


def test_each_live_match_makes_one_webhook_that_says_whether_the_tag_was_there(shop: Shop) -> None:
    """H1, G4: created anew after a conflict."""
    shop.wants_webhooks()
    shop.live("viewing shoes", did("view", product="shoe"))
    for product in ("shoe", "shoe", "hat", "shoe"):
        shop.views("ana", product=product)
    assert shop.webhooks() == [
        "created viewing shoes for ana",
        "updated viewing shoes for ana",
        "created viewing shoes for ana",
    ]


def test_the_body_is_exactly_what_the_rules_say(shop: Shop) -> None:
    """H1."""
    shop.wants_webhooks()
    segment_id = shop.live("idle", "view", unless="pay")
    view = shop.views("ana", at="12:00:00.900000")
    shop.waits_until("13:00")
    (body,) = shop.bodies()
    assert body == (
        {
            "subject": "Live segment tag created",
            "body": {
                "profile_id": shop.customers["ana"],
                "segment": {"segment_id": segment_id, "segment_tag": "idle"},
            },
            "date_time": "Wed, 28 Feb 2024 12:05:00 GMT",
            "meta": {
                "delivery_id": shop.deliveries()[0],
                "event": "live_segment.matched",
                "segment_id": segment_id,
                "segment_version": 1,
                "cause": "elapsed time",
                "action": {"event_id": view.event_id, "at": "2024-02-28T12:00:00.900000Z"},
                "match": {"event_id": None, "at": "2024-02-28T12:05:00.900000Z"},
                "sequence": 1,
                "evaluated_through": "2024-02-28T12:05:00.900000Z",
                "overtakes": 0,
            },
        }
    )


def test_a_past_segment_makes_no_webhook(shop: Shop) -> None:
    """H1."""
    shop.wants_webhooks()
    shop.views("ana")
    shop.past("viewers", "view", days=1)
    shop.views("ben")
    shop.waits_until("3d 12:00")
    assert len(shop.history("ana")) == 2
    assert shop.webhooks() == []


def test_an_account_without_a_webhook_url_gets_none(shop: Shop) -> None:
    """H1."""
    shop.live("viewing", "view")
    shop.views("ana")
    assert shop.webhooks() == []
    shop.wants_webhooks()
    shop.views("ana")
    assert shop.webhooks() == ["updated viewing for ana"]


def test_a_webhook_is_stored_with_its_change_or_not_at_all(shop: Shop) -> None:
    """H3."""
    shop.wants_webhooks()
    shop.live("viewing", "view")
    before = shop.service.everything()
    with FAILURES["an I/O error at the commit"](shop.service.store):
        future = shop.octy.ingest(shop.account, [shop.draft("ana")])
        assert future.exception(60) is not None
    assert shop.service.everything() == before
    shop.views("ana")
    ((delivery, recorded),) = shop.service.rows(
        "SELECT created_us, recorded_us FROM outbox JOIN tag_history USING (profile_key, segment_key)"
    )
    assert delivery == recorded


def test_webhooks_of_a_group_stand_in_the_order_of_the_matches(busy_shop: Shop) -> None:
    """H1, H4."""
    busy_shop.wants_webhooks()
    busy_shop.live("viewing", "view")
    busy_shop.live("paying", "pay")
    drafts = [("ben", "view"), ("ana", "pay"), ("ana", "view"), ("ben", "view")]
    with busy_shop.service.keeps_the_writer_busy():
        futures = [busy_shop.octy.ingest(busy_shop.account, [busy_shop.draft(*draft)]) for draft in drafts]
    for future in futures:
        done(future)
    assert busy_shop.webhooks() == [
        "created viewing for ben",
        "created paying for ana",
        "created viewing for ana",
        "updated viewing for ben",
    ]
