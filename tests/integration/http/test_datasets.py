"""Training datasets over HTTP: asked for, made in a process of their own, downloaded, deleted."""

import hashlib
import io
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from octy.model.clock import ManualClock
from octy.model.instants import parse_instant
from tests.integration.http.world import Api, World, error_of, message_of, meta_of, past

PATH = "/v1/retention/datasets"
PATIENCE_SECONDS = 120
MARCH = "2024-03-01T00:00:00Z"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("shop"), ManualClock(parse_instant(MARCH)))
    yield world
    world.close()


@pytest.fixture
def api(shop: World) -> Api:
    """An account with two customers: ana looks and buys twice, bo only looks."""
    api = shop.account()
    api.has_event_types(viewed=["page"])
    api.has_profiles("ana", plan="gold", age=30)
    api.has_profiles("bo", plan=7, age=30.5)
    happens(api, "ana", "2024-01-10 12:00:00", "viewed", page="/a")
    happens(api, "ana", "2024-01-10 12:00:00", "charged", item_id="boots", payment_method="visa")
    happens(api, "ana", "2024-02-01 00:00:00", "charged", item_id="hat", payment_method="visa")
    happens(api, "bo", "2024-01-25 00:00:00", "viewed", page="/b")
    return api


def happens(api: Api, customer: str, at: str, event_type: str, **properties: object) -> None:
    (found,) = api.get(f"/v1/retention/profiles?ids={customer}").json()["profiles"]
    event = {
        "event_type": event_type,
        "profile_id": found["profile_id"],
        "event_properties": properties,
        "created_at": at,
    }
    assert api.post("/v1/retention/events/create/batch", {"events": [event]}).status_code == 201


def asked(api: Api, request: Mapping[str, object]) -> str:
    answer = api.post(PATH, request)
    meta_of(answer, 201)
    return str(answer.json()["dataset"]["dataset_id"])


def shown(api: Api, dataset_id: str) -> dict[str, Any]:
    (found,) = api.get(f"{PATH}?ids={dataset_id}").json()["datasets"]
    return dict(found)


