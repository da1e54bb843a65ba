"""L1, L2, G3, G4: live sub-type 1, an action as it happens."""

import pytest

from tests.unit.engine.shop import Shop, did


def test_a_match_puts_the_tag_on_at_once(shop: Shop) -> None:  # L2, G3
    shop.live("viewers", "view")
    shop.views("ana", at="12:00")
    assert shop.tags("ana") == {"viewers": "12:00"}
    assert shop.history("ana") == ["viewers created at 12:00 by event"]
    assert shop.causes("ana") == [1]


def test_every_further_match_moves_the_tag_and_is_told(shop: Shop) -> None:  # L2, G3, H1
    shop.live("viewers", "view")
    shop.uploads("ana", ("view", "12:00"), ("view", "12:00"), ("view", "12:01"))
    assert shop.tags("ana") == {"viewers": "12:01"}
    assert shop.history("ana") == [
        "viewers created at 12:00 by event",
        "viewers updated at 12:00 by event",
        "viewers updated at 12:01 by event",
    ]
    assert shop.causes("ana") == [1, 2, 3]


def test_what_happened_before_the_segment_makes_no_match(shop: Shop) -> None:  # L1
    shop.waits_until("12:00")
    shop.live("viewers", "view")
    shop.views("ana", at="11:59:59.999999")
    assert shop.tags("ana") == {}


def test_what_happens_at_the_instant_of_creation_makes_a_match(shop: Shop) -> None:  # L1
    shop.waits_until("12:00")
    shop.live("viewers", "view")
    shop.views("ana", at="12:00")
    assert shop.tags("ana") == {"viewers": "12:00"}


def test_what_was_accepted_before_the_segment_makes_no_match(shop: Shop) -> None:  # L1
    shop.views("ana", at="12:00")
    shop.live("viewers", "view")
    shop.waits_until("13:00")
    assert shop.tags("ana") == {}


def test_an_event_of_exactly_10_minutes_is_fresh(shop: Shop) -> None:  # L2
    shop.live("viewers", "view")
    shop.waits_until("12:10")
    shop.views("ana", at="12:00")
    assert shop.tags("ana") == {"viewers": "12:00"}
    assert shop.history("ana") == ["viewers created at 12:00 by event, known at 12:10"]


def test_an_event_of_a_microsecond_more_is_not(shop: Shop) -> None:  # L2
    shop.live("viewers", "view")
    shop.past("past viewers", "view", days=1)
    shop.waits_until("12:10:00.000001")
    shop.views("ana", at="12:00")
    assert shop.tags("ana") == {"past viewers": "12:10:00.000001"}


def test_freshness_is_judged_event_by_event(shop: Shop) -> None:  # L2, T4
    shop.live("viewers", "view")
    shop.uploads("ana", ("view", "12:00"), ("pay", "12:11"), ("view", "12:00:30"), ("view", "12:05"))
    assert shop.history("ana") == [
        "viewers created at 12:00 by event",
        "viewers updated at 12:05 by event, known at 12:11",
    ]


def test_an_older_match_is_told_and_does_not_move_the_tag_back(shop: Shop) -> None:  # G3
    shop.live("viewers", "view")
    shop.views("ana", at="12:05")
    shop.views("ana", at="12:01")
    assert shop.tags("ana") == {"viewers": "12:05"}
    assert shop.history("ana")[1] == "viewers updated at 12:01 by event, known at 12:05"


def test_another_value_of_the_property_conflicts(shop: Shop) -> None:  # G4
    shop.live("shoe viewers", did("view", page="shoes"))
    shop.views("ana", at="12:00", page="shoes")
    shop.views("ana", at="12:01", page="hats")
    assert shop.tags("ana") == {}
    assert shop.history("ana")[1] == "shoe viewers removed at 12:01 by event"


@pytest.mark.parametrize("properties", [{}, {"colour": "red"}, {"page": None}, {"page": ["shoes"]}])
def test_an_event_of_the_type_that_just_does_not_match_conflicts(shop: Shop, properties: dict[str, object]) -> None:
    shop.live("shoe viewers", did("view", page="shoes"))  # G4
    shop.views("ana", at="12:00", page="shoes")
    shop.views("ana", at="12:01", **properties)
    assert shop.tags("ana") == {}


def test_another_event_type_does_not_conflict(shop: Shop) -> None:  # G4
    shop.live("shoe viewers", did("view", page="shoes"))
    shop.views("ana", at="12:00", page="shoes")
    shop.pays("ana", at="12:01", page="hats")
    assert shop.tags("ana") == {"shoe viewers": "12:00"}


def test_nothing_conflicts_where_no_property_is_named(shop: Shop) -> None:  # G4
    shop.live("viewers", "view")
    shop.views("ana", at="12:00", page="shoes")
    shop.views("ana", at="12:01", page="hats")
    assert shop.history("ana") == ["viewers created at 12:00 by event", "viewers updated at 12:01 by event"]


def test_another_customers_event_does_not_conflict(shop: Shop) -> None:  # G4
    shop.live("shoe viewers", did("view", page="shoes"))
    shop.views("ana", at="12:00", page="shoes")
    shop.views("ben", at="12:01", page="hats")
    assert shop.tags("ana") == {"shoe viewers": "12:00"}


def test_after_a_conflict_the_next_match_creates_the_tag_anew(shop: Shop) -> None:  # G3, G4
    shop.live("shoe viewers", did("view", page="shoes"))
    for at, page in (("12:00", "shoes"), ("12:01", "hats"), ("12:02", "hats"), ("12:03", "shoes")):
        shop.views("ana", at=at, page=page)
    assert shop.history("ana") == [
        "shoe viewers created at 12:00 by event",
        "shoe viewers removed at 12:01 by event",
        "shoe viewers created at 12:03 by event",
    ]


