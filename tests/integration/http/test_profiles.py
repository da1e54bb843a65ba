"""Profiles that are created, changed and deleted over the wire (wire.md 3.9, 4; semantics E4, E6, X3)."""

import pytest

from octy.model import limits
from tests.integration.http.world import Api, World, error_of, message_of, meta_of

CREATE = "/v1/retention/profiles/create"
UPDATE = "/v1/retention/profiles/update"
DELETE = "/v1/retention/profiles/delete"


def shown(api: Api, customer_id: str) -> dict[str, object]:
    (profile,) = api.get(f"/v1/retention/profiles?id={customer_id}").json()["profiles"]
    return dict(profile)


def test_a_created_profile_is_answered_whole(api: Api) -> None:
    draft = {
        "customer_id": "ana",
        "has_charged": True,
        "profile_data": {"age": 30, "vip": False, "score": 1.5, "city": "Zürich"},
        "platform_info": {"os": "ios"},
    }
    answer = api.post(CREATE, {"profiles": [draft]})
    meta_of(answer, 201)
    (created,) = answer.json()["profiles"]
    assert {key: created[key] for key in draft} == draft
    assert created["profile_id"].startswith("profile_")
    assert created["status"] == "active"
    assert created["created_at"].endswith(" GMT")
    assert answer.json()["failed_to_create"] == []


def test_empty_objects_and_absent_fields_are_accepted(api: Api) -> None:
    """wire.md 8.5."""
    drafts = [
        {"customer_id": "a", "has_charged": False, "profile_data": {}, "platform_info": {}},
        {"customer_id": "b"},
        {"customer_id": "c", "has_charged": None, "profile_data": None, "platform_info": None},
    ]
    answer = api.post(CREATE, {"profiles": drafts})
    assert meta_of(answer, 201)["count"] == 3


def test_a_customer_id_may_be_a_number_and_is_its_text(api: Api) -> None:
    """wire.md 8.4: the demo application sends both."""
    answer = api.post(CREATE, {"profiles": [{"customer_id": 555}, {"customer_id": "556"}, {"customer_id": 556}]})
    assert [one["customer_id"] for one in answer.json()["profiles"]] == ["555", "556"]
    (failure,) = answer.json()["failed_to_create"]
    assert (failure["customer_id"], failure["index"]) == ("556", 2)


def test_each_bad_profile_fails_alone(api: Api) -> None:
    """wire.md 1.2."""
    drafts: list[object] = [
        {"customer_id": "good"},
        {"customer_id": True},
        {"customer_id": 1.5},
        {"customer_id": ""},
        {"customer_id": "x" * 256},
        {"customer_id": "list", "profile_data": {"a": [1]}},
        {"customer_id": "wrong", "profile_data": []},
        {"customer_id": "text", "has_charged": "yes"},
        None,
        [],
    ]
    answer = api.post(CREATE, {"profiles": drafts})
    assert meta_of(answer, 201)["total"] == len(drafts)
    assert [one["customer_id"] for one in answer.json()["profiles"]] == ["good"]
    failed = answer.json()["failed_to_create"]
    assert [one["index"] for one in failed] == list(range(1, len(drafts)))
    assert [one["customer_id"] for one in failed] == ["", "", "", "x" * 256, "list", "wrong", "text", "", ""]
    messages = [one["error_message"] for one in failed]
    assert messages[0] == "customer_id: expected an integer or a string; found a boolean"
    assert messages[5] == "profile_data: expected an object or null; found a list"
    assert messages[7] == "(body): expected an object; found null"


@pytest.mark.parametrize("value", ['"\\u0000"', '"\\udbff"', "9223372036854775808", "1" * 10_000, "-1e999"])
def test_a_value_that_no_store_keeps_fails_its_profile_alone(api: Api, value: str) -> None:
    bad = f'{{"customer_id": "bad", "profile_data": {{"x": {value}}}}}'
    body = f'{{"profiles": [{bad}, {{"customer_id": "good"}}]}}'
    answer = api.post(CREATE, body.encode())
    assert [one["customer_id"] for one in answer.json()["profiles"]] == ["good"]
    assert answer.json()["failed_to_create"][0]["customer_id"] == "bad"


def test_where_all_fail_the_messages_end_with_the_customer_id(api: Api) -> None:
    """wire.md 4: the public client finds the row by it; octy-shopify needs a status above 202 (1.2)."""
    api.has_profiles("ana")
    message = message_of(api.post(CREATE, {"profiles": [{"customer_id": "ana"}]}), 400)
    assert message.endswith("customer_id : ana")


