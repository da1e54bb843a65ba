"""Segments over the wire (wire.md 3.5; semantics D, P6, X1)."""

import json

import pytest

from octy.model import limits
from tests.integration.http.world import Api, World, error_of, live, message_of, meta_of, past

CREATE = "/v1/retention/segments/create"
DELETE = "/v1/retention/segments/delete"
LIST = "/v1/retention/segments"


def test_a_created_segment_is_answered_at_top_level(api: Api) -> None:
    api.has_event_types(viewed=["item_id"])
    answer = api.post(CREATE, live("Viewers", item_id="7"))
    meta_of(answer, 201)
    fields = answer.json()
    assert fields.pop("segment_id").startswith("segment_")
    assert fields.pop("request_meta")
    assert fields == {
        "segment_name": "Viewers",
        "segment_type": "live",
        "segment_sub_type": 1,
        "segment_status": "active",
        "warnings": [],
    }


def test_an_account_has_so_many_segments_and_no_more(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """C27. Those that are deleted make room."""
    monkeypatch.setattr(limits, "SEGMENTS_PER_ACCOUNT_MAX", 2)
    api.has_event_types(viewed=["item_id"])
    first = api.has_segment(live("first"))
    api.has_segment(past("second"))
    assert "at most 2 segments" in message_of(api.post(CREATE, live("third")), 422, code=422)
    meta_of(api.post(DELETE, {"segments": [first]}))
    api.has_segment(live("third"))


def test_a_list_shows_the_definition_as_it_was_given(api: Api) -> None:
    api.has_event_types(viewed=["price"])
    definition = past("Payers", price=12.5)
    api.has_segment(definition)
    answer = api.get(LIST)
    (shown,) = answer.json()["segments"]
    assert {key: shown[key] for key in definition} == definition
    assert shown["profile_property_name"] is None
    assert shown["segment_status"] == "active"  # a sandbox's backfill is done at once
    assert shown["created_at"].endswith(" GMT")
    assert answer.headers["cursor"] == "1"
    assert meta_of(answer)["total"] == 1


def test_integers_are_written_as_integers_and_values_as_text(api: Api) -> None:
    """wire.md 0.8."""
    api.has_event_types(viewed=[])
    api.has_segment(past("Young") | {
        "segment_sub_type": 3, "profile_property_name": "age", "profile_property_value": "25",
    })  # fmt: skip
    text = api.get(LIST).text
    assert '"segment_timeframe":30,' in text
    assert '"profile_property_value":"25"' in text


def test_the_count_is_of_profiles_that_bear_the_tag(api: Api) -> None:
    api.has_event_types(viewed=[])
    api.has_segment(past("Viewers"))
    profile, _ = api.has_profiles("ana", "ben")
    assert api.get(LIST).json()["segments"][0]["profile_count"] == 0
    api.post("/v1/retention/events/create", {"event_type": "viewed", "profile_id": profile})
    assert api.get(LIST).json()["segments"][0]["profile_count"] == 1  # T5


def test_an_event_type_that_does_not_exist_yet_is_a_warning(api: Api) -> None:
    """D9."""
    (warning,) = api.post(CREATE, live("Early", "later")).json()["warnings"]
    assert '"later"' in warning


def test_every_violation_is_answered_with_its_parts(api: Api) -> None:
    """D10."""
    wrong = live("") | {"segment_timeframe": 5, "colour": "red"}
    error = error_of(api.post(CREATE, wrong), 400)
    lines = {(line["rule"], line["path"]): line for line in error["errors"]}
    assert set(lines) == {("D11", "colour"), ("D1", "segment_name"), ("D2", "segment_timeframe")}
    timeframe = lines["D2", "segment_timeframe"]
    assert timeframe["found"] == "5"
    assert timeframe["wanted"] in timeframe["error_message"]
    assert api.get(LIST).json()["segments"] == []


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"5"])
def test_a_definition_is_an_object(api: Api, body: bytes) -> None:
    assert message_of(api.post(CREATE, body), 400).startswith("D11 (body): expected an object")


@pytest.mark.parametrize(
    "value", ['"\\u0000"', '"\\ud800"', '"\\udc00x"', "18446744073709551616", "1" * 5_000, "1e999", "[[[1]]]", "null"]
)
def test_a_property_value_that_no_store_keeps_or_nothing_equals_is_refused(api: Api, value: str) -> None:
    api.has_event_types(viewed=["x"])
    body = json.dumps(live("Odd", x="VALUE")).replace('"VALUE"', value)
    error_of(api.post(CREATE, body.encode()), 400)
    assert api.get(LIST).json()["segments"] == []


def test_a_name_is_taken_once(api: Api) -> None:
    api.has_segment(live("Viewers"))
    assert "D1 segment_name" in message_of(api.post(CREATE, live("Viewers", "other")), 400)


def test_a_deleted_segment_is_pending_at_once(api: Api) -> None:
    """X1, wire.md 8.11."""
    kept, gone = api.has_segment(live("Kept")), api.has_segment(live("Gone"))
    answer = api.post(DELETE, {"segments": [gone, "segment_none"]})
    meta_of(answer, 200)
    assert answer.json()["deleted_segments"] == [{"segment_id": gone}]
    (failure,) = answer.json()["failed_to_delete"]
    assert (failure["segment_id"], failure["index"]) == ("segment_none", 1)
    status = {one["segment_id"]: one["segment_status"] for one in api.get(LIST).json()["segments"]}
    assert status == {kept: "active", gone: "pending deletion"}


def test_ids_choose(api: Api) -> None:
    first, _ = api.has_segment(live("A")), api.has_segment(live("B"))
    assert [one["segment_id"] for one in api.get(f"{LIST}?ids=,{first}").json()["segments"]] == [first]


def test_another_account_sees_and_deletes_none_of_them(world: World, api: Api) -> None:
    mine = api.has_segment(live("Mine"))
    other = world.account()
    assert other.get(LIST).json()["segments"] == []
    error_of(other.post(DELETE, {"segments": [mine]}), 400)
    assert other.has_segment(live("Mine")) != mine


def test_a_deletion_that_is_pending_is_seen_and_cancelled(api: Api) -> None:
    """X1, X2."""
    segment_id = api.has_segment(live("Viewers"))
    meta_of(api.post(DELETE, {"segments": [segment_id]}), 200)
    (pending,) = api.get(LIST).json()["segments"]
    assert pending["segment_status"] == "pending deletion"
    assert pending["delete_requested_at"].endswith("GMT")
    assert pending["purge_at"].endswith("GMT")
    assert pending["dependants"] == {"training_jobs": [], "models": []}
    answer = api.post(f"{LIST}/restore", {"segments": [segment_id, "segment_none"]})
    meta_of(answer, 200)
    assert answer.json()["restored_segments"] == [{"segment_id": segment_id}]
    (failure,) = answer.json()["failed_to_restore"]
    assert (failure["segment_id"], failure["index"]) == ("segment_none", 1)
    (active,) = api.get(LIST).json()["segments"]
    assert (active["segment_status"], active["purge_at"], active["delete_requested_at"]) == ("active", None, None)
    assert api.get(f"{LIST}/receipts").json()["receipts"] == []
