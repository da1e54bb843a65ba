"""L3 to L7, G3, G4: live sub-type 2, an action that no inaction follows in time."""

import pytest

from tests.unit.engine.shop import Shop, did


@pytest.fixture
def checkout(shop: Shop) -> Shop:
    """A shop that watches who views and does not pay within 5 minutes."""
    shop.live("checkout", "view", unless="pay", within_minutes=5)
    return shop


def test_no_purchase_in_time_is_a_match_at_the_deadline(checkout: Shop) -> None:  # L3, L5
    checkout.views("ana", at="12:00")
    checkout.waits_until("12:04:59.999999")
    assert checkout.tags("ana") == {}
    checkout.waits_until("12:05")
    assert checkout.tags("ana") == {"checkout": "12:05"}
    assert checkout.history("ana") == ["checkout created at 12:05 by elapsed time"]
    assert checkout.causes("ana") == [None]


def test_a_purchase_a_microsecond_before_the_deadline_closes_the_window(checkout: Shop) -> None:  # L4
    checkout.views("ana", at="12:00")
    checkout.pays("ana", at="12:04:59.999999")
    checkout.waits_until("1d 00:00")
    assert checkout.history("ana") == []


def test_a_purchase_exactly_at_the_deadline_comes_too_late(checkout: Shop) -> None:  # L5, T7
    checkout.views("ana", at="12:00")
    checkout.pays("ana", at="12:05")
    assert checkout.history("ana") == [
        "checkout created at 12:05 by elapsed time",
        "checkout removed at 12:05 by event",
    ]


def test_another_customers_purchase_closes_nothing(checkout: Shop) -> None:  # L4
    checkout.views("ana", at="12:00")
    checkout.pays("ben", at="12:01")
    checkout.waits_until("12:05")
    assert checkout.tags("ana") == {"checkout": "12:05"}


def test_a_purchase_before_the_view_closes_nothing(checkout: Shop) -> None:  # L4
    checkout.pays("ana", at="11:59")
    checkout.views("ana", at="12:00")
    checkout.waits_until("12:05")
    assert checkout.tags("ana") == {"checkout": "12:05"}


@pytest.mark.parametrize(("order", "is_tagged"), [(("view", "pay"), False), (("pay", "view"), True)])
def test_at_the_instant_of_the_view_the_order_of_acceptance_counts(
    checkout: Shop, order: tuple[str, str], is_tagged: bool
) -> None:  # L4, T2
    checkout.uploads("ana", (order[0], "12:00"), (order[1], "12:00"))
    checkout.waits_until("12:05")
    assert bool(checkout.tags("ana")) is is_tagged


def test_a_view_inside_an_open_window_is_absorbed(checkout: Shop) -> None:  # L3
    checkout.views("ana", at="12:00")
    checkout.views("ana", at="12:04:59.999999")
    checkout.waits_until("13:00")
    assert checkout.history("ana") == ["checkout created at 12:05 by elapsed time"]


def test_a_view_exactly_at_the_deadline_opens_the_next_window(checkout: Shop) -> None:  # L3, T7
    checkout.views("ana", at="12:00")
    checkout.views("ana", at="12:05")
    checkout.waits_until("13:00")
    assert checkout.tags("ana") == {"checkout": "12:10"}
    assert checkout.history("ana") == [
        "checkout created at 12:05 by elapsed time",
        "checkout updated at 12:10 by elapsed time",
    ]


def test_an_absorbed_view_opens_nothing_after_a_purchase(checkout: Shop) -> None:  # L3, L4
    checkout.uploads("ana", ("view", "12:00"), ("view", "12:02"), ("pay", "12:03"))
    checkout.waits_until("13:00")
    assert checkout.history("ana") == []


def test_a_view_after_the_purchase_opens_a_new_window(checkout: Shop) -> None:  # L3, L4
    checkout.uploads("ana", ("view", "12:00"), ("pay", "12:02"), ("view", "12:02"))
    checkout.waits_until("12:07")
    assert checkout.tags("ana") == {"checkout": "12:07"}


def test_windows_of_different_customers_and_segments_are_apart(checkout: Shop) -> None:  # L3
    checkout.live("slow checkout", "view", unless="pay", within_minutes=10)
    checkout.views("ana", at="12:00")
    checkout.views("ben", at="12:01")
    checkout.pays("ana", at="12:07")
    checkout.waits_until("13:00")
    assert checkout.tags("ana") == {}
    assert checkout.history("ana") == [
        "checkout created at 12:05 by elapsed time",
        "checkout removed at 12:07 by event",
    ]
    assert checkout.tags("ben") == {"checkout": "12:06", "slow checkout": "12:11"}


