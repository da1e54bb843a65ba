"""Profiles that are looked at (wire.md 0.10, 3.9; semantics G1, G5)."""

import pytest

from octy.model import limits
from tests.integration.http.world import Api, World, error_of, live, message_of, meta_of, past

LIST = "/v1/retention/profiles"


def customers(api: Api, query: str) -> list[str]:
    return [one["customer_id"] for one in api.get(f"{LIST}{query}").json()["profiles"]]


def test_a_profile_is_found_by_its_customer_id(api: Api) -> None:
    (profile_id,) = api.has_profiles("a b&c", age=30)
    answer = api.get(f"{LIST}?id=a%20b%26c")
    assert meta_of(answer)["total"] == 1
    (profile,) = answer.json()["profiles"]
    assert profile.pop("created_at") == profile.pop("updated_at")
    assert profile == {
        "profile_id": profile_id,
        "customer_id": "a b&c",
        "profile_data": {"age": 30},
        "platform_info": {},
        "segment_tags": [],
        "rfm_score": None,
        "churn_probability": None,
        "churn_probability_value": None,
        "training_job_id": None,
        "has_charged": False,
        "status": "active",
    }


def test_ids_may_be_of_profiles_and_of_customers(api: Api) -> None:
    """wire.md 8.9."""
    profile_id, *_ = api.has_profiles("ana", "ben", "cem")
    assert set(customers(api, f"?ids=,{profile_id},ben,nobody")) == {"ana", "ben"}


@pytest.mark.parametrize("query", ["?id=nobody", "?ids=nobody,noone", "?id=", "?id=%00", "?id=%ff", "?ids=,x%00y"])
def test_nobody_found_is_404_and_never_an_empty_list(api: Api, query: str) -> None:
    """wire.md 0.10, 3.9."""
    api.has_profiles("ana")
    error_of(api.get(f"{LIST}{query}"), 404, code=400)


def test_tags_are_shown_and_searched(api: Api) -> None:
    """G1, T5."""
    api.has_event_types(viewed=[])
    api.has_segment(live("Viewers"))
    api.has_segment(past("Lately here"))
    ana, _ = api.has_profiles("ana", "ben")
    assert customers(api, "?segment_tag=Viewers") == []
    api.post("/v1/retention/events/create", {"event_type": "viewed", "profile_id": ana})
    (profile,) = api.get(f"{LIST}?segment_tag=Lately%20here").json()["profiles"]
    assert profile["customer_id"] == "ana"
    assert {tag["segment_tag"] for tag in profile["segment_tags"]} == {"Viewers", "Lately here"}
    assert all(tag["created_at"].endswith(" GMT") for tag in profile["segment_tags"])
    error_of(api.get(f"{LIST}?segment_tag=unheard-of"), 400)


def test_pages(api: Api) -> None:
    api.has_profiles(*(f"c{number}" for number in range(7)))
    answer = api.get(f"{LIST}?limit=3", {"cursor": "3"})
    assert [one["customer_id"] for one in answer.json()["profiles"]] == ["c3", "c4", "c5"]
    assert answer.headers["cursor"] == "3"
    meta = meta_of(answer)
    assert (meta["count"], meta["total"]) == (3, 7)
    assert customers(api, "?limit=3&cursor=6") == ["c6"]
    assert customers(api, "?cursor=100") == []
    assert len(customers(api, "")) == 7


@pytest.mark.parametrize(
    "query",
    ["?limit=0", f"?limit={limits.PROFILES_PER_PAGE_MAX + 1}", "?limit=x", "?limit=", "?cursor=-1", "?cursor=1.5"],
)
def test_a_page_has_sensible_bounds(api: Api, query: str) -> None:
    name = query[1:].partition("=")[0]
    assert message_of(api.get(f"{LIST}{query}"), 400).startswith(f"{name}: expected ")


def test_one_way_of_naming_profiles_at_a_time(api: Api) -> None:
    api.has_profiles("ana")
    error_of(api.get(f"{LIST}?id=ana&ids=ana"), 400)


def test_too_many_ids_are_refused(api: Api) -> None:
    ids = ",".join(map(str, range(limits.IDS_PER_REQUEST_MAX + 1)))
    assert message_of(api.get(f"{LIST}?ids={ids}"), 400).startswith("ids: ")


