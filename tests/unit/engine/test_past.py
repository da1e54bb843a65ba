"""P, G2: past segments, what has and what has not occurred within a window."""

from tests.unit.engine.shop import Shop, did


def test_an_event_makes_a_member_for_as_long_as_the_window(shop: Shop) -> None:  # P1, P4
    shop.past("visitors", "view", days=1)
    shop.views("ana", at="12:00")
    shop.waits_until("5d 00:00")
    assert shop.history("ana") == [
        "visitors created at 12:00 by event",
        "visitors removed at 1d 12:00 by elapsed time",
    ]
    assert shop.causes("ana") == [1, None]


def test_the_window_leaves_out_its_start(shop: Shop) -> None:  # P1
    shop.past("visitors", "view", days=1)
    shop.waits_until("1d 12:00")
    shop.views("ana", at="12:00")
    shop.views("ben", at="12:00:00.000001")
    assert shop.tags("ana") == {}
    assert shop.tags("ben") == {"visitors": "1d 12:00"}


def test_a_further_event_prolongs_membership_silently(shop: Shop) -> None:  # P4, G2
    shop.past("visitors", "view", days=1)
    shop.views("ana", at="12:00")
    shop.views("ana", at="20:00")
    shop.waits_until("1d 19:59:59.999999")
    assert shop.tags("ana") == {"visitors": "12:00"}
    shop.waits_until("1d 20:00")
    assert shop.tags("ana") == {}


def test_the_longest_window_is_3650_days(shop: Shop) -> None:  # P1, D2
    shop.past("visitors", "view", days=3650)
    shop.views("ana", at="12:00")
    shop.waits_until("3650d 11:59:59.999999")
    assert shop.tags("ana") == {"visitors": "12:00"}
    shop.waits_until("3650d 12:00")
    assert shop.tags("ana") == {}


def test_the_actions_must_occur_in_order(shop: Shop) -> None:  # P2
    shop.past("buyers", "view", "cart", "pay", days=1)
    shop.uploads("ana", ("view", "10:00"), ("pay", "11:00"), ("cart", "12:00"))
    assert shop.tags("ana") == {}
    shop.pays("ana", at="13:00")
    assert shop.tags("ana") == {"buyers": "13:00"}


def test_other_events_may_lie_between(shop: Shop) -> None:  # P2
    shop.past("buyers", "view", "pay", days=1)
    shop.uploads("ana", ("view", "10:00"), ("cart", "10:30"), ("search", "11:00"), ("pay", "12:00"))
    assert shop.tags("ana") == {"buyers": "12:00"}


def test_one_event_is_not_two_actions(shop: Shop) -> None:  # P2
    shop.past("keen", did("view", page="shoes"), "view", days=1)
    shop.views("ana", at="12:00", page="shoes")
    assert shop.tags("ana") == {}
    shop.views("ana", at="12:00", page="shoes")
    assert shop.tags("ana") == {"keen": "12:00"}


def test_one_event_may_be_any_of_the_actions_that_it_matches(shop: Shop) -> None:  # P2
    shop.past("keen", "view", did("view", page="shoes"), "pay", days=1)
    shop.views("ana", at="10:00", page="shoes")
    shop.views("ana", at="11:00", page="shoes")
    shop.pays("ana", at="12:00")
    assert shop.tags("ana") == {"keen": "12:00"}


def test_the_latest_start_decides_how_long(shop: Shop) -> None:  # P5
    shop.past("buyers", "view", "pay", days=1)
    shop.uploads("ana", ("view", "10:00"), ("view", "11:00"), ("pay", "12:00"), ("view", "13:00"))
    shop.waits_until("1d 10:59:59.999999")
    assert shop.tags("ana") == {"buyers": "12:00"}
    shop.waits_until("1d 11:00")
    assert shop.tags("ana") == {}


def test_a_sequence_of_ten_actions(shop: Shop) -> None:  # P2, D4
    steps = [f"step {number}" for number in range(10)]
    shop.past("patient", *steps, days=1)
    for hour, step in enumerate(steps[:9]):
        shop.does("ana", step, at=f"0{hour}:00")
    assert shop.tags("ana") == {}
    shop.does("ana", steps[9], at="09:00")
    assert shop.tags("ana") == {"patient": "09:00"}
    shop.waits_until("2d 00:00")
    assert shop.history("ana")[1] == "patient removed at 1d 00:00 by elapsed time"