def ended(api: Api, dataset_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = shown(api, dataset_id)
        if found["status"] in ("completed", "failed"):
            return found
        time.sleep(0.05)
    raise AssertionError(f"{dataset_id} comes to no end")


def test_a_dataset_is_made_downloaded_and_goes_with_whoever_is_erased(api: Api) -> None:
    segment_id = api.has_segment(past("viewer", days=7))
    request = {"every": "7d", "from": "2024-01-11T12:00:00Z", "to": "2024-02-01T12:00:00Z", "label": "churn:30d"}
    dataset_id = asked(api, request)
    said = ended(api, dataset_id)
    assert said["error"] is None
    assert (said["status"], said["progress"], said["asked"]) == ("completed", 1.0, request)
    assert said["segment_ids"] == [segment_id]

    answer = api.get(f"{PATH}/file?id={dataset_id}")
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    assert hashlib.sha256(answer.content).hexdigest() == said["sha256"] == answer.headers["x-content-sha256"]
    assert len(answer.content) == said["bytes"]
    rest = api.get(f"{PATH}/file?id={dataset_id}", headers={"Range": "bytes=100-", "If-Range": answer.headers["etag"]})
    assert (rest.status_code, rest.content) == (206, answer.content[100:])
    assert rest.headers["content-range"] == f"bytes 100-{said['bytes'] - 1}/{said['bytes']}"
    other = api.get(f"{PATH}/file?id={dataset_id}", headers={"Range": "bytes=100-", "If-Range": '"another"'})
    assert (other.status_code, other.content) == (200, answer.content)
    table: pa.Table = pq.read_table(io.BytesIO(answer.content))
    assert said["columns"] == table.column_names
    assert said["rows"] == table.num_rows == 6
    rows = {(row["customer_id"], str(row["as_of"])[:10]): row for row in table.to_pylist()}
    ana = rows["ana", "2024-01-18"]
    assert (ana["charged_total"], ana["charged_recency_days"], ana["frequency_7d"]) == (1, 8.0, 0)
    assert (ana["tag.viewer"], ana["tag.viewer.held_days"], ana["tag.viewer.entries"]) == (False, 0.0, 1)
    assert ana["label"] is False, "she buys again on the first of February"
    assert rows["ana", "2024-01-11"]["tag.viewer.held_days"] == 1.0
    assert (rows["bo", "2024-01-25"]["label"], rows["bo", "2024-01-25"]["has_charged"]) == (True, False)
    assert rows["bo", "2024-02-01"]["label"] is None, "its horizon is not over"

    assert api.post("/v1/retention/profiles/delete", {"profiles": ["bo"]}).status_code == 200
    assert "profile was deleted" in shown(api, dataset_id)["error"]
    assert "profile was deleted" in message_of(api.get(f"{PATH}/file?id={dataset_id}"), 404)

    deleted = api.post(f"{PATH}/delete", {"datasets": [dataset_id, "dataset_0"]}).json()
    assert deleted["deleted_datasets"] == [{"dataset_id": dataset_id}]
    assert [one["index"] for one in deleted["failed_to_delete"]] == [1]
    assert api.get(PATH).json()["datasets"] == []


def test_the_file_says_what_it_is(api: Api) -> None:
    api.has_segment(past("buyer", "charged"))
    dataset_id = asked(api, {"as_of": "2024-02-15", "as_known_at": "as_of", "label": "churn:7d"})
    said = ended(api, dataset_id)
    assert said["rows"] == 0, "all of it was received in March"
    metadata = pq.read_schema(io.BytesIO(api.get(f"{PATH}/file?id={dataset_id}").content)).metadata
    told = json.loads(metadata[b"octy.dataset"])
    assert told["dataset_id"] == dataset_id
    assert told["instants"] == ["2024-02-15T00:00:00.000000Z"]
    assert (told["as_known_at"], told["label"]["horizon"], told["value"]) == ("as_of", "7d", None)
    assert [one["definition"]["segment_name"] for one in told["segments"]] == ["buyer"]
    assert told["not_point_in_time"] == ["profile.age", "profile.plan"]
    assert [(one["column"], one["kind"]) for one in told["leaks"]] == [
        ("tag.buyer", "label_event"),
        ("profile.age", "present_data"),
        ("profile.plan", "present_data"),
    ]
    assert told["leaks"] == said["leaks"]
    assert told["last_seq"] > 0


def test_a_dataset_of_now_leaks_nothing_of_what_is_known_now(api: Api) -> None:
    whose = {"segment_sub_type": 3, "profile_property_name": "plan", "profile_property_value": "gold"}
    api.has_segment(past("gold buyer", "charged") | whose)
    assert ended(api, asked(api, {}))["leaks"] == []


def test_a_strict_request_is_refused_with_the_reasons(api: Api) -> None:
    api.has_segment(past("buyer", "charged"))
    request = {"as_of": "2024-02-15", "label": "churn:7d", "strict": True}
    (line,) = error_of(api.post(PATH, request), 400)["errors"]
    assert line["path"] == "tag.buyer"
    assert 'names "charged", the event that the label asks about' in line["found"]
    assert api.get(PATH).json()["datasets"] == []


@pytest.mark.parametrize(
    ("request_", "path", "wanted"),
    [
        ({"as_of": "yesterday"}, "as_of", "ISO 8601"),
        ({"as_of": "2024-03-02"}, "as_of", "an instant that has come"),
        ({"as_of": "2024-02-01", "every": "7d"}, "every", "nothing beside as_of"),
        ({"every": "7d"}, "from", "ISO 8601"),
        ({"every": "weekly", "from": "2024-01-01"}, "every", "a duration such as"),
        ({"every": "1s", "from": "2024-01-01"}, "every", "at most 1,000 instants"),
        ({"every": "7d", "from": "2024-02-01", "to": "2024-01-01"}, "from", "an instant at or before"),
        ({"label": "churn"}, "label", "churn:DURATION"),
        ({"label": "churn:30d:nothing"}, "label", "an event type that there is"),
        ({"as_known_at": "then"}, "as_known_at", "ISO 8601"),
    ],
)
def test_what_cannot_be_made_is_refused_at_once(api: Api, request_: dict[str, str], path: str, wanted: str) -> None:
    lines = error_of(api.post(PATH, request_), 400)["errors"]
    assert [line["path"] for line in lines] == [path]
    assert wanted in lines[0]["wanted"]


def test_nobody_sees_anybody_elses_datasets(shop: World, api: Api) -> None:
    dataset_id = asked(api, {})
    stranger = shop.account()
    assert stranger.get(f"{PATH}?ids={dataset_id}").json()["datasets"] == []
    assert "There is no dataset" in message_of(stranger.get(f"{PATH}/file?id={dataset_id}"), 404)
    error_of(stranger.post(f"{PATH}/delete", {"datasets": [dataset_id]}), 400)
    assert api.post(f"{PATH}/delete", {"datasets": [dataset_id]}).status_code == 200, "however far it is"
