"""Event types over the wire (wire.md 1.3, 1.4, 3.4; semantics E1, E7)."""

from octy.model import limits
from tests.integration.http.world import Api, World, error_of, live, meta_of

CREATE = "/v1/retention/events/types/create"
DELETE = "/v1/retention/events/types/delete"
LIST = "/v1/retention/events/types"


def test_what_is_created_is_answered_and_listed(api: Api) -> None:
    draft = {"event_type": "viewed", "event_properties": ["item_id", "price"]}
    answer = api.post(CREATE, {"event_types": [draft]})
    meta_of(answer, 201)
    (created,) = answer.json()["event_types"]
    assert answer.json()["failed_to_create"] == []
    assert created["event_type_id"].startswith("custom_event_type_")
    assert created["event_properties"] == ["item_id", "price"]
    listed = api.get(LIST)
    assert listed.json()["event_types"] == [created]
    assert created["created_at"].endswith(" GMT")


def test_only_custom_types_are_listed(api: Api) -> None:
    """wire.md 3.4: `charged` is there, and not shown."""
    answer = api.get(LIST)
    assert answer.json()["event_types"] == []
    assert meta_of(answer)["total"] == 0
    assert answer.headers["cursor"] == "0"


def test_the_list_ends_after_one_page(api: Api) -> None:
    """wire.md 0.6: the cursor header counts the rows of the page, total counts all."""
    api.has_event_types(**{f"type_{number}": ["x"] for number in range(250)})
    answer = api.get(LIST, {"cursor": "0"})
    assert len(answer.json()["event_types"]) == 250
    assert answer.headers["cursor"] == "250"
    assert meta_of(answer)["total"] == 250


def test_the_cursor_skips_rows(api: Api) -> None:
    api.has_event_types(a=["x"], b=["x"], c=["x"])
    answer = api.get(LIST, {"Cursor": "2"})
    assert [one["event_type"] for one in answer.json()["event_types"]] == ["c"]
    assert answer.headers["cursor"] == "1"
    assert meta_of(answer)["total"] == 3
    assert api.get(LIST, {"cursor": "9"}).json()["event_types"] == []
    error_of(api.get(LIST, {"cursor": "-1"}), 400)
    error_of(api.get(LIST, {"cursor": "1" * 30}), 400)


def test_ids_choose_and_unknown_ones_are_left_out(api: Api) -> None:
    """wire.md 1.4: the first comma comes before the first id."""
    first, second = api.has_event_types(a=["x"], b=["x"])
    answer = api.get(f"{LIST}?ids=,{second},custom_event_type_none,{first}")
    assert {one["event_type_id"] for one in answer.json()["event_types"]} == {first, second}
    assert api.get(f"{LIST}?ids=,custom_event_type_none").json()["event_types"] == []
    assert len(api.get(f"{LIST}?ids=,").json()["event_types"]) == 2


def test_the_good_ones_of_a_request_are_created_and_the_bad_ones_told_of(api: Api) -> None:
    drafts = [{"event_type": "a"}, {"event_type": "charged"}, {"event_type": 5}, {"event_type": "a"}, "x", {}]
    answer = api.post(CREATE, {"event_types": drafts})
    assert meta_of(answer, 201)["total"] == 6
    assert [one["event_type"] for one in answer.json()["event_types"]] == ["a"]
    failed = answer.json()["failed_to_create"]
    assert [one["index"] for one in failed] == [1, 2, 3, 4, 5]
    assert [one["event_type"] for one in failed] == ["charged", "5", "a", "", ""]
    assert failed[1]["error_message"] == "event_type: expected a string; found an integer"
    assert failed[4]["error_message"] == "event_type: expected a value; found nothing"


def test_where_all_fail_it_is_an_error_with_a_line_for_each(api: Api) -> None:
    """wire.md 1.2."""
    error = error_of(api.post(CREATE, {"event_types": [{"event_type": "charged"}, {"event_type": ""}]}), 400)
    assert [line["index"] for line in error["errors"]] == [0, 1]


def test_a_type_in_use_is_not_deleted(api: Api) -> None:
    """E7: the error names the segments."""
    used, unused = api.has_event_types(viewed=["x"], bought=["x"])
    api.has_segment(live("Viewers"))
    answer = api.post(DELETE, {"event_type_ids": [used, unused, "none"]})
    assert meta_of(answer)["count"] == 1
    assert answer.json()["deleted_event_types"] == [{"event_type_id": unused}]
    refused, unknown = answer.json()["failed_to_delete"]
    assert (refused["event_type_id"], refused["index"]) == (used, 0)
    assert "Viewers" in refused["error_message"]
    assert (unknown["event_type_id"], unknown["index"]) == ("none", 2)


def test_another_account_neither_sees_nor_deletes_them(world: World, api: Api) -> None:
    (mine,) = api.has_event_types(a=["x"])
    other = world.account()
    assert other.get(f"{LIST}?ids=,{mine}").json()["event_types"] == []
    error_of(other.post(DELETE, {"event_type_ids": [mine]}), 400)
    assert len(api.get(LIST).json()["event_types"]) == 1


def test_too_many_or_none_are_refused(api: Api) -> None:
    too_many = [{"event_type": f"t{number}"} for number in range(limits.EVENT_TYPES_PER_REQUEST_MAX + 1)]
    error_of(api.post(CREATE, {"event_types": too_many}), 400)
    error_of(api.post(CREATE, {"event_types": []}), 400)
    error_of(api.post(DELETE, {"event_type_ids": []}), 400)
    assert api.get(LIST).json()["event_types"] == []
