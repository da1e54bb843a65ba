"""A training from its request to its end: dataset, model, report, profiles, webhook; why one fails, or is refused."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from octy.model.clock import ManualClock
from octy.model.instants import US_PER_DAY, iso, parse_instant
from octy.service.training import asking
from octy.store import churn_trainings
from tests.integration.http.world import Api, World, message_of, meta_of, past

START = "/v1/retention/training/start"
LIST = "/v1/retention/training"
NOW_US = parse_instant("2024-09-01T00:00:00Z")
CHURN = {"algorithm": "churn"}
PATIENCE_SECONDS = 240


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("trained"), ManualClock(NOW_US))
    yield world
    world.close()


def has_customers(api: Api, count: int) -> None:
    """Half of them buy every fortnight or so; the others leave one after the other."""
    chance = np.random.default_rng(3)
    events = []
    drafts = [
        {"customer_id": f"customer {who}", "profile_data": {"plan": ("free", "gold")[who % 2], "name": f"n{who}"}}
        for who in range(count)
    ]
    created = api.post("/v1/retention/profiles/create", {"profiles": drafts}).json()["profiles"]
    for who, profile_id in enumerate(one["profile_id"] for one in created):
        at_us = NOW_US - int(chance.integers(200, 240)) * US_PER_DAY
        end_us = NOW_US if who % 2 else NOW_US - int(chance.integers(5, 200)) * US_PER_DAY
        while (at_us := at_us + int(chance.integers(5, 25)) * US_PER_DAY) < end_us:
            events.append({"event_type": "charged", "profile_id": profile_id, "created_at": iso(at_us)})
    for first in range(0, len(events), 500):
        body = {"events": events[first : first + 500]}
        assert api.post("/v1/retention/events/create/batch", body).status_code == 201


def started(api: Api) -> dict[str, Any]:
    answer = api.post(START, CHURN)
    meta_of(answer, 202)
    return dict(answer.json()["training_job"])


def ended(api: Api, training_job_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        (found,) = api.get(f"{LIST}?ids={training_job_id}").json()["training_jobs"]
        if found["status"] in ("completed", "failed"):
            return dict(found)
        time.sleep(0.1)
    raise AssertionError(f"{training_job_id} comes to no end")


def webhooks(api: Api) -> list[dict[str, Any]]:
    rows = api.get("/v1/webhooks/deliveries?event=training.completed").json()["deliveries"]
    return [api.get(f"/v1/webhooks/deliveries/{row['delivery_id']}").json()["body"] for row in rows]


@pytest.fixture(scope="module")
def shop(sandbox: World) -> Api:
    """An account of which the model has been trained."""
    api = sandbox.account()
    api.post("/v1/configurations/account/set", {"webhook_url": "http://127.0.0.1:9/"})
    api.has_segment(past("lately", "charged", days=20))
    deleted = api.has_segment(past("deleted", "charged", days=300))
    has_customers(api, 160)
    api.post("/v1/retention/segments/delete", {"segments": [deleted]})
    features = {"algorithm_name": "churn", "configurations": {"profile_features": ["plan"]}}
    assert api.post("/v1/configurations/retention/algorithms/set", features).status_code == 200
    job = started(api)
    assert (job["status"], job["progress"], job["event_type"], job["horizon_days"]) == ("queued", 0, "charged", 30)
    assert "has not ended" in message_of(api.post(START, CHURN), 400)
    assert ended(api, job["training_job_id"])["error"] is None
    return api


def test_the_report_is_there_and_names_what_was_used(shop: Api) -> None:
    report = shop.get("/v1/retention/churn_prediction/report").json()["churn_prediction_report"]
    job = report["training_job_data"]
    (training,) = shop.get(LIST).json()["training_jobs"]
    (segment,) = shop.get("/v1/retention/segments").json()["segments"]
    assert job["training_job_id"] == training["training_job_id"]
    assert job["segment_ids"] == training["segment_ids"] == [segment["segment_id"]]
    assert job["dataset_id"] == training["dataset_id"]
    (dataset,) = shop.get(f"/v1/retention/datasets?ids={job['dataset_id']}").json()["datasets"]
    assert (dataset["status"], dataset["asked"]["label"]) == ("completed", "churn:30d:charged")
    assert job["measures"]["roc_auc"] > 0.7
    features = {one["feature_name"] for one in report["churn_data"]["features_of_importance"]}
    assert {"profile.plan", "tag.lately", "charged_recency_days"} <= features
    dropped = {one["name"]: one["reason"] for one in job["dropped_columns"]}
    assert "as it is now" in dropped["profile.name"]


def test_what_was_deleted_before_its_dataset_was_built_goes_with_it(shop: Api) -> None:
    """X2: in a sandbox all of it is of one instant."""
    (training,) = shop.get(LIST).json()["training_jobs"]
    (segment,) = shop.get("/v1/retention/segments").json()["segments"]
    assert segment["segment_name"] == "lately"
    (receipt,) = shop.get("/v1/retention/segments/receipts").json()["receipts"]
    assert (receipt["segment_name"], receipt["cause"]) == ("deleted", "training")
    assert receipt["training_job_id"] == training["training_job_id"]
    assert receipt["tags_removed"] > 0


def test_profiles_tell_what_is_foretold(shop: Api) -> None:
    profiles = shop.get("/v1/retention/profiles").json()["profiles"]
    (training,) = shop.get(LIST).json()["training_jobs"]
    assert {one["training_job_id"] for one in profiles} == {training["training_job_id"]}
    stay, leave = (
        np.mean([one["churn_probability_value"] for one in profiles if one["profile_data"]["plan"] == plan])
        for plan in ("gold", "free")
    )
    assert leave > stay + 0.3
    assert all(one["rfm_score"] is None or 111 <= one["rfm_score"] <= 444 for one in profiles)
    found = shop.get("/v1/retention/profiles?churn_prob=high&rfm=111-444").json()["profiles"]
    assert found
    assert {one["churn_probability"] for one in found} == {"high"}


def test_the_account_is_told(shop: Api) -> None:
    """H2."""
    (told,) = webhooks(shop)
    (training,) = shop.get(LIST).json()["training_jobs"]
    assert told["subject"] == "Octy training job has successfully completed."
    assert told["body"].startswith(f"The training job {training['training_job_id']} has completed")
    assert told["meta"]["training_job_id"] == training["training_job_id"]


def test_nothing_of_what_the_process_made_is_left_but_the_model(sandbox: World, shop: Api) -> None:
    (training,) = shop.get(LIST).json()["training_jobs"]
    with sandbox.octy._store.reading() as connection:
        assert churn_trainings.model_of(connection, shop.account_id, training["training_job_id"])
    assert not list((sandbox.octy._store.folder / "datasets").glob("*.outcome"))


def test_too_little_data_is_a_failure_that_says_how_much_is_needed(sandbox: World) -> None:
    api = sandbox.account()
    api.post("/v1/configurations/account/set", {"webhook_url": "http://127.0.0.1:9/"})
    has_customers(api, 3)
    failed = ended(api, started(api)["training_job_id"])
    assert failed["status"] == "failed"
    assert failed["error"] == "dataset.profile_id: expected 100 profiles or more; found 3 profiles"
    (told,) = webhooks(api)
    assert told["subject"] == "Octy training job has failed."
    assert told["body"].endswith(failed["error"])
    assert message_of(api.get("/v1/retention/churn_prediction/report"), 400)


def test_a_dataset_that_is_gone_is_said_to_be(sandbox: World) -> None:
    """X3: whoever is erased is in no file; a training whose dataset was removed meanwhile says so."""
    api = sandbox.account()
    api.has_profiles("ana")
    job = started(api)
    api.post("/v1/retention/datasets/delete", {"datasets": [job["dataset_id"]]})
    failed = ended(api, job["training_job_id"])
    assert failed["error"].startswith(f"There is no dataset {job['dataset_id']} to learn from.")


def test_what_cannot_be_trained_is_refused(sandbox: World, monkeypatch: pytest.MonkeyPatch) -> None:
    api = sandbox.account()
    said = 'algorithm: expected "churn"; found "rec"'
    assert message_of(api.post(START, {"algorithm": "rec"}), 400) == said
    monkeypatch.setattr(asking, "NEEDED", ("there_is_no_such_module",))
    assert "pip install 'octy-segmentation[training]'" in message_of(api.post(START, CHURN), 400)
    assert api.get(LIST).json()["training_jobs"] == []


def test_a_schedule_trains_by_itself(sandbox: World) -> None:
    api = sandbox.account()
    settings = {"algorithm_name": "churn", "configurations": {"training_every_days": 7}}
    assert api.post("/v1/configurations/retention/algorithms/set", settings).status_code == 200
    counts = []
    for days in (1, 2, 9):
        sandbox.octy.move_clock(NOW_US + days * US_PER_DAY).result()
        api.has_profiles(f"somebody on day {days}")
        jobs = api.get(LIST).json()["training_jobs"]
        counts.append(len(jobs))
        if days < 9:
            ended(api, jobs[-1]["training_job_id"])
    assert counts == [1, 1, 2]