def test_a_conflict_at_the_instant_of_the_action_that_was_accepted_later_removes(shop: Shop) -> None:  # G4, T2
    shop.live("shoe viewers", did("view", page="shoes"))
    shop.uploads("ana", ("view", "12:00", {"page": "shoes"}), ("view", "12:00", {"page": "hats"}))
    assert shop.tags("ana") == {}


def test_a_conflict_at_the_instant_of_the_action_that_was_accepted_earlier_does_not(shop: Shop) -> None:  # G4, T2
    shop.live("shoe viewers", did("view", page="shoes"))
    shop.uploads("ana", ("view", "12:00", {"page": "hats"}), ("view", "12:00", {"page": "shoes"}))
    assert shop.history("ana") == ["shoe viewers created at 12:00 by event"]


def test_a_late_conflict_before_the_action_does_not_remove(shop: Shop) -> None:  # G4
    shop.live("shoe viewers", did("view", page="shoes"))
    shop.views("ana", at="12:05", page="shoes")
    shop.views("ana", at="12:04:59.999999", page="hats")
    assert shop.tags("ana") == {"shoe viewers": "12:05"}


def test_a_conflict_need_not_be_fresh(shop: Shop) -> None:  # G4, L2
    shop.live("shoe viewers", did("view", page="shoes"))
    shop.views("ana", at="12:00", page="shoes")
    shop.waits_until("9d 00:00")
    shop.views("ana", at="12:00:00.000001", page="hats")
    assert shop.history("ana")[1] == "shoe viewers removed at 12:00:00.000001 by event, known at 9d 00:00"


def test_a_conflict_from_before_the_segment_is_not_seen(shop: Shop) -> None:  # L1, G4
    shop.waits_until("12:00")
    shop.live("shoe viewers", did("view", page="shoes"))
    shop.views("ana", at="12:00", page="shoes")
    shop.views("ana", at="11:59", page="hats")
    assert shop.tags("ana") == {"shoe viewers": "12:00"}


def test_a_match_that_a_stored_event_contradicts_is_told_and_does_not_stay(shop: Shop) -> None:  # G4
    shop.live("shoe viewers", did("view", page="shoes"))
    shop.views("ana", at="12:05", page="hats")
    shop.views("ana", at="12:06", page="socks")
    shop.views("ana", at="12:04", page="shoes")
    assert shop.tags("ana") == {}
    assert shop.history("ana") == [
        "shoe viewers created at 12:04 by event, known at 12:06",
        "shoe viewers removed at 12:06 by event",
    ]
    assert shop.causes("ana") == [3, 3]


def test_of_several_stored_contradictions_the_latest_counts(shop: Shop) -> None:  # G4, T2
    shop.live("shoe viewers", did("view", page="shoes"))
    shop.views("ana", at="12:06", page="socks")
    for minute in (5, 3, 2, 1):
        shop.views("ana", at=f"12:0{minute}", page="hats")
    shop.views("ana", at="12:04", page="shoes")
    assert shop.history("ana")[1] == "shoe viewers removed at 12:06 by event"


def test_a_stored_conflict_contradicts_each_match_before_it(shop: Shop) -> None:  # G4
    shop.live("shoe viewers", did("view", page="shoes"))
    shop.views("ana", at="12:05", page="hats")
    shop.uploads("ana", ("view", "12:04", {"page": "shoes"}), ("view", "12:03", {"page": "shoes"}))
    assert [line.split(" at ")[0] for line in shop.history("ana")] == [
        "shoe viewers created",
        "shoe viewers removed",
        "shoe viewers created",
        "shoe viewers removed",
    ]


def test_an_older_match_leaves_a_tag_that_nothing_contradicts(shop: Shop) -> None:  # G3, G4
    shop.live("shoe viewers", did("view", page="shoes"))
    shop.views("ana", at="12:04", page="hats")
    shop.views("ana", at="12:05", page="shoes")
    shop.views("ana", at="12:03", page="shoes")
    assert shop.tags("ana") == {"shoe viewers": "12:05"}
    assert [line.split(" at ")[0] for line in shop.history("ana")] == ["shoe viewers created", "shoe viewers updated"]


def test_a_tag_is_measured_by_its_latest_action(shop: Shop) -> None:  # G4
    shop.live("shoe viewers", did("view", page="shoes"))
    shop.views("ana", at="12:05", page="shoes")
    shop.views("ana", at="12:02", page="shoes")
    shop.views("ana", at="12:03", page="hats")  # after the later told match, before the tag's action
    assert shop.tags("ana") == {"shoe viewers": "12:05"}
    shop.views("ana", at="12:05", page="hats")
    assert shop.tags("ana") == {}


def test_a_conflict_before_the_latest_action_leaves_the_tag_though_it_comes_after_an_earlier_one(shop: Shop) -> None:
    shop.live("shoe viewers", did("view", page="shoes"))  # G3, G4
    shop.views("ana", at="12:02", page="shoes")
    shop.views("ana", at="12:05", page="shoes")
    shop.views("ana", at="12:03", page="hats")
    assert shop.tags("ana") == {"shoe viewers": "12:05"}


def test_time_alone_removes_no_live_tag(shop: Shop) -> None:  # G4
    shop.live("viewers", did("view", page="shoes"))
    shop.views("ana", at="12:00", page="shoes")
    shop.waits_until("3650d 00:00")
    assert shop.tags("ana") == {"viewers": "12:00"}
