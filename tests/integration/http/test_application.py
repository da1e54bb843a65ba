"""What needs no keys: versions, resource formats, health, and the documentation (wire.md 0.2, 0.7, 3.13, 3.14)."""

from pathlib import Path

import pytest
from litestar.testing import TestClient
from prometheus_client.parser import text_string_to_metric_families

from octy.http.app import create_app
from octy.model.clock import ManualClock
from octy.service.octy import Octy
from octy.store.folder import open_store
from tests.integration.http.world import Api, World, error_of, message_of, meta_of


def test_the_public_client_takes_this_server_for_up_to_date(world: World) -> None:
    answer = world.client.get("/v1/admin/application/versioning?app=cli")
    meta_of(answer)
    assert answer.json()["application_type"] == "cli"
    version = answer.json()["current_version"]
    assert version["version_name"] == "v2.0.1-beta"
    assert isinstance(version["id"], str)
    assert isinstance(version["version_int"], int)
    error_of(world.client.get("/v1/admin/application/versioning?app=toaster"), 400)


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        (
            "items",
            '{"item_id**0":"id","item_category**1":"text","item_name**2":"text","item_description**3":"text",'
            '"item_price**4":1}',
        ),
        (
            "events",
            '{"event_type**0":"text","profile_id**1":"id","created_at**2":"text","event_properties**3":"nested"}',
        ),
        (
            "profiles",
            '{"customer_id**0":"id","has_charged**1":true,"profile_data**2":"nested","platform_info**3":"nested"}',
        ),
    ],
)
def test_a_format_is_flat_and_nothing_else(world: World, kind: str, columns: str) -> None:
    """wire.md 0.7."""
    answer = world.client.get(f"/v1/admin/application/resources/format?type={kind}")
    assert answer.status_code == 200
    assert answer.text == columns


@pytest.mark.parametrize("query", ["?type=templates", "?type=", ""])
def test_an_unknown_format_is_refused_with_a_message(world: World, query: str) -> None:
    answer = world.client.get(f"/v1/admin/application/resources/format{query}")
    assert message_of(answer, 400).startswith("type: expected ")


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
