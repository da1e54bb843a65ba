"""Profiles as octy-shopify and octy-cli send them, and what the application indexes without looking (wire.md 3.9)."""

import json

import pytest

from tests.wire import shapes
from tests.wire.refusals import refused
from tests.wire.shop import EVENT_TYPES, PROFILES, Shop, definition, visitor

CREATE = f"{PROFILES}/create"
UPDATE = f"{PROFILES}/update"


def created(shop: Shop, *profiles: object) -> shapes.ProfilesCreated:
    return shapes.decoded(shop.go.post(CREATE, {"profiles": profiles}), 201, shapes.ProfilesCreated)


def updated(shop: Shop, **fields: object) -> shapes.ProfileUpdated:
    """As octy-shopify changes a profile: it takes the first one of the answer without looking."""
    change = {"profile_data": {}, "platform_info": {}, "status": "active", "has_charged": False} | fields
    answer = shapes.decoded(shop.go.post(UPDATE, {"profiles": [change]}), 200, shapes.ProfilesUpdated)
    assert answer.failed_to_update == []
    return answer.profiles[0]


def metadata(shop: Shop, customer_id: str) -> shapes.ProfileMeta:
    reply = shop.go.get(f"{PROFILES}/metadata?ids={customer_id}")
    return shapes.decoded(reply, 200, shapes.ProfileMetaList).profiles_meta[0]


@pytest.mark.parametrize(
    "sent",
    [
        {"profile_data": {}, "platform_info": {"os": "ios"}},
        {"profile_data": {"shopify_customer_id": 555}, "platform_info": {}},
        {"profile_data": {}, "platform_info": {}},
    ],
    ids=["an anonymous visitor", "from the charge hook", "nothing known"],
)
def test_empty_objects_are_accepted(shop: Shop, sent: dict[str, object]) -> None:
    (profile,) = created(shop, {"customer_id": "octy-customer-id-1", "has_charged": False} | sent).profiles
    assert {"profile_data": profile.profile_data, "platform_info": profile.platform_info} == sent


def test_every_profile_of_a_batch_of_500_is_listed(shop: Shop) -> None:
    """octy-cli counts them."""
    answer = created(shop, *(visitor(f"c{number}") for number in range(500)))
    assert [one.customer_id for one in answer.profiles] == [f"c{number}" for number in range(500)]
    assert answer.failed_to_create == []


def test_a_profile_that_is_refused_alone_is_an_error_and_never_an_empty_list(shop: Shop) -> None:
    """octy-shopify takes `profiles[0]` of anything up to 202."""
    shop.profile("ana")
    refused(shop.go.post(CREATE, {"profiles": [visitor("ana")]}), 400)
    refused(shop.go.post(UPDATE, {"profiles": [visitor("nobody") | {"profile_id": "nothing"}]}), 400)


def test_one_bad_profile_does_not_void_a_batch(shop: Shop) -> None:
    shop.profile("ana")
    answer = created(shop, visitor("ana"), visitor("bob"))
    assert [one.customer_id for one in answer.profiles] == ["bob"]
    assert [(one.customer_id, bool(one.error_message)) for one in answer.failed_to_create] == [("ana", True)]


def test_an_update_merges_and_a_payer_stays_one(shop: Shop) -> None:
    """The application always sends `has_charged: false`, and only some of the data."""
    draft = {"customer_id": "ana", "has_charged": True, "profile_data": {"plan": "gold"}, "platform_info": {"os": "x"}}
    (profile,) = created(shop, draft).profiles
    after = updated(shop, profile_id=profile.profile_id, customer_id="ana", profile_data={"shopify_customer_id": 555})
    assert after.profile_data == {"plan": "gold", "shopify_customer_id": 555}
    assert after.platform_info == {"os": "x"}
    assert after.has_charged is True


def test_an_id_may_be_a_number_here_and_a_string_there(shop: Shop) -> None:
    """The browser flow sends 555, the charge hook "555": neither is refused, and both find the same profile."""
    profile = shop.profile("ana", shopify_customer_id=555)
    for value in ("555", 555):
        after = updated(
            shop, profile_id=profile.profile_id, customer_id="ana", profile_data={"shopify_customer_id": value}
        )
        assert after.profile_data == {"shopify_customer_id": value}
    (numbered,) = created(shop, {"customer_id": 555, "has_charged": False}).profiles
    assert numbered.customer_id == "555"
    assert updated(shop, customer_id=555, profile_id="").profile_id == numbered.profile_id
    assert updated(shop, customer_id="555", profile_id="").profile_id == numbered.profile_id


def test_a_number_and_its_text_are_the_same_to_a_segment(shop: Shop) -> None:
    shop.go.post(f"{EVENT_TYPES}/create", {"event_types": [{"event_type": "seen", "event_properties": ["id"]}]})
    whose = {"segment_sub_type": 3, "profile_property_name": "shopify_customer_id", "profile_property_value": "555"}
    shop.segment(definition("that one", "seen", **whose))
    for customer_id, value in (("ana", 555), ("bob", "555")):
        profile = shop.profile(customer_id, shopify_customer_id=value)
        event = {"event_type": "seen", "event_properties": None, "profile_id": profile.profile_id}
        assert shop.go.post("/v1/retention/events/create", event).status == 201
        assert [tag.segment_tag for tag in shop.shown(customer_id).segment_tags or []] == ["that one"]


