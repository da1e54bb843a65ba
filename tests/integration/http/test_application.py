"""Health, which needs no keys; the other addresses without them are in tests/wire."""

from pathlib import Path

from litestar.testing import TestClient

from octy.http.app import create_app
from octy.model.clock import ManualClock
from octy.service.octy import Octy
from octy.store.folder import open_store
from tests.integration.http.world import World, error_of, meta_of


def test_a_working_server_is_healthy_and_ready(world: World) -> None:
    meta_of(world.client.get("/healthz"))
    meta_of(world.client.get("/readyz"))


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
