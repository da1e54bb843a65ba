"""What time does to events and to tags (T4 to T7), in production and in a sandbox."""

from tests.integration.service.serving import eventually
from tests.integration.service.world import Shop
from tests.unit.engine.shop import instant, said


def test_an_event_without_an_instant_happened_now(shop: Shop, busy_shop: Shop) -> None:
    """T4."""
    for either in (shop, busy_shop):
        assert said(either.does("ana", "view").created_us) == "12:00"


def test_in_production_an_event_up_to_60_seconds_ahead_is_stored_with_now(busy_shop: Shop) -> None:
    """T4."""
    assert said(busy_shop.does("ana", "view", at="12:01").created_us) == "12:00"
    assert busy_shop.log("ana") == [("view", "12:00")]


def test_in_production_an_event_further_ahead_is_refused_and_the_clock_is_told(busy_shop: Shop) -> None:
    """T4."""
    outcome = busy_shop.sends(busy_shop.draft("ana", at="12:01:00.000001"), busy_shop.draft("ana"))
    (failure,) = outcome.failed
    assert failure.index == 0
    assert "2024-02-28T12:00:00.000000Z" in failure.message
    assert busy_shop.log("ana") == [("view", "12:00")]
    assert busy_shop.now == "12:00"


def test_in_a_sandbox_an_event_ahead_moves_the_clock_and_what_is_due_on_the_way_comes_first(shop: Shop) -> None:
    """T4: an upload of history replays itself, in one batch."""
    shop.live("idle", "view", unless="pay")
    shop.past("viewed", "view", days=1)
    shop.sends(
        shop.draft("ana", "view", at="12:10"),
        shop.draft("ben", "view", at="12:11"),
        shop.draft("ana", "pay", at="12:20"),
        shop.draft("ana", "view", at="3d 09:00"),
    )
    assert shop.now == "3d 09:00"
    assert shop.history("ana") == [
        "viewed created at 12:10 by event",
        "idle created at 12:15 by elapsed time",
        "idle removed at 12:20 by event",
        "viewed removed at 1d 12:10 by elapsed time",
        "viewed created at 3d 09:00 by event",
    ]
    assert shop.history("ben") == [
        "viewed created at 12:11 by event",
        "idle created at 12:16 by elapsed time",
        "viewed removed at 1d 12:11 by elapsed time",
    ]


def test_later_events_of_a_batch_happen_at_the_moved_clock(shop: Shop) -> None:
    """T4: the clock moves within the batch, for events without an instant too."""
    outcome = shop.sends(shop.draft("ana", at="15:00"), shop.draft("ana"), shop.draft("ana", at="14:00"))
    assert [said(one.created_us) for one in outcome.done] == ["15:00", "15:00", "14:00"]
    assert shop.now == "15:00"


def test_a_refused_event_ahead_moves_no_clock(shop: Shop) -> None:
    """E2, T4."""
    assert shop.sends(shop.draft("nobody", at="15:00"), shop.draft("ana")).failed
    assert shop.now == "12:00"


def test_an_acknowledged_event_is_evaluated(shop: Shop, busy_shop: Shop) -> None:
    """T5."""
    for either in (shop, busy_shop):
        either.live("viewer", "view")
        either.does("ana", "view")
        assert either.tags("ana") == {"viewer": "12:00"}


def test_what_is_due_is_done_without_any_request(busy_shop: Shop) -> None:
    """T6: the writer wakes by itself, and records the due instant, not the one at which it woke."""
    busy_shop.live("idle", "view", unless="pay")
    busy_shop.past("viewed", "view", days=1)
    eventually(lambda: busy_shop.statuses()["viewed"] == "active")
    busy_shop.does("ana", "view")
    busy_shop.service.clock.move_to(instant("12:04:59.999999"))
    busy_shop.service.asks_nothing()
    assert busy_shop.tags("ana") == {"viewed": "12:00"}
    busy_shop.service.clock.move_to(instant("12:05:00.700000"))
    eventually(lambda: "idle" in busy_shop.tags("ana"))
    busy_shop.service.clock.move_to(instant("2d 00:00"))
    eventually(lambda: "viewed" not in busy_shop.tags("ana"))
    assert busy_shop.tags("ana") == {"idle": "12:05"}
    assert busy_shop.history("ana") == [
        "viewed created at 12:00 by event",
        "idle created at 12:05 by elapsed time",
        "viewed removed at 1d 12:00 by elapsed time",
    ]


def test_what_is_due_comes_before_a_later_event_of_its_profile_though_nobody_noticed_yet(busy_shop: Shop) -> None:
    """T6."""
    busy_shop.live("idle", "view", unless="pay")
    busy_shop.does("ana", "view")
    with busy_shop.service.keeps_the_writer_busy():
        busy_shop.service.clock.move_to(instant("12:30"))
        future = busy_shop.octy.ingest(busy_shop.account, [busy_shop.draft("ana", "pay", at="12:29")])
    assert not future.result(60).failed
    assert busy_shop.history("ana") == [
        "idle created at 12:05 by elapsed time",
        "idle removed at 12:29 by event, known at 12:30",
    ]


def test_what_is_due_at_an_instant_comes_before_an_event_at_that_instant(shop: Shop) -> None:
    """T7, L5."""
    shop.live("idle", "view", unless="pay")
    shop.does("ana", "view")
    shop.does("ana", "pay", at="12:05")
    assert shop.history("ana") == ["idle created at 12:05 by elapsed time", "idle removed at 12:05 by event"]


def test_what_is_due_at_an_instant_comes_before_a_property_change_at_that_instant(shop: Shop) -> None:
    """T7: the membership had ended by itself."""
    shop.past("gold viewer", "view", days=1, plan="gold")
    shop.learns("ana", plan="gold")
    shop.does("ana", "view")
    shop.waits_until("1d 11:59")
    shop.views("ben", at="1d 12:00")
    shop.learns("ana", plan="iron")
    assert shop.history("ana") == [
        "gold viewer created at 12:00 by event",
        "gold viewer removed at 1d 12:00 by elapsed time",
    ]


def test_the_sandbox_moves_to_an_instant_and_applies_all_that_is_due_at_it(shop: Shop) -> None:
    """T6, T7."""
    shop.live("idle", "view", unless="pay")
    shop.does("ana", "view")
    shop.waits_until("12:04:59.999999")
    assert shop.tags("ana") == {}
    shop.waits_until("12:05")
    assert shop.tags("ana") == {"idle": "12:05"}
