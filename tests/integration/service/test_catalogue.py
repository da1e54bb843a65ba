"""Event types (E1, E7) and profiles (E4, E6, V3): what comes, changes and goes at an account's request."""

import pytest

from octy.model.events import EventTypeDraft
from octy.model.profiles import ProfileDraft, ProfileUpdate
from tests.integration.service.serving import done
from tests.integration.service.world import Shop


def creates(shop: Shop, *drafts: EventTypeDraft) -> dict[int, str]:
    """The failures, by index."""
    outcome = done(shop.octy.create_event_types(shop.account, drafts))
    shop.types |= {one.event_type: one.event_type_id for one in outcome.done}
    return {failure.index: failure.message for failure in outcome.failed}


def why_not(shop: Shop, event_type: str) -> str:
    """Why an event type cannot be deleted; empty where it could."""
    outcome = done(shop.octy.delete_event_types(shop.account, [shop.types[event_type]]))
    return outcome.failed[0].message if outcome.failed else ""


def updates(shop: Shop, *changes: ProfileUpdate) -> dict[int, str]:
    """The failures, by index."""
    outcome = done(shop.octy.update_profiles(shop.account, changes))
    return {failure.index: failure.message for failure in outcome.failed}


def test_every_account_can_charge_from_the_first_moment(shop: Shop) -> None:
    """E1."""
    assert shop.does("ana", "charged", item_id="shoe", payment_method="card").event_type == "charged"
    assert [one.event_type for one in shop.octy.reading.event_types(shop.account)] == ["view", "cart", "pay"]


def test_an_event_type_is_unique_and_never_named_like_a_system_type(shop: Shop) -> None:
    """E1."""
    drafts = [EventTypeDraft(name) for name in ("rate", "view", "charged", " rate ", "")]
    assert list(creates(shop, *drafts)) == [1, 2, 3, 4]


def test_an_event_type_that_segments_use_cannot_be_deleted_and_they_are_named(shop: Shop) -> None:
    """E7."""
    shop.live("idle", "view", unless="pay")
    shop.past("buyers", "pay")
    message = why_not(shop, "pay")
    assert '"buyers"' in message
    assert '"idle"' in message
    assert '"buyers"' not in why_not(shop, "view")
    assert why_not(shop, "cart") == ""


def test_a_segment_that_is_pending_deletion_keeps_no_event_type(shop: Shop) -> None:
    """E7, X1: it is not active."""
    shop.past("buyers", "pay")
    shop.deletes("buyers")
    assert why_not(shop, "pay") == ""
    shop.service.restart()
    shop.waits_until("4d 12:00")
    assert shop.statuses() == {}


def test_an_event_type_that_events_use_cannot_be_deleted(shop: Shop) -> None:
    """E7; not even one that came with the same group."""
    shop.pays("ana")
    assert "stored events" in why_not(shop, "pay")
    shop.forgets("ana")
    assert why_not(shop, "pay") == ""


def test_a_system_event_type_cannot_be_deleted(shop: Shop) -> None:
    """E1, E7."""
    ((charged,),) = shop.service.rows("SELECT event_type_id FROM event_types WHERE is_system")
    (failure,) = done(shop.octy.delete_event_types(shop.account, [charged])).failed
    assert "system" in failure.message


def test_an_event_type_that_comes_back_is_a_new_one_and_segments_see_it(shop: Shop) -> None:
    """E1, D9: a definition names it, whether it exists or not."""
    assert why_not(shop, "cart") == ""
    shop.past("carters", "cart")
    shop.live("carting", "cart")
    assert creates(shop, EventTypeDraft("cart")) == {}
    shop.does("ana", "cart")
    assert shop.tags("ana") == {"carters": "12:00", "carting": "12:00"}
    shop.service.restart()
    shop.does("ben", "cart")
    assert shop.tags("ben") == {"carters": "12:00", "carting": "12:00"}


# Profiles


def test_a_charge_is_never_forgotten(shop: Shop) -> None:
    """E4."""
    assert not shop.profile("ana").has_charged
    shop.does("ana", "charged")
    assert updates(shop, ProfileUpdate(customer_id="ana", has_charged=False)) == {}
    assert shop.profile("ana").has_charged
    assert not shop.profile("ben").has_charged
    assert updates(shop, ProfileUpdate(customer_id="ben", has_charged=True)) == {}
    assert shop.profile("ben").has_charged


def test_a_charge_and_an_update_in_one_group_leave_a_charged_profile(busy_shop: Shop) -> None:
    """E4."""
    with busy_shop.service.keeps_the_writer_busy():
        busy_shop.octy.ingest(busy_shop.account, [busy_shop.draft("ana", "charged")])
        future = busy_shop.octy.update_profiles(
            busy_shop.account, [ProfileUpdate(customer_id="ana", has_charged=False)]
        )
    assert done(future).done[0].has_charged
    assert busy_shop.profile("ana").has_charged