def test_metadata_answers_for_every_id_in_order(api: Api) -> None:
    """wire.md 3.9, 8.26: unknown ids are a success, or the application fails."""
    (profile_id,) = api.has_profiles("ana")
    answer = api.get(f"{LIST}/metadata?ids=nobody,ana,{profile_id}")
    meta_of(answer, 200)
    nobody, ana, same = answer.json()["profiles_meta"]
    unknown = {"profile_exists": False} | dict.fromkeys(("profile_id", "customer_id", "created_at", "updated_at"))
    assert nobody == {"provided_identifier": "nobody", "profile": unknown, "merged_info": ana["merged_info"]}
    assert ana["profile"]["profile_exists"] is True
    assert ana["profile"]["profile_id"] == same["profile"]["profile_id"] == profile_id
    assert ana["merged_info"] == {
        "was_merged": False,
        "merged_at": None,
        "authenticated_id_key": None,
        "authenticated_id_value": None,
        "parent_or_child": None,
        "parent_profile": {"parent_profile_id": None, "parent_customer_id": None},
        "merged_child_profiles": None,
    }
    error_of(api.get(f"{LIST}/metadata?ids=,"), 400)


def test_the_history_says_what_when_and_why(api: Api) -> None:
    """G5."""
    api.has_event_types(viewed=[])
    segment_id = api.has_segment(live("Viewers"))
    (ana,) = api.has_profiles("ana")
    event = api.post("/v1/retention/events/create", {"event_type": "viewed", "profile_id": ana}).json()
    answer = api.get(f"{LIST}/history?id={ana}")
    meta_of(answer)
    assert (answer.json()["profile_id"], answer.json()["customer_id"]) == (ana, "ana")
    (change,) = answer.json()["segment_tag_history"]
    assert change["effective_at"] == change["recorded_at"]
    assert change["effective_at"].endswith("Z")
    assert {key: change[key] for key in ("segment_id", "segment_tag", "kind", "cause", "event_id")} == {
        "segment_id": segment_id,
        "segment_tag": "Viewers",
        "kind": "created",
        "cause": "event",
        "event_id": event["event_id"],
    }


def test_the_latest_events_come_newest_first(api: Api) -> None:
    api.has_event_types(viewed=["n"])
    (ana,) = api.has_profiles("ana")
    for second in (1, 3, 2):
        event = {
            "event_type": "viewed",
            "profile_id": ana,
            "created_at": f"2023-05-05T00:00:0{second}.5",
            "event_properties": {"n": second, "deep": {"a": [1, None]}},
        }
        assert api.post("/v1/retention/events/create", event).status_code == 201
    answer = api.get(f"{LIST}/events?id=ana&limit=2")
    meta_of(answer)
    assert [one["event_properties"]["n"] for one in answer.json()["events"]] == [3, 2]
    newest = answer.json()["events"][0]
    assert newest["occurred_at"] == "2023-05-05T00:00:03.500000Z"
    assert newest["created_at"] == "Fri, 05 May 2023 00:00:03 GMT"
    assert newest["event_properties"]["deep"] == {"a": [1, None]}


def test_an_export_has_everything(api: Api) -> None:
    api.has_event_types(viewed=["n"])
    segment_id = api.has_segment(live("Viewers"))
    (ana,) = api.has_profiles("ana", age=30)
    first = {"event_type": "viewed", "profile_id": ana, "message_id": "m1", "event_properties": {"n": 1}}
    second = {"event_type": "viewed", "profile_id": ana, "created_at": "2023-05-05T00:00:01.5"}
    ids = [api.post("/v1/retention/events/create", event).json()["event_id"] for event in (first, second)]
    answer = api.get(f"{LIST}/export?id=ana")
    assert meta_of(answer)["count"] == 2
    known = answer.json()
    assert (known["profile"]["profile_id"], known["profile"]["profile_data"]) == (ana, {"age": 30})
    assert [tag["segment_tag"] for tag in known["profile"]["segment_tags"]] == ["Viewers"]
    late, now = known["events"]
    assert [late["event_id"], now["event_id"]] == [ids[1], ids[0]]
    assert (late["created_at"], late["message_id"], late["event_properties"]) == (
        "2023-05-05T00:00:01.500000Z",
        None,
        None,
    )
    assert (now["message_id"], now["event_properties"]) == ("m1", {"n": 1})
    assert now["accepted_at"] == now["created_at"]
    (change,) = known["segment_tag_history"]
    assert (change["segment_id"], change["kind"], change["event_id"]) == (segment_id, "created", ids[0])
    assert (known["webhooks"], known["digested"]) == ([], [])


@pytest.mark.parametrize("view", ["history", "events", "export"])
def test_the_story_of_nobody_is_404(api: Api, view: str) -> None:
    error_of(api.get(f"{LIST}/{view}?id=nobody"), 404, code=400)
    assert message_of(api.get(f"{LIST}/{view}"), 400) == "id: expected a value; found nothing"


@pytest.mark.parametrize("view", ["?ids={}", "/history?id={}", "/events?id={}", "/export?id={}"])
def test_another_account_finds_nobody(world: World, api: Api, view: str) -> None:
    (ana,) = api.has_profiles("ana")
    error_of(world.account().get(f"{LIST}{view.format(ana)}"), 404, code=400)