def test_an_update_merges(api: Api) -> None:
    """E6; E4: `has_charged` never goes back."""
    draft = {"customer_id": "ana", "has_charged": True, "profile_data": {"a": 1, "b": 2}}
    (created,) = api.post(CREATE, {"profiles": [draft]}).json()["profiles"]
    change = {
        "profile_id": created["profile_id"],
        "customer_id": "ana",
        "profile_data": {"b": 3, "a": None, "c": 4},
        "platform_info": {},
        "status": "active",
        "has_charged": False,
    }
    answer = api.post(UPDATE, {"profiles": [change]})
    meta_of(answer, 200)
    (updated,) = answer.json()["profiles"]
    assert updated["profile_data"] == {"b": 3, "c": 4}
    assert updated["has_charged"] is True
    assert updated["last_updated"].endswith(" GMT")
    assert answer.json()["failed_to_update"] == []
    assert shown(api, "ana")["profile_data"] == {"b": 3, "c": 4}


def test_an_update_may_name_the_customer_only(api: Api) -> None:
    api.has_profiles("7", plan="free")
    for customer_id in ("7", 7):
        change = {"profile_id": "", "customer_id": customer_id, "status": "", "profile_data": {"plan": "paid"}}
        assert meta_of(api.post(UPDATE, {"profiles": [change]}))["count"] == 1
    assert shown(api, "7")["profile_data"] == {"plan": "paid"}


def test_updates_fail_one_by_one(api: Api) -> None:
    api.has_profiles("ana")
    changes = [{"customer_id": "ana"}, {"customer_id": "nobody"}, {"profile_id": 5}, {}]
    answer = api.post(UPDATE, {"profiles": changes})
    assert meta_of(answer)["count"] == 1
    failed = answer.json()["failed_to_update"]
    assert [(one["index"], one["profile_id"], one["customer_id"]) for one in failed] == [
        (1, "", "nobody"),
        (2, "5", ""),
        (3, "", ""),
    ]


def test_a_deleted_profile_is_gone(api: Api) -> None:
    """X3."""
    profile_id, _ = api.has_profiles("ana", "ben")
    answer = api.post(DELETE, {"profiles": [profile_id, "nobody", 7]})
    meta_of(answer, 200)
    assert answer.json()["deleted_profiles"] == [{"profile_id": profile_id}]
    failed = answer.json()["failed_to_delete"]
    assert [(one["index"], one["profile_id"]) for one in failed] == [(1, "nobody"), (2, "7")]
    error_of(api.get("/v1/retention/profiles?id=ana"), 404)
    assert shown(api, "ben")


def test_another_account_changes_and_deletes_nothing(world: World, api: Api) -> None:
    (profile_id,) = api.has_profiles("ana")
    other = world.account()
    error_of(other.post(UPDATE, {"profiles": [{"profile_id": profile_id, "profile_data": {"x": 1}}]}), 400)
    error_of(other.post(DELETE, {"profiles": [profile_id, "ana"]}), 400)
    assert shown(api, "ana")["profile_data"] == {}


def test_five_hundred_fit_and_one_more_does_not(api: Api) -> None:
    """wire.md 8.20."""
    drafts = [{"customer_id": str(number)} for number in range(limits.PROFILES_PER_BATCH_MAX + 1)]
    error_of(api.post(CREATE, {"profiles": drafts}), 400)
    assert meta_of(api.post(CREATE, {"profiles": drafts[1:]}), 201)["count"] == 500
    error_of(api.post(CREATE, {"profiles": []}), 400)
    error_of(api.post(DELETE, {"profiles": ["x"] * (limits.PROFILES_PER_DELETION_MAX + 1)}), 400)


def test_five_thousand_profiles_go_in_one_request(api: Api) -> None:
    """C34."""
    customers = [f"customer {number}" for number in range(limits.PROFILES_PER_DELETION_MAX)]
    for first in range(0, len(customers), limits.PROFILES_PER_BATCH_MAX):
        api.has_profiles(*customers[first : first + limits.PROFILES_PER_BATCH_MAX])
    api.has_profiles("ana")
    answer = api.post(DELETE, {"profiles": customers})
    assert len(answer.json()["deleted_profiles"]) == len(customers)
    assert [one["customer_id"] for one in api.get("/v1/retention/profiles").json()["profiles"]] == ["ana"]
