"""The instruments are right (C40): /metrics says what happened, and stays small however many accounts there are."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from prometheus_client.parser import text_string_to_metric_families

from octy.http.watch import Watch
from tests.integration.http.world import Api, World

OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
ONE_LIVE = {
    "segment_name": "now",
    "segment_type": "live",
    "segment_sub_type": 1,
    "segment_timeframe": 0,
    "event_sequence": [
        {"event_type": "viewed", "action_inaction": "action", "exp_timeframe": 0, "event_properties": None}
    ],
}


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[World]:
    """A world of one's own, watched as a served one is."""
    world = World(tmp_path)
    watch = Watch(world.door, world.app.state.requests, lambda: False)
    client: TestClient[Any] = TestClient(watch, raise_server_exceptions=False)
    world.client = client
    yield world
    world.close()


def metrics(world: World) -> dict[str, float]:
    """Every sample, under its name and labels."""
    families = text_string_to_metric_families(world.client.get("/metrics").text)
    return {
        sample.name + "".join(f" {value}" for value in sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def send(api: Api, *events: Mapping[str, object]) -> int:
    return api.post("/v1/retention/events/create/batch", {"events": list(events)}).status_code


def test_every_metric_is_documented_and_no_other(watched: World) -> None:
    table = OPERATIONS.read_text().partition("## Metrics")[2].partition("## Traces")[0]
    documented = {
        name.removesuffix("_total") for name in re.findall(r"^\| (.*?) \|", table, re.MULTILINE) for name in names(name)
    }
    families = text_string_to_metric_families(watched.client.get("/metrics").text)
    assert {one.name for one in families if one.name.startswith("octy_")} == documented


def names(cell: str) -> list[str]:
    return [name.removesuffix("_total") for name in re.findall(r"`(octy_\w+)`", cell)]


def test_events_are_counted_as_they_were_answered(watched: World) -> None:
    api = watched.account()
    api.has_event_types(viewed=["item_id"])
    api.has_segment(ONE_LIVE)
    (ana,) = api.has_profiles("ana")
    good = {"event_type": "viewed", "profile_id": ana, "message_id": "m1"}
    assert send(api, good, good, {**good, "message_id": "m2"}) == 201
    assert send(api, {**good, "message_id": "m3"}, {**good, "profile_id": "nobody"}, {"event_type": 7}) == 201
    assert send(api, {**good, "event_type": "nothing"}, {**good, "message_id": ""}) == 400
    assert send(api, {**good, "created_at": "yesterday"}) == 400
    assert watched.client.post("/v1/retention/events/create/batch", content=b"{").status_code == 401
    found = metrics(watched)
    assert found["octy_events_accepted_total"] == 3
    assert found["octy_events_repeated_total"] == 1
    refused = {name.split()[1]: count for name, count in found.items() if name.startswith("octy_events_refused_total")}
    assert {reason: count for reason, count in refused.items() if count} == {
        "profile_id": 1,
        "event_type": 1,
        "message_id": 1,
        "created_at": 1,
        "form": 1,
    }
    assert found["octy_matches_total"] == 3
    assert found["octy_tag_changes_total event created"] == 1
    assert found["octy_tag_changes_total event updated"] == 2
    assert found["octy_requests_total event_batch 2xx"] == 2
    assert found["octy_requests_total event_batch 4xx"] == 3
    assert found["octy_request_seconds_count event_batch"] == 5
    assert found["octy_request_seconds_bucket event_batch +Inf"] == 5
    assert found["octy_stored_bytes database"] > 0
    assert (found["octy_accounts"], found["octy_profiles"], found["octy_segments"]) == (1, 1, 1)


def test_a_thousand_accounts_have_no_more_series_than_one(watched: World) -> None:
    def busy() -> None:
        api = watched.account()
        api.has_event_types(viewed=["item_id"])
        (ana,) = api.has_profiles("ana")
        send(api, {"event_type": "viewed", "profile_id": ana}, {"event_type": "viewed", "profile_id": "nobody"})

    busy()
    metrics(watched)
    one = len(metrics(watched))
    for _ in range(19):
        busy()
    for _ in range(980):
        watched.account()
    found = metrics(watched)
    assert found["octy_accounts"] == 1_000
    assert len(found) == one < 500


def test_an_answer_says_to_which_trace_it_belongs(watched: World) -> None:
    sent = watched.client.get("/healthz", headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
    assert sent.headers["x-request-id"] == TRACE
    ids = {watched.client.get("/healthz").headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in ids)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        TRACE,
        f"ff-{TRACE}-00f067aa0ba902b7-01",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-00f067aa0ba902b7-01",
        f"00-{TRACE}-00f067aa0ba902b7-01\r",
    ],
)
def test_what_is_no_traceparent_is_passed_over(wrong: str, watched: World) -> None:
    answer = watched.client.get("/healthz", headers={"traceparent": wrong})
    assert answer.headers["x-request-id"] != TRACE
