"""Items over the wire (wire.md 3.11, 8.17)."""

import pytest

from tests.integration.http.world import Api, World, error_of, message_of, meta_of

CREATE = "/v1/retention/items/create"
UPDATE = "/v1/retention/items/update"
LIST = "/v1/retention/items"


def item(item_id: str, price: object = 995, **more: object) -> dict[str, object]:
    words = {"item_category": "shoes", "item_name": "Boot", "item_description": "warm"}
    return {"item_id": item_id, **words, "item_price": price} | more


def test_items_are_created_and_listed(api: Api) -> None:
    answer = api.post(CREATE, {"items": [item("1-2"), item("3-4")]})
    meta_of(answer, 201)
    assert answer.json()["items"] == [item("1-2", status="active"), item("3-4", status="active")]
    assert answer.json()["failed_to_create"] == []
    listed = api.get(LIST)
    assert listed.json()["items"] == answer.json()["items"]
    assert listed.headers["cursor"] == "2"
    assert [one["item_id"] for one in api.get(f"{LIST}?ids=,3-4").json()["items"]] == ["3-4"]
    page = api.get(f"{LIST}?limit=1", {"cursor": "1"})
    assert [one["item_id"] for one in page.json()["items"]] == ["3-4"]
    assert meta_of(page)["total"] == 2


@pytest.mark.parametrize(("price", "cents"), [(5, 5), ("5 ", 5), (" 5", 5), ("0", 0), (10.0, 10)])
def test_a_price_is_an_integer_in_the_end(api: Api, price: object, cents: int) -> None:
    answer = api.post(CREATE, {"items": [item("a", price)]})
    assert f'"item_price":{cents},' in answer.text


@pytest.mark.parametrize("price", [12.5, "12.5", "-5", -5, "", "five", True, None, [], 2**63, "9" * 30, "\u0665"])
def test_a_price_that_is_none_fails_its_item_alone(api: Api, price: object) -> None:
    answer = api.post(CREATE, {"items": [item("good"), item("bad", price)]})
    assert [one["item_id"] for one in answer.json()["items"]] == ["good"]
    (failure,) = answer.json()["failed_to_create"]
    assert (failure["item_id"], failure["index"]) == ("bad", 1)
    assert "item_price" in failure["error_message"]


def test_an_update_changes_what_exists(api: Api) -> None:
    api.post(CREATE, {"items": [item("a")]})
    answer = api.post(UPDATE, {"items": [item("a", 5, status="inactive"), item("b")]})
    meta_of(answer, 200)
    assert answer.json()["items"] == [item("a", 5, status="inactive")]
    assert [one["item_id"] for one in answer.json()["failed_to_update"]] == ["b"]
    assert api.get(LIST).json()["items"] == [item("a", 5, status="inactive")]


def test_where_all_fail_the_messages_end_with_the_item_id(api: Api) -> None:
    """wire.md 4."""
    api.post(CREATE, {"items": [item("a")]})
    assert message_of(api.post(CREATE, {"items": [item("a")]}), 400).endswith("item_id : a")


def test_another_account_sees_none(world: World, api: Api) -> None:
    api.post(CREATE, {"items": [item("a")]})
    other = world.account()
    assert other.get(f"{LIST}?ids=a").json()["items"] == []
    error_of(other.post(UPDATE, {"items": [item("a")]}), 400)