def test_no_purchase_means_none_before_the_actions_either(shop: Shop) -> None:  # P3
    shop.past("worst customers", "login", unless="pay", days=60)
    shop.pays("ana", at="12:00")
    shop.does("ana", "login", at="5d 12:00")
    assert shop.tags("ana") == {}


def test_a_purchase_ends_membership_at_once(shop: Shop) -> None:  # P3
    shop.past("worst customers", "login", unless="pay", days=60)
    shop.does("ana", "login", at="12:00")
    shop.pays("ana", at="13:00")
    assert shop.history("ana") == [
        "worst customers created at 12:00 by event",
        "worst customers removed at 13:00 by event",
    ]


def test_a_purchase_between_the_actions_counts(shop: Shop) -> None:  # P3
    shop.past("quitters", "view", "cart", unless="pay", days=1)
    shop.uploads("ana", ("view", "10:00"), ("pay", "11:00"), ("cart", "12:00"))
    assert shop.tags("ana") == {}


def test_an_old_purchase_that_drops_out_of_the_window_makes_a_member(shop: Shop) -> None:  # P3, P4
    shop.past("worst customers", "login", unless="pay", days=2)
    shop.pays("ana", at="12:00")
    shop.does("ana", "login", at="1d 12:00")
    shop.waits_until("2d 11:59:59.999999")
    assert shop.tags("ana") == {}
    shop.waits_until("2d 12:00")
    assert shop.tags("ana") == {"worst customers": "2d 12:00"}
    shop.waits_until("9d 00:00")
    assert shop.history("ana") == [
        "worst customers created at 2d 12:00 by elapsed time",
        "worst customers removed at 3d 12:00 by elapsed time",
    ]


def test_a_purchase_after_the_login_outlasts_it(shop: Shop) -> None:  # P5
    shop.past("worst customers", "login", unless="pay", days=2)
    shop.does("ana", "login", at="12:00")
    shop.pays("ana", at="12:00")
    shop.waits_until("9d 00:00")
    assert shop.history("ana") == [
        "worst customers created at 12:00 by event",
        "worst customers removed at 12:00 by event",
    ]


def test_a_purchase_at_the_instant_of_the_login_leaves_no_gap(shop: Shop) -> None:  # P5, T7
    shop.past("worst customers", "login", unless="pay", days=2)
    shop.pays("ana", at="12:00")
    shop.does("ana", "login", at="12:00")
    shop.waits_until("9d 00:00")
    assert shop.history("ana") == []


def test_a_purchase_a_microsecond_before_the_login_leaves_a_microsecond(shop: Shop) -> None:  # P5
    shop.past("worst customers", "login", unless="pay", days=2)
    shop.pays("ana", at="12:00")
    shop.does("ana", "login", at="12:00:00.000001")
    shop.waits_until("9d 00:00")
    assert shop.history("ana") == [
        "worst customers created at 2d 12:00 by elapsed time",
        "worst customers removed at 2d 12:00:00.000001 by elapsed time",
    ]


def test_an_event_that_is_action_and_inaction_makes_no_member(shop: Shop) -> None:  # P3
    shop.past("odd", did("view", page="shoes"), unless="view", days=1)
    shop.views("ana", at="12:00", page="shoes")
    shop.waits_until("9d 00:00")
    assert shop.history("ana") == []


def test_the_profile_property_is_needed_as_long_as_it_lasts(shop: Shop) -> None:  # P4, V3
    shop.past("gold visitors", "view", days=2, plan="gold")
    shop.views("ana", at="12:00")
    shop.waits_until("13:00")
    shop.learns("ana", plan="gold")
    shop.waits_until("14:00")
    shop.learns("ana", plan="silver")
    shop.waits_until("15:00")
    shop.learns("ana", plan="gold", city="Bonn")
    shop.learns("ana", plan="gold")
    shop.waits_until("9d 00:00")
    assert shop.history("ana") == [
        "gold visitors created at 13:00 by property change",
        "gold visitors removed at 14:00 by property change",
        "gold visitors created at 15:00 by property change",
        "gold visitors removed at 2d 12:00 by elapsed time",
    ]


def test_a_property_does_not_revive_what_has_dropped_out(shop: Shop) -> None:  # P4, V3
    shop.past("gold visitors", "view", days=1, plan="gold")
    shop.views("ana", at="12:00")
    shop.waits_until("1d 12:00")
    shop.learns("ana", plan="gold")
    assert shop.history("ana") == []