def test_a_purchase_after_the_match_removes_the_tag(checkout: Shop) -> None:  # G4
    checkout.views("ana", at="12:00")
    checkout.pays("ana", at="400d 12:00")
    assert checkout.history("ana")[1] == "checkout removed at 400d 12:00 by event"
    assert checkout.tags("ana") == {}


def test_a_purchase_closes_the_open_window_and_removes_the_earlier_tag(checkout: Shop) -> None:  # L4, G4
    checkout.uploads("ana", ("view", "12:00"), ("view", "12:06"), ("pay", "12:07"))
    checkout.waits_until("13:00")
    assert checkout.history("ana") == [
        "checkout created at 12:05 by elapsed time",
        "checkout removed at 12:07 by event",
    ]


def test_a_view_alone_does_not_remove_the_tag(checkout: Shop) -> None:  # G4
    checkout.uploads("ana", ("view", "12:00"), ("view", "12:06"))
    assert checkout.tags("ana") == {"checkout": "12:05"}


def test_a_late_view_whose_deadline_is_ahead_opens_its_window(checkout: Shop) -> None:  # L6
    checkout.waits_until("12:04:59.999999")
    checkout.views("ana", at="12:00")
    checkout.waits_until("12:05")
    assert checkout.history("ana") == ["checkout created at 12:05 by elapsed time"]


def test_a_late_view_whose_deadline_is_now_opens_nothing(checkout: Shop) -> None:  # L6
    checkout.waits_until("12:05")
    checkout.views("ana", at="12:00")
    checkout.waits_until("13:00")
    assert checkout.history("ana") == []


def test_freshness_is_for_sub_type_1_alone(shop: Shop) -> None:  # L2, L6
    shop.live("slow checkout", "view", unless="pay", within_minutes=60)
    shop.waits_until("12:30")
    shop.views("ana", at="12:00")
    shop.waits_until("13:00")
    assert shop.tags("ana") == {"slow checkout": "13:00"}


def test_a_late_view_before_a_stored_purchase_opens_nothing(checkout: Shop) -> None:  # L6
    checkout.pays("ana", at="12:02")
    checkout.views("ana", at="12:01:59.999999")
    checkout.waits_until("13:00")
    assert checkout.history("ana") == []


def test_a_late_view_at_the_instant_of_a_stored_purchase_opens_its_window(checkout: Shop) -> None:  # L6, T2
    checkout.waits_until("12:03")
    checkout.pays("ana", at="12:02")
    checkout.views("ana", at="12:02")
    checkout.waits_until("13:00")
    assert checkout.tags("ana") == {"checkout": "12:07"}


def test_a_late_view_earlier_than_the_open_windows_is_absorbed_for_good(checkout: Shop) -> None:  # L3, L6
    checkout.views("ana", at="12:02")
    checkout.views("ana", at="12:01")
    checkout.waits_until("12:06")
    assert checkout.history("ana") == []
    checkout.waits_until("13:00")
    assert checkout.history("ana") == ["checkout created at 12:07 by elapsed time"]


def test_a_late_purchase_before_the_open_windows_view_closes_nothing(checkout: Shop) -> None:  # L4
    checkout.views("ana", at="12:02")
    checkout.pays("ana", at="12:01:59.999999")
    checkout.waits_until("12:07")
    assert checkout.tags("ana") == {"checkout": "12:07"}


def test_a_late_purchase_inside_the_open_window_closes_it(checkout: Shop) -> None:  # L4
    checkout.views("ana", at="12:00")
    checkout.waits_until("12:04")
    checkout.pays("ana", at="12:00")
    checkout.waits_until("13:00")
    assert checkout.history("ana") == []


def test_a_purchase_that_got_known_after_the_match_removes_the_tag(checkout: Shop) -> None:  # L6, G4
    checkout.views("ana", at="12:00")
    checkout.waits_until("12:06")
    checkout.pays("ana", at="12:00")
    assert checkout.history("ana") == [
        "checkout created at 12:05 by elapsed time",
        "checkout removed at 12:00 by event, known at 12:06",
    ]