def test_nulls_of_csv_files_and_mixed_types_are_kept(shop: Shop) -> None:
    """octy-cli makes `"null"` of an empty nested cell, `5` of `5.0` and `"-5"` of `-5`."""
    rows: list[dict[str, object]] = [{"debt": "null"}, {"debt": 5}, {"debt": "-5"}, {"debt": -5.5}, {"debt": True}]
    answer = created(shop, *(visitor(f"c{number}", **row) for number, row in enumerate(rows)))
    assert [one.profile_data for one in answer.profiles] == rows


def test_a_profile_is_found_by_its_customer_id(shop: Shop) -> None:
    """No score is null, and not a string; no tag is an empty list."""
    profile = shop.profile("octy-customer-id-0b9e", plan="gold")
    reply = shop.go.get(f"{PROFILES}?id=octy-customer-id-0b9e")
    (found,) = shapes.decoded(reply, 200, shapes.ProfileList).profiles
    assert (found.profile_id, found.profile_data, found.status) == (profile.profile_id, {"plan": "gold"}, "active")
    assert json.loads(reply.content)["profiles"][0]["rfm_score"] is None
    assert found.segment_tags == []


def test_nobody_is_found_with_an_error_and_never_with_an_empty_list(shop: Shop) -> None:
    refused(shop.go.get(f"{PROFILES}?id=nobody"), 404)


def test_the_script_s_filters_find_nobody_before_a_training(shop: Shop) -> None:
    """Who asks for customers about to leave must not be sent all of them."""
    shop.profile("ana")
    reply = shop.script.get(f"{PROFILES}?churn_prob=high&rfm=300-400")
    assert shapes.decoded(reply, 200, shapes.ProfileList).profiles == []


def test_a_plain_profile_s_metadata(shop: Shop) -> None:
    profile = shop.profile("ana")
    meta = metadata(shop, "ana")
    assert meta.provided_identifier == "ana"
    assert (meta.profile.profile_exists, meta.merged_info.was_merged, meta.merged_info.parent_or_child) == (
        True,
        False,
        None,
    )
    assert (meta.profile.profile_id, meta.profile.customer_id) == (profile.profile_id, "ana")


def test_metadata_of_nobody_is_a_success(shop: Shop) -> None:
    """A 404 makes the application fail."""
    meta = metadata(shop, "octy-customer-id-nobody")
    assert meta.provided_identifier == "octy-customer-id-nobody"
    assert (meta.profile.profile_exists, meta.merged_info.was_merged, meta.merged_info.parent_or_child) == (
        False,
        False,
        None,
    )


def test_metadata_of_a_deleted_profile_is_that_of_nobody(shop: Shop) -> None:
    profile = shop.profile("ana")
    assert shop.go.post(f"{PROFILES}/delete", {"profiles": [profile.profile_id]}).status == 200
    meta = metadata(shop, "ana")
    assert (meta.profile, meta.merged_info.was_merged) == (shapes.Identity(profile_exists=False), False)


def test_metadata_is_answered_in_the_order_of_the_ids(shop: Shop) -> None:
    profile = shop.profile("ana")
    reply = shop.go.get(f"{PROFILES}/metadata?ids=nobody,ana,{profile.profile_id}")
    found = shapes.decoded(reply, 200, shapes.ProfileMetaList).profiles_meta
    assert [one.provided_identifier for one in found] == ["nobody", "ana", profile.profile_id]
    assert [one.profile.profile_exists for one in found] == [False, True, True]


def test_a_visit_to_the_demo_shop(shop: Shop) -> None:
    """New, then known and anonymous, then known by name, then buying: as octy-shopify goes through it."""
    visitor_id = "octy-customer-id-5cc1b718"
    assert metadata(shop, visitor_id).profile.profile_exists is False
    (profile,) = created(shop, visitor(visitor_id)).profiles
    assert metadata(shop, visitor_id).profile.profile_id == profile.profile_id
    body = {"event_types": [{"event_type": "viewed", "event_properties": ["item_id"]}]}
    shop.go.post(f"{EVENT_TYPES}/create", body)
    shop.segment(definition("Viewers", "viewed"))
    viewed = {"event_type": "viewed", "event_properties": {"item_id": "1-2"}, "profile_id": profile.profile_id}
    event = shapes.decoded(shop.go.post("/v1/retention/events/create", viewed), 201, shapes.EventCreated)
    assert event.event_id
    after = updated(
        shop, profile_id=profile.profile_id, customer_id=visitor_id, profile_data={"shopify_customer_id": 555}
    )
    assert after.profile_id == profile.profile_id
    bought = {"event_type": "charged", "event_properties": {"item_id": "42", "payment_method": "card"}}
    charged = shop.go.post("/v1/retention/events/create", bought | {"profile_id": profile.profile_id})
    assert shapes.decoded(charged, 201, shapes.EventCreated).event_type == "charged"
    known = shop.shown(visitor_id)
    assert (known.has_charged, known.profile_data) == (True, {"shopify_customer_id": 555})
    assert [tag.segment_tag for tag in known.segment_tags or []] == ["Viewers"]
