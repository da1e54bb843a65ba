"""G1, G2, G5, X: the life of a tag, and what ends it for good."""

from tests.unit.engine.shop import Shop, did


def test_one_event_may_change_many_tags(shop: Shop) -> None:  # G1
    shop.live("viewers", "view")
    shop.past("visitors", "view", days=1)
    shop.past("buyers", "pay", unless="view", days=1)
    shop.pays("ana", at="12:00")
    shop.views("ana", at="13:00")
    assert shop.tags("ana") == {"viewers": "13:00", "visitors": "13:00"}
    assert sorted(shop.history("ana")[1:]) == [
        "buyers removed at 13:00 by event",
        "viewers created at 13:00 by event",
        "visitors created at 13:00 by event",
    ]


def test_a_profile_bears_a_segments_tag_once(shop: Shop) -> None:  # G1
    shop.live("viewers", "view")
    shop.views("ana", at="12:00")
    shop.views("ana", at="12:01")
    assert len(shop.tags("ana")) == 1
    assert [line.split()[1] for line in shop.history("ana")] == ["created", "updated"]


def test_a_past_tag_begins_anew_after_a_gap(shop: Shop) -> None:  # G2
    shop.past("visitors", "view", days=1)
    shop.views("ana", at="12:00")
    shop.views("ana", at="3d 12:00")
    assert shop.tags("ana") == {"visitors": "3d 12:00"}


def test_a_past_tag_begins_with_the_backfill_where_membership_is_older(shop: Shop) -> None:  # G2
    shop.views("ana", at="12:00")
    shop.waits_until("13:00")
    shop.past("visitors", "view", days=1)
    assert shop.tags("ana") == {"visitors": "13:00"}


def test_a_late_event_does_not_rewrite_what_was_recorded(shop: Shop) -> None:  # G2, G5
    shop.past("visitors", "view", days=2)
    shop.views("ana", at="12:00")
    shop.waits_until("1d 00:00")
    shop.views("ana", at="11:00")
    assert shop.tags("ana") == {"visitors": "12:00"}
    assert shop.history("ana") == ["visitors created at 12:00 by event"]


def test_history_names_the_event_that_caused_it(shop: Shop) -> None:  # G5
    shop.past("visitors", "view", unless="pay", days=1)
    shop.uploads("ben", ("view", "10:00"), ("view", "10:00"))
    shop.uploads("ana", ("cart", "12:00"), ("view", "12:00"), ("view", "12:01"), ("pay", "12:02"))
    assert shop.causes("ben") == [1]
    assert shop.causes("ana") == [4, 6]


def test_a_deleted_segment_makes_no_tag(shop: Shop) -> None:  # X1
    shop.live("viewers", "view")
    shop.live("checkout", "view", unless="pay")
    shop.past("visitors", "view", days=1)
    shop.past("buyers", "pay", days=1)
    shop.views("ana", at="12:00")
    shop.deletes("checkout")
    shop.deletes("viewers")
    shop.deletes("buyers")
    shop.views("ana", at="12:01")
    shop.pays("ana", at="12:02")
    shop.waits_until("1d 12:01")
    assert [line for line in shop.history("ana") if not line.startswith("visitors")] == [
        "viewers created at 12:00 by event"
    ]
    assert shop.history("ana")[-1] == "visitors removed at 1d 12:01 by elapsed time"


def test_a_deleted_past_segments_members_do_not_leave(shop: Shop) -> None:  # X1
    shop.past("visitors", "view", days=1)
    shop.views("ana", at="12:00")
    shop.deletes("visitors")
    shop.waits_until("9d 00:00")
    assert shop.history("ana") == ["visitors created at 12:00 by event"]
    assert shop.next_due == "never"


def test_a_segment_may_be_deleted_during_its_backfill(shop: Shop) -> None:  # X1, P6
    shop.views("ana", at="12:00")
    shop.begins_past("visitors", "view", days=1)
    shop.deletes("visitors")
    shop.views("ana", at="13:00")
    shop.waits_until("9d 00:00")
    assert shop.history("ana") == []


def test_deleting_one_segment_leaves_its_neighbours(shop: Shop) -> None:  # X1
    for name in ("first", "second", "third"):
        shop.live(name, did("view", page=name), unless="pay")
    shop.uploads("ana", *[("view", "12:00", {"page": name}) for name in ("first", "second", "third")])
    shop.deletes("second")
    shop.live("fourth", "view", unless="pay")
    shop.waits_until("12:05")
    assert shop.tags("ana") == {"first": "12:05", "third": "12:05"}
    shop.pays("ana", at="12:06")
    assert shop.tags("ana") == {}


def test_a_deleted_profile_falls_due_no_more(shop: Shop) -> None:  # X3
    shop.live("checkout", "view", unless="pay")
    shop.past("visitors", "view", days=1)
    shop.views("ana", at="12:00")
    shop.views("ben", at="12:00")
    shop.forgets("ana")
    shop.waits_until("9d 00:00")
    assert [change.profile for change in shop.changes] == [0, 1, 1, 1]


def test_a_customer_who_comes_back_after_deletion_is_new(shop: Shop) -> None:  # X3
    shop.past("buyers", "view", "pay", days=1)
    shop.views("ana", at="12:00")
    shop.forgets("ana")
    shop.pays("ana", at="13:00")
    assert shop.tags("ana") == {}


def test_a_profile_deleted_during_a_backfill_gets_no_tag(shop: Shop) -> None:  # X3, P6
    shop.views("ana", at="12:00")
    shop.begins_past("visitors", "view", days=1)
    shop.forgets("ana")
    shop.ends_backfill("visitors")
    shop.waits_until("9d 00:00")
    assert shop.changes == []