def test_a_purchase_from_before_the_matchs_view_does_not(checkout: Shop) -> None:  # L6, G4
    checkout.views("ana", at="12:00")
    checkout.waits_until("12:06")
    checkout.pays("ana", at="11:59:59.999999")
    assert checkout.tags("ana") == {"checkout": "12:05"}


def test_a_late_purchase_between_two_views_removes_the_tag_and_leaves_the_window(checkout: Shop) -> None:  # G4, L4
    checkout.uploads("ana", ("view", "12:00"), ("view", "12:06"), ("pay", "12:05:30"))
    checkout.waits_until("13:00")
    assert checkout.history("ana") == [
        "checkout created at 12:05 by elapsed time",
        "checkout removed at 12:05:30 by event, known at 12:06",
        "checkout created at 12:11 by elapsed time",
    ]


def test_a_late_view_inside_the_window_of_an_earlier_match_is_absorbed(checkout: Shop) -> None:  # L3, L6
    checkout.views("ana", at="12:00")
    checkout.waits_until("12:06")
    checkout.views("ana", at="12:04:59.999999")
    checkout.waits_until("13:00")
    assert checkout.history("ana") == ["checkout created at 12:05 by elapsed time"]


def test_a_late_view_at_the_earlier_matchs_deadline_is_not(checkout: Shop) -> None:  # L3, L6
    checkout.views("ana", at="12:00")
    checkout.waits_until("12:06")
    checkout.views("ana", at="12:05")
    checkout.waits_until("13:00")
    assert checkout.tags("ana") == {"checkout": "12:10"}


def test_matches_do_not_overlap_even_where_the_tag_has_gone(checkout: Shop) -> None:  # L3
    checkout.views("ana", at="12:00")
    checkout.waits_until("12:06")
    checkout.pays("ana", at="12:01")
    checkout.views("ana", at="12:02")
    checkout.waits_until("13:00")
    assert checkout.history("ana") == [
        "checkout created at 12:05 by elapsed time",
        "checkout removed at 12:01 by event, known at 12:06",
    ]


def test_an_event_that_is_both_closes_the_window_and_opens_the_next(shop: Shop) -> None:  # L7
    shop.live("idle", did("view", page="shoes"), unless="view")
    shop.views("ana", at="12:00", page="shoes")
    shop.views("ana", at="12:03", page="shoes")
    shop.waits_until("13:00")
    assert shop.history("ana") == ["idle created at 12:08 by elapsed time"]


def test_an_event_that_is_both_removes_the_tag_and_opens_the_next(shop: Shop) -> None:  # L7, G4
    shop.live("idle", did("view", page="shoes"), unless="view")
    shop.views("ana", at="12:00", page="shoes")
    shop.views("ana", at="12:05", page="shoes")
    shop.waits_until("13:00")
    assert shop.history("ana") == [
        "idle created at 12:05 by elapsed time",
        "idle removed at 12:05 by event",
        "idle created at 12:10 by elapsed time",
    ]


def test_a_late_event_that_is_both_opens_nothing_before_a_stored_one(shop: Shop) -> None:  # L6, L7
    shop.live("idle", did("view", page="shoes"), unless="view")
    shop.views("ana", at="12:03", page="hats")
    shop.views("ana", at="12:02", page="shoes")
    shop.waits_until("13:00")
    assert shop.history("ana") == []


def test_views_from_before_the_segment_open_nothing(shop: Shop) -> None:  # L1
    shop.waits_until("12:00")
    shop.live("checkout", "view", unless="pay")
    shop.views("ana", at="11:59:59.999999")
    shop.views("ben", at="12:00")
    shop.waits_until("13:00")
    assert shop.tags("ana") == {}
    assert shop.tags("ben") == {"checkout": "12:05"}


def test_a_view_accepted_before_the_segment_opens_nothing_at_the_same_instant(shop: Shop) -> None:  # L1
    shop.views("ana", at="12:00")
    shop.live("checkout", "view", unless="pay")
    shop.waits_until("13:00")
    assert shop.tags("ana") == {}


def test_the_longest_window_is_a_year(shop: Shop) -> None:  # L3, D7
    shop.live("checkout", "view", unless="pay", within_minutes=525_600)
    shop.views("ana", at="12:00")
    shop.waits_until("365d 11:59:59.999999")
    assert shop.tags("ana") == {}
    shop.waits_until("365d 12:00")
    assert shop.tags("ana") == {"checkout": "365d 12:00"}