def test_an_update_merges_and_a_null_removes(shop: Shop) -> None:
    """E6."""
    shop.has("cid", plan="gold", size=3, old=True)
    profile = shop.learns("cid", plan="iron", old=None, new=1.5)
    assert profile.profile_data == {"plan": "iron", "size": 3, "new": 1.5}
    assert shop.profile("cid") == profile
    change = ProfileUpdate(customer_id="cid", platform_info={"os": "x"})
    assert updates(shop, change) == {}
    assert shop.profile("cid").profile_data == profile.profile_data
    assert shop.profile("cid").platform_info == {"os": "x"}


def test_updates_of_one_profile_in_one_request_come_one_after_the_other(shop: Shop) -> None:
    """E6."""
    assert updates(
        shop,
        ProfileUpdate(customer_id="ana", profile_data={"a": 1, "b": 1}),
        ProfileUpdate(profile_id=shop.customers["ana"], profile_data={"a": 2, "b": None, "c": 3}),
    ) == {}  # fmt: skip
    assert shop.profile("ana").profile_data == {"a": 2, "c": 3}


def test_a_customer_id_is_unique_among_those_there_are(shop: Shop) -> None:
    """E6."""
    drafts = [ProfileDraft(name) for name in ("ana", "dora", "dora")]
    outcome = done(shop.octy.create_profiles(shop.account, drafts))
    assert [failure.index for failure in outcome.failed] == [0, 2]
    shop.forgets("ana")
    shop.has("ana")


@pytest.mark.parametrize("value", [{"a": 1}, [1]])
def test_what_is_no_scalar_is_refused(shop: Shop, value: object) -> None:
    """E6."""
    draft = ProfileDraft("dora", profile_data={"plan": value})  # type: ignore[dict-item]
    (failure,) = done(shop.octy.create_profiles(shop.account, [draft])).failed
    assert failure.message.startswith("profile_data.plan")


def test_a_failed_update_changes_nothing_and_others_of_its_request_go_on(shop: Shop) -> None:
    """E6."""
    failures = updates(
        shop,
        ProfileUpdate(customer_id="nobody", profile_data={"a": 1}),
        ProfileUpdate(customer_id="ana", status="gone", profile_data={"a": 1}),
        ProfileUpdate(profile_id=shop.customers["ana"], customer_id="ben", profile_data={"a": 1}),
        ProfileUpdate(customer_id="ben", profile_data={"a": 1}),
    )
    assert list(failures) == [0, 1, 2]
    assert shop.profile("ana").profile_data == {}
    assert shop.profile("ben").profile_data == {"a": 1}


# Profile properties (V3)


def test_a_property_change_makes_and_ends_membership_at_its_instant(shop: Shop) -> None:
    """V3, P4: past 3 and past 4."""
    shop.past("thirty", "view", plan="30")
    shop.past("thirty, unpaid", "view", unless="pay", plan="30")
    shop.views("ana")
    shop.waits_until("13:00")
    shop.learns("ana", plan=30)
    assert shop.tags("ana") == {"thirty": "13:00", "thirty, unpaid": "13:00"}
    shop.learns("ana", plan="30", size=1)
    shop.waits_until("14:00")
    shop.learns("ana", size=2)
    assert shop.tags("ana") == {"thirty": "13:00", "thirty, unpaid": "13:00"}
    shop.learns("ana", plan=None)
    assert shop.tags("ana") == {}
    assert sorted(shop.history("ana")) == [
        "thirty created at 13:00 by property change",
        "thirty removed at 14:00 by property change",
        "thirty, unpaid created at 13:00 by property change",
        "thirty, unpaid removed at 14:00 by property change",
    ]


def test_the_answer_to_an_update_shows_the_tags_that_it_caused(shop: Shop) -> None:
    """T5, V3."""
    shop.past("gold", "view", plan="gold")
    shop.views("ana")
    assert [tag.segment_tag for tag in shop.learns("ana", plan="gold").segment_tags] == ["gold"]
    assert shop.learns("ana", plan="iron").segment_tags == ()


def test_a_profile_created_with_the_property_becomes_a_member_with_its_first_event(shop: Shop) -> None:
    """V3, also after a restart."""
    shop.past("gold", "view", plan="gold")
    shop.has("cid", "dora", plan="gold")
    shop.views("cid")
    shop.service.restart()
    shop.views("dora")
    shop.views("ana")
    assert [list(shop.tags(who)) for who in ("cid", "dora", "ana")] == [["gold"], ["gold"], []]