def test_a_property_and_an_inaction_work_together(shop: Shop) -> None:  # P4, D5
    shop.past("gold sleepers", "view", unless="pay", days=2, plan="gold")
    shop.learns("ana", plan="gold")
    shop.pays("ana", at="12:00")
    shop.views("ana", at="1d 12:00")
    shop.waits_until("2d 13:00")
    shop.learns("ana")
    shop.waits_until("9d 00:00")
    assert shop.history("ana") == [
        "gold sleepers created at 2d 12:00 by elapsed time",
        "gold sleepers removed at 2d 13:00 by property change",
    ]


def test_nothing_falls_due_for_who_lacks_the_property(shop: Shop) -> None:  # P4, V3
    shop.past("gold sleepers", "view", unless="pay", days=2, plan="gold")
    shop.pays("ana", at="12:00")
    shop.views("ana", at="1d 12:00")
    shop.waits_until("9d 00:00")
    assert shop.history("ana") == []


def test_a_new_segment_knows_all_history(shop: Shop) -> None:  # P6, G2
    shop.views("ana", at="12:00")
    shop.pays("ana", at="13:00")
    shop.views("ben", at="13:00")
    shop.waits_until("20:00")
    shop.past("buyers", "view", "pay", days=2)
    assert shop.history("ana") == ["buyers created at 20:00 by backfill"]
    assert shop.tags("ben") == {}
    shop.waits_until("9d 00:00")
    assert shop.history("ana")[1] == "buyers removed at 2d 12:00 by elapsed time"


def test_history_that_has_dropped_out_of_the_window_makes_no_member(shop: Shop) -> None:  # P6
    shop.views("ana", at="12:00")
    shop.views("ben", at="12:00:00.000001")
    shop.waits_until("1d 12:00")
    shop.past("visitors", "view", days=1)
    assert shop.tags("ana") == {}
    assert shop.tags("ben") == {"visitors": "1d 12:00"}


def test_a_backfill_sees_inactions_properties_and_what_becomes_due_later(shop: Shop) -> None:  # P6
    shop.learns("ana", plan="gold")
    shop.pays("ana", at="12:00")
    shop.views("ana", at="1d 12:00")
    shop.pays("ben", at="1d 13:00")
    shop.views("ben", at="1d 13:00")
    shop.past("gold sleepers", "view", unless="pay", days=2, plan="gold")
    shop.waits_until("9d 00:00")
    assert shop.history("ana") == [
        "gold sleepers created at 2d 12:00 by elapsed time",
        "gold sleepers removed at 3d 12:00 by elapsed time",
    ]
    assert shop.history("ben") == []


def test_a_backfill_sorts_what_came_out_of_order(shop: Shop) -> None:  # P6, P7
    shop.waits_until("20:00")
    shop.uploads("ana", ("pay", "14:00"), ("cart", "13:00"), ("view", "12:00"))
    shop.uploads("ben", ("view", "14:00"), ("cart", "13:00"), ("pay", "12:00"))
    shop.past("buyers", "view", "cart", "pay", days=1)
    assert shop.tags("ana") == {"buyers": "20:00"}
    assert shop.tags("ben") == {}


def test_no_tags_while_the_backfill_runs(shop: Shop) -> None:  # P6
    shop.views("ana", at="12:00")
    shop.begins_past("visitors", "view", days=1)
    shop.views("ben", at="13:00")
    assert shop.tags("ana") == shop.tags("ben") == {}
    shop.waits_until("14:00")
    shop.ends_backfill("visitors")
    assert shop.tags("ana") == shop.tags("ben") == {"visitors": "14:00"}


def test_what_arrives_during_the_backfill_is_not_missed(shop: Shop) -> None:  # P6
    shop.views("ana", at="12:00")
    shop.begins_past("buyers", "view", "pay", days=1)
    shop.pays("ana", at="13:00")
    shop.ends_backfill("buyers")
    assert shop.history("ana") == ["buyers created at 13:00 by backfill"]


def test_what_drops_out_during_the_backfill_is_gone(shop: Shop) -> None:  # P6
    shop.views("ana", at="12:00")
    shop.begins_past("visitors", "view", days=1)
    shop.waits_until("1d 12:00")
    shop.ends_backfill("visitors")
    assert shop.history("ana") == []


def test_a_property_that_changes_during_the_backfill_counts_at_its_end(shop: Shop) -> None:  # P6, V3
    shop.views("ana", at="12:00")
    shop.learns("ana", plan="gold")
    shop.views("ben", at="12:00")
    shop.begins_past("gold visitors", "view", days=1, plan="gold")
    shop.learns("ana", plan="silver")
    shop.learns("ben", plan="gold")
    shop.ends_backfill("gold visitors")
    assert shop.tags("ana") == {}
    assert shop.tags("ben") == {"gold visitors": "12:00"}


