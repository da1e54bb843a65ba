"""Health, which needs no keys; the other addresses without them are in tests/wire."""

from pathlib import Path

from litestar.testing import TestClient
from prometheus_client.parser import text_string_to_metric_families

from octy.http.app import create_app
from octy.model.clock import ManualClock
from octy.service.octy import Octy
from octy.store.folder import open_store
from tests.integration.http.world import Api, World, error_of, meta_of


def test_a_working_server_is_healthy_and_ready(world: World) -> None:
    meta_of(world.client.get("/healthz"))
    meta_of(world.client.get("/readyz"))


def test_metrics_are_what_prometheus_reads(world: World) -> None:
    """Without keys; its own parser is the judge."""
    answer = world.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert {name: family.type for name, family in found.items()} == {
        "octy_ready": "gauge",
        "octy_unarchived_event_bytes": "gauge",
        "octy_audit_profiles_checked": "counter",
        "octy_audit_profiles_differing": "counter",
        "octy_audit_tags_mended": "counter",
        "octy_audit_seconds": "counter",
    }
    assert [sample.value for sample in found["octy_ready"].samples] == [1.0]


def test_metrics_count_what_was_audited(world: World, api: Api) -> None:
    api.has_profiles("ana")
    world.octy.auditor.work()
    assert "\nocty_audit_profiles_checked_total 1.0\n" in world.client.get("/metrics").text


def test_a_server_that_has_not_started_is_healthy_and_not_ready(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    client = TestClient(create_app(Octy(store, ManualClock(0))))
    meta_of(client.get("/healthz"))
    answer = client.get("/readyz")
    error_of(answer, 503, code=500)
    assert int(answer.headers["retry-after"]) >= 1
    store.close()


def test_a_server_that_is_stopping_takes_nothing_more(tmp_path: Path) -> None:
    """Nothing is half done: who is told 503 may send it again."""
    world = World(tmp_path)
    api = world.account()
    world.close()
    answer = api.post("/v1/retention/profiles/create", {"profiles": [{"customer_id": "ana"}]})
    error_of(answer, 503, code=500)
    assert int(answer.headers["retry-after"]) >= 1
    error_of(api.get("/v1/retention/segments"), 503, code=500)
