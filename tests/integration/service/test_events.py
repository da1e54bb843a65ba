"""How events come in: each judged alone (E2), stored as they are (E3, E9), known by their message ids (E8)."""

import pytest

from octy.model.errors import Refused
from octy.model.events import EventDraft
from octy.model.instants import iso
from octy.model.limits import EVENTS_PER_BATCH_MAX
from tests.integration.service.serving import done
from tests.integration.service.world import Shop
from tests.unit.engine.shop import did, instant


def test_bad_events_fail_alone_with_their_reasons_and_the_rest_are_stored(shop: Shop) -> None:
    """E2."""
    outcome = shop.sends(
        shop.draft("ana"),
        shop.draft("nobody"),
        shop.draft("ana", "unheard-of"),
        EventDraft("unheard-of", "nobody"),
        EventDraft("view", shop.customers["ana"], {"a": "\0"}),
        EventDraft("view", shop.customers["ana"], created_at="yesterday"),
        EventDraft("view", shop.customers["ana"], message_id="x" * 65),
        shop.draft("ben"),
    )
    assert [event.profile_id for event in outcome.done] == [shop.customers["ana"], shop.customers["ben"]]
    assert {failure.index: failure.message.split(": expected")[0] for failure in outcome.failed} == {
        1: "profile_id",
        2: "event_type",
        3: "profile_id",
        4: "event_properties.a",
        5: "created_at",
        6: "message_id",
    }
    assert "event_type: expected" in outcome.failed[2].message, "both are named"
    assert len(shop.log("ana")) == len(shop.log("ben")) == 1


@pytest.mark.parametrize("count", [0, EVENTS_PER_BATCH_MAX + 1])
def test_a_batch_of_none_or_too_many_is_refused_whole(shop: Shop, count: int) -> None:
    """E2."""
    with pytest.raises(Refused, match="1 to 500"):
        shop.sends(*[shop.draft("ana")] * count)
    assert shop.log("ana") == []


def test_the_largest_batch_is_accepted(shop: Shop) -> None:
    """E2."""
    assert len(shop.sends(*[shop.draft("ana")] * EVENTS_PER_BATCH_MAX).done) == EVENTS_PER_BATCH_MAX


def test_undeclared_keys_are_stored_and_no_definition_may_use_them(shop: Shop) -> None:
    """E3, D9."""
    shop.views("ana", product="shoe", colour="red")
    (event,) = shop.octy.reading.profile_events(shop.account, shop.customers["ana"], 10)
    assert event.event_properties == {"product": "shoe", "colour": "red"}
    with pytest.raises(Refused, match="breaks the rules") as refused:
        shop.past("red", did("view", colour="red"))
    assert "colour" in str(refused.value.problems[0])


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2024-02-28 10:30:00", "10:30"),
        ("2024-02-28T10:30:00Z", "10:30"),
        ("2024-02-28T10:30:00.000001", "10:30:00.000001"),
        ("2024-02-28T11:30:00+01:00", "10:30"),
        ("2024-02-27T22:00:00-02:30", "00:30"),
    ],
)
def test_an_instant_is_understood_in_all_its_forms(shop: Shop, text: str, meant: str) -> None:
    """E9."""
    (event,) = shop.sends(EventDraft("view", shop.customers["ana"], created_at=text)).done
    assert iso(event.created_us) == iso(instant(meant))
    assert shop.log("ana") == [("view", meant)]


@pytest.mark.parametrize("text", ["1969-12-31 23:59:59", "2024-02-30 00:00:00", "1709118000", "", "2024-02-28T25:00"])
def test_an_instant_that_is_none_or_before_1970_is_refused(shop: Shop, text: str) -> None:
    """E9."""
    outcome = shop.sends(EventDraft("view", shop.customers["ana"], created_at=text))
    assert outcome.failed[0].message.startswith("created_at: expected")
    assert shop.log("ana") == []


def test_events_of_several_requests_in_one_group_keep_the_order_of_the_requests(busy_shop: Shop) -> None:
    """T2: of two events at one instant the one accepted first is before the other."""
    busy_shop.past("viewed, then paid", "view", "pay")
    busy_shop.past("paid, then viewed", "pay", "view")
    with busy_shop.service.keeps_the_writer_busy():
        futures = [
            busy_shop.octy.ingest(busy_shop.account, [busy_shop.draft("ana", "view")]),
            busy_shop.octy.ingest(busy_shop.account, [busy_shop.draft("ana", "pay")]),
        ]
    for future in futures:
        assert not done(future).failed
    assert busy_shop.log("ana") == [("view", "12:00"), ("pay", "12:00")]
    assert list(busy_shop.tags("ana")) == ["viewed, then paid"]


# Message ids (E8)


def test_a_message_that_comes_again_is_answered_as_created_and_stored_once(shop: Shop) -> None:
    """E8: in a later batch, and in the same one; whatever else it says."""
    first = shop.does("ana", "view", message_id="m1")
    outcome = shop.sends(
        shop.draft("ben", "pay", message_id="m1"),
        shop.draft("ben", "view", message_id="m2"),
        shop.draft("ben", "view", message_id="m2"),
        shop.draft("ben", "view"),
    )
    assert [event.duplicate for event in outcome.done] == [True, False, True, False]
    assert not first.duplicate
    assert outcome.done[0].event_id == first.event_id
    assert outcome.done[1].event_id == outcome.done[2].event_id
    assert shop.log("ana") == [("view", "12:00")]
    assert shop.log("ben") == [("view", "12:00"), ("view", "12:00")]


def test_a_message_that_comes_again_makes_no_match_and_moves_no_clock(shop: Shop) -> None:
    """E8, G3, H1."""
    shop.wants_webhooks()
    shop.live("viewer", "view")
    shop.does("ana", "view", message_id="m1")
    shop.does("ana", "view", at="12:30", message_id="m1")
    assert shop.now == "12:00"
    assert shop.tags("ana") == {"viewer": "12:00"}
    assert shop.webhooks() == ["created viewer for ana"]


def test_the_same_message_in_two_requests_of_one_group_is_stored_once(busy_shop: Shop) -> None:
    """E8."""
    with busy_shop.service.keeps_the_writer_busy():
        futures = [
            busy_shop.octy.ingest(busy_shop.account, [busy_shop.draft("ana", message_id="m1")]) for _ in range(3)
        ]
    events = [done(future).done[0] for future in futures]
    assert [event.duplicate for event in events] == [False, True, True]
    assert len({event.event_id for event in events}) == 1
    assert len(busy_shop.log("ana")) == 1


def test_a_message_that_was_refused_is_not_remembered(shop: Shop) -> None:
    """E8: the second is then the account's first."""
    assert shop.sends(shop.draft("nobody", message_id="m1")).failed
    assert not shop.does("ana", "view", message_id="m1").duplicate


def test_messages_are_remembered_over_restarts_and_for_seven_days(shop: Shop) -> None:
    """E8."""
    first = shop.does("ana", "view", message_id="m1")
    shop.service.restart()
    shop.waits_until("7d 12:00")
    shop.views("ben")
    again = shop.does("ana", "view", message_id="m1")
    assert (again.event_id, again.duplicate) == (first.event_id, True)


def test_messages_are_forgotten_some_time_after_seven_days(shop: Shop) -> None:
    """E8: so that they do not fill the disk."""
    first = shop.does("ana", "view", message_id="m1")
    shop.waits_until("9d 12:00")
    shop.waits_until("9d 14:00")
    assert shop.service.rows("SELECT * FROM message_ids") == []
    again = shop.does("ana", "view", message_id="m1")
    assert not again.duplicate
    assert again.event_id != first.event_id
