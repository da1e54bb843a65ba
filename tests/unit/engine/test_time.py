"""T: whose turn is it? What is due, what happens at the same instant, what arrives late."""

import pytest

from tests.unit.engine.shop import Shop


def test_a_day_is_24_hours_even_on_the_29th_of_february(shop: Shop) -> None:  # T1
    shop.past("visitors", "view", days=2)
    shop.views("ana", at="12:00")  # the 28th
    shop.waits_until("2d 11:59:59.999999")  # the 1st of March
    assert shop.tags("ana") == {"visitors": "12:00"}
    shop.waits_until("2d 12:00")
    assert shop.tags("ana") == {}


def test_a_minute_is_60_seconds(shop: Shop) -> None:  # T1
    shop.live("checkout", "view", unless="pay", within_minutes=5)
    shop.views("ana", at="12:00:30.000001")
    shop.waits_until("12:05:30")
    assert shop.tags("ana") == {}
    shop.waits_until("12:05:30.000001")
    assert shop.tags("ana") == {"checkout": "12:05:30.000001"}


@pytest.mark.parametrize(("order", "is_tagged"), [(("view", "pay"), True), (("pay", "view"), False)])
def test_at_the_same_instant_what_was_accepted_first_is_before(
    shop: Shop, order: tuple[str, str], is_tagged: bool
) -> None:  # T2
    shop.past("buyers", "view", "pay", days=1)
    shop.uploads("ana", (order[0], "12:00"), (order[1], "12:00"))
    assert bool(shop.tags("ana")) is is_tagged


def test_the_order_of_acceptance_counts_over_batches_too(shop: Shop) -> None:  # T2
    shop.past("buyers", "view", "pay", days=1)
    shop.waits_until("13:00")
    shop.pays("ana", at="12:00")
    shop.views("ana", at="12:00")
    assert shop.tags("ana") == {}
    shop.pays("ana", at="12:00")
    assert shop.tags("ana") == {"buyers": "13:00"}


def test_an_event_ahead_of_the_clock_makes_everything_fall_due_on_the_way(shop: Shop) -> None:  # T4
    shop.live("checkout", "view", unless="pay", within_minutes=5)
    shop.views("ana", at="12:00")
    shop.views("ben", at="13:00")
    assert shop.history("ana") == ["checkout created at 12:05 by elapsed time"]


def test_events_of_one_batch_move_the_clock_one_after_the_other(shop: Shop) -> None:  # T4, T6
    shop.live("checkout", "view", unless="pay", within_minutes=5)
    shop.uploads("ana", ("view", "12:00"), ("view", "12:05"), ("pay", "12:06"), ("view", "12:20"))
    assert shop.history("ana") == [
        "checkout created at 12:05 by elapsed time",
        "checkout removed at 12:06 by event",
    ]
    shop.waits_until("13:00")
    assert shop.tags("ana") == {"checkout": "12:25"}


def test_what_is_due_is_recorded_at_its_due_instant_however_late_it_is_noticed(shop: Shop) -> None:  # T6
    shop.live("checkout", "view", unless="pay", within_minutes=5)
    shop.views("ana", at="12:00")
    shop.waits_until("400d 00:00")
    assert shop.history("ana") == ["checkout created at 12:05 by elapsed time"]


def test_what_fell_due_during_downtime_is_recorded_when_it_is_over(shop: Shop) -> None:  # T6, G5
    shop.live("checkout", "view", unless="pay", within_minutes=5)
    shop.past("visitors", "view", days=1)
    shop.views("ana", at="12:00")
    shop.is_down_until("3d 00:00")
    assert shop.history("ana") == [
        "visitors created at 12:00 by event",
        "checkout created at 12:05 by elapsed time, known at 3d 00:00",
        "visitors removed at 1d 12:00 by elapsed time, known at 3d 00:00",
    ]
    assert shop.tags("ana") == {"checkout": "12:05"}


