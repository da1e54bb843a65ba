"""A key that is given twice is refused wherever it stands in a body; in a batch, the object that has it (C28, E2)."""

import json
from typing import Any
from urllib.parse import unquote

import pytest
from litestar.routes import HTTPRoute

from tests.integration.http.world import Api, World, error_of, live, message_of

BATCH = "/v1/retention/events/create/batch"
ONCE = "expected each key once; found"


def twice(content: dict[str, Any], key: str) -> bytes:
    """The JSON with the key's first appearance doubled."""
    text = json.dumps(content)
    at = text.index(f'"{key}":')
    return f'{text[:at]}"{key}": "x", {text[at:]}'.encode()


def test_every_route_that_takes_a_body_refuses_one_with_a_key_given_twice(world: World, api: Api) -> None:
    """Whether it knows the key or not. The clock's are among them."""
    paths = sorted(route.path for route in world.app.routes if isinstance(route, HTTPRoute) and "POST" in route.methods)
    for path in paths:
        for body in (b'{"x": 1, "x": 2}', b'{"unknown": [{"deep": {"x": 1, "\\u0078": 2}}]}'):
            told = error_of(api.post(path.replace("{delivery_id:str}", "d"), body), 400)["errors"]
            assert told, path


def test_a_parameter_of_the_query_that_is_given_twice_is_refused(api: Api) -> None:
    """Found by schemathesis: the last one counted, and the profiles that the first one named were left out."""
    api.has_profiles("ana", "eve")
    for query in ("ids=ana&ids=eve", "limit=1&ids=ana&limit=1", "%69ds=ana&ids=", "ids=,a&b=&b=", "%ff=1&%ff="):
        told = message_of(api.get(f"/v1/retention/profiles?{query}"), 400)
        name = unquote(query.rpartition("&")[2].partition("=")[0])
        assert told == f'query: expected each parameter once; found "{name}" a second time'
    assert api.get("/v1/retention/profiles?ids=,ana,eve&limit=5").json()["request_meta"]["count"] == 2


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("segment_name", "segment_name"),
        ("event_type", "event_sequence[0].event_type"),
        ("item_id", "event_sequence[0].event_properties.item_id"),
    ],
)
def test_a_segment_definition_is_told_which_key(api: Api, key: str, place: str) -> None:
    told = message_of(api.post("/v1/retention/segments/create", twice(live("x", item_id="7"), key)), 400)
    assert told == f'{place}: {ONCE} "{key}" a second time'
    assert api.get("/v1/retention/segments").json()["segments"] == []


def test_a_single_event_with_a_property_given_twice_is_refused(api: Api) -> None:
    api.has_event_types(viewed=["item_id"])
    (ana,) = api.has_profiles("ana")
    event = {"event_type": "viewed", "profile_id": ana, "event_properties": {"item_id": "7", "n": 5}}
    told = message_of(api.post("/v1/retention/events/create", twice(event, "n")), 400)
    assert told == f'event_properties.n: {ONCE} "n" a second time'
    assert api.get("/v1/retention/profiles/events?id=ana").json()["events"] == []


def test_an_event_of_a_batch_that_gives_a_key_twice_fails_alone(api: Api) -> None:
    api.has_event_types(viewed=["item_id"])
    (ana,) = api.has_profiles("ana")
    good = {"event_type": "viewed", "profile_id": ana, "event_properties": {"item_id": "7"}}
    texts = [json.dumps(good).encode(), twice(good, "item_id"), twice(good, "profile_id"), json.dumps(good).encode()]
    answer = api.post(BATCH, b'{"events": [' + b",".join(texts) + b"]}")
    assert answer.status_code == 201
    assert len(answer.json()["created_events"]) == 2
    assert [(one["index"], one["error_message"]) for one in answer.json()["failed_to_create"]] == [
        (1, f'event_properties.item_id: {ONCE} "item_id" a second time'),
        (2, f'profile_id: {ONCE} "profile_id" a second time'),
    ]


def test_profiles_fail_alone_too(api: Api) -> None:
    drafts = [{"customer_id": name, "profile_data": {"plan": "gold"}} for name in ("ana", "eve")]
    texts = [twice(drafts[0], "plan"), json.dumps(drafts[1]).encode()]
    answer = api.post("/v1/retention/profiles/create", b'{"profiles": [' + b",".join(texts) + b"]}")
    assert [one["customer_id"] for one in answer.json()["profiles"]] == ["eve"]
    (failed,) = answer.json()["failed_to_create"]
    assert (failed["customer_id"], failed["index"]) == ("ana", 0)
    assert failed["error_message"] == f'profile_data.plan: {ONCE} "plan" a second time'


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ('"events": [],', "", "events"),
        ('"x": 1,', ', "x": 2', "x"),
        ('"x": [{"y": 1, "y": 2}],', "", "x[0].y"),
    ],
)
@pytest.mark.parametrize("other_fault", ["", ', {"event_type": 5}', ', {"a": 1, "a": 1}'])
def test_a_batch_that_gives_a_key_of_its_own_twice_is_refused_whole(
    api: Api, before: str, after: str, place: str, other_fault: str
) -> None:
    """Nobody knows which of two lists was meant."""
    api.has_event_types(viewed=[])
    (ana,) = api.has_profiles("ana")
    event = json.dumps({"event_type": "viewed", "profile_id": ana})
    answer = api.post(BATCH, f'{{{before} "events": [{event}{other_fault}]{after}}}'.encode())
    assert message_of(answer, 400).startswith(f"{place}: {ONCE}")
    assert api.get("/v1/retention/profiles/events?id=ana").json()["events"] == []


@pytest.mark.parametrize("other", ['{"event_type": 5}', '{"a": 1, "a": 1}'])
def test_half_a_character_beside_other_faults_is_a_fault_of_its_event_alone(api: Api, other: str) -> None:
    """Found by fuzzing."""
    (ana,) = api.has_profiles("ana")
    event = f'{{"event_type": "charged", "profile_id": "{ana}", "event_properties": {{"x": "\\ud800"}}}}'
    good = json.dumps({"event_type": "charged", "profile_id": ana})
    answer = api.post(BATCH, f'{{"events": [{event}, {other}, {good}], "x": "\\udfff"}}'.encode())
    assert answer.status_code == 201
    assert [one["index"] for one in answer.json()["failed_to_create"]] == [0, 1]