def test_events_after_the_backfill_go_on_from_it(shop: Shop) -> None:  # P6
    shop.views("ana", at="12:00")
    shop.past("buyers", "view", "pay", days=1)
    shop.pays("ana", at="13:00")
    assert shop.history("ana") == ["buyers created at 13:00 by event"]


def test_a_late_event_makes_a_member_from_its_acceptance(shop: Shop) -> None:  # P7, G2
    shop.past("visitors", "view", days=3)
    shop.waits_until("1d 00:00")
    shop.views("ana", at="12:00")
    assert shop.tags("ana") == {"visitors": "1d 00:00"}
    assert shop.history("ana") == ["visitors created at 12:00 by event, known at 1d 00:00"]
    shop.waits_until("9d 00:00")
    assert shop.history("ana")[1] == "visitors removed at 3d 12:00 by elapsed time"


def test_a_late_event_completes_a_sequence_in_the_middle(shop: Shop) -> None:  # P7
    shop.past("buyers", "view", "cart", "pay", days=1)
    shop.uploads("ana", ("view", "10:00"), ("pay", "12:00"), ("cart", "11:00"))
    assert shop.history("ana") == ["buyers created at 11:00 by event, known at 12:00"]


def test_a_late_event_outside_its_place_completes_nothing(shop: Shop) -> None:  # P7
    shop.past("buyers", "view", "cart", "pay", days=1)
    shop.uploads("ana", ("view", "10:00"), ("pay", "12:00"), ("cart", "09:00"))
    assert shop.tags("ana") == {}


def test_a_late_start_moves_the_end_of_membership(shop: Shop) -> None:  # P5, P7
    shop.past("buyers", "view", "pay", days=1)
    shop.uploads("ana", ("view", "10:00"), ("pay", "13:00"), ("view", "12:00"))
    shop.waits_until("1d 11:59:59.999999")
    assert shop.tags("ana") == {"buyers": "13:00"}
    shop.waits_until("1d 12:00")
    assert shop.tags("ana") == {}


def test_a_late_start_after_the_last_action_moves_nothing(shop: Shop) -> None:  # P5, P7
    shop.past("buyers", "view", "pay", days=1)
    shop.uploads("ana", ("view", "10:00"), ("pay", "11:00"), ("cart", "13:00"), ("view", "12:00"))
    shop.waits_until("9d 00:00")
    assert shop.history("ana")[1] == "buyers removed at 1d 10:00 by elapsed time"


def test_a_late_purchase_ends_membership_from_its_acceptance(shop: Shop) -> None:  # P3, P7
    shop.past("worst customers", "login", unless="pay", days=2)
    shop.does("ana", "login", at="12:00")
    shop.waits_until("1d 00:00")
    shop.pays("ana", at="-1d 12:00")
    assert shop.history("ana")[1:] == ["worst customers removed at -1d 12:00 by event, known at 1d 00:00"]
    shop.waits_until("1d 12:00")
    assert shop.history("ana")[2:] == ["worst customers created at 1d 12:00 by elapsed time"]


def test_a_late_event_from_before_the_window_changes_nothing(shop: Shop) -> None:  # P1, P7
    shop.past("worst customers", "login", unless="pay", days=1)
    shop.does("ana", "login", at="12:00")
    shop.waits_until("13:00")
    shop.pays("ana", at="-1d 13:00")
    shop.views("ana", at="-4000d 00:00")
    assert shop.history("ana") == ["worst customers created at 12:00 by event"]


def test_what_would_have_been_so_only_in_the_past_is_not_recorded(shop: Shop) -> None:  # P7, G2
    shop.past("visitors", "view", days=1)
    shop.waits_until("5d 00:00")
    shop.views("ana", at="12:00")
    assert shop.history("ana") == []


def test_a_whole_history_in_any_order_ends_as_if_in_order(shop: Shop) -> None:  # P7
    shop.past("buyers", "view", "cart", "pay", unless="return", days=2)
    shop.waits_until("2d 00:00")
    events = [("pay", "15:00"), ("view", "10:00"), ("return", "01:00"), ("cart", "14:00"), ("view", "11:00")]
    shop.uploads("ana", *events)
    assert shop.tags("ana") == {}
    shop.waits_until("9d 00:00")
    assert shop.history("ana") == [
        "buyers created at 2d 01:00 by elapsed time",
        "buyers removed at 2d 11:00 by elapsed time",
    ]