def test_a_tag_that_began_during_downtime_shows_when_it_began(shop: Shop) -> None:  # T6, G2
    shop.past("worst customers", "login", unless="pay", days=2)
    shop.pays("ana", at="12:00")
    shop.does("ana", "login", at="1d 12:00")
    shop.is_down_until("3d 00:00")
    assert shop.tags("ana") == {"worst customers": "2d 12:00"}
    assert shop.history("ana") == ["worst customers created at 2d 12:00 by elapsed time, known at 3d 00:00"]


def test_what_fell_due_when_downtime_began_was_not_late(shop: Shop) -> None:  # T6, G5
    shop.past("visitors", "view", days=1)
    shop.views("ana", at="12:00")
    shop.waits_until("1d 12:00")
    shop.is_down_until("3d 00:00")
    assert shop.history("ana")[1] == "visitors removed at 1d 12:00 by elapsed time"


def test_time_goes_on_to_the_end_of_the_year_9999(shop: Shop) -> None:  # T1
    shop.live("checkout", "view", unless="pay", within_minutes=525_600)
    shop.past("visitors", "view", days=3650)
    shop.views("ana", at="-19781d 00:00")  # 1970
    shop.views("ana", at="2912800d 00:00")  # 9999
    assert shop.tags("ana") == {"visitors": "2912800d 00:00"}
    assert shop.next_due == "2913165d 00:00"
    shop.waits_until("2913165d 00:00")
    assert shop.tags("ana") == {"visitors": "2912800d 00:00", "checkout": "2913165d 00:00"}


def test_what_is_due_comes_before_the_next_event_of_the_profile(shop: Shop) -> None:  # T6
    shop.past("visitors", "view", days=1)
    shop.views("ana", at="12:00")
    shop.views("ana", at="1d 12:00:00.000001")
    assert shop.history("ana") == [
        "visitors created at 12:00 by event",
        "visitors removed at 1d 12:00 by elapsed time",
        "visitors created at 1d 12:00:00.000001 by event",
    ]


def test_what_is_due_comes_before_an_event_at_the_same_instant(shop: Shop) -> None:  # T7
    shop.past("visitors", "view", days=1)
    shop.views("ana", at="12:00")
    shop.views("ana", at="1d 12:00")
    assert shop.history("ana") == [
        "visitors created at 12:00 by event",
        "visitors removed at 1d 12:00 by elapsed time",
        "visitors created at 1d 12:00 by event",
    ]


def test_an_event_a_microsecond_before_the_due_instant_comes_in_time(shop: Shop) -> None:  # T7
    shop.past("visitors", "view", days=1)
    shop.views("ana", at="12:00")
    shop.views("ana", at="1d 11:59:59.999999")
    shop.waits_until("2d 11:59:59.999998")
    assert shop.history("ana") == ["visitors created at 12:00 by event"]
    shop.waits_until("2d 11:59:59.999999")
    assert shop.tags("ana") == {}


def test_changes_of_several_customers_are_recorded_in_due_order(shop: Shop) -> None:  # T6
    shop.live("checkout", "view", unless="pay", within_minutes=5)
    shop.waits_until("12:03")
    for who, at in (("ana", "12:02"), ("ben", "12:00"), ("cem", "12:01")):
        shop.views(who, at=at)
    shop.waits_until("13:00")
    recorded = [change.recorded_us for change in shop.changes]
    assert recorded == sorted(recorded)
    assert [change.profile for change in shop.changes] == [1, 2, 0]


def test_nothing_is_due_where_time_alone_changes_nothing(shop: Shop) -> None:  # T6
    assert shop.next_due == "never"
    shop.live("viewers", "view")
    shop.views("ana", at="12:00")
    assert shop.next_due == "never"


def test_the_next_due_instant_is_the_earliest_of_all(shop: Shop) -> None:  # T6
    shop.live("checkout", "view", unless="pay", within_minutes=5)
    shop.past("visitors", "view", days=1)
    shop.views("ana", at="12:00")
    shop.views("ben", at="12:01")
    assert shop.next_due == "12:05"
    shop.waits_until("12:05")
    assert shop.next_due == "12:06"
    shop.waits_until("12:06")
    assert shop.next_due == "1d 12:00"
    shop.waits_until("1d 12:01")
    assert shop.next_due == "never"
