"""What needs no keys: versions, resource formats, health, and the documentation (wire.md 0.2, 0.7, 3.13, 3.14)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from litestar.testing import TestClient

from octy.http.app import create_app
from octy.http.door import Door
from octy.http.lane import Lane
from octy.model.clock import ManualClock
from octy.model.errors import Unavailable
from octy.model.instants import parse_instant
from octy.service.accounts import new_keys
from octy.service.octy import Octy
from octy.service.progress import Progress
from octy.store.folder import open_store
from tests.integration.http.world import START, World, bare, error_of, live, message_of, meta_of, past
from tests.integration.service.failing import FAILURES
from tests.integration.service.serving import StandingClock, eventually


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


READY = "/readyz"
NOT_BEGUN = {"is_ready": False, "step": "not begun", "profiles": 0, "events": 0, "events_in_all": 0}


def not_ready(answer: Response) -> dict[str, Any]:
    """How far it is; the error's shape is that of every error."""
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    body = answer.json()
    readiness: dict[str, Any] = body.pop("readiness")
    assert body["error"]["errors"]
    assert body["error"]["code"] == 500
    assert readiness["step"] in body["error"]["reason"]
    return readiness


def test_a_working_server_is_healthy_and_ready(world: World) -> None:
    meta_of(world.client.get("/healthz"))
    answer = world.client.get(READY)
    meta_of(answer)
    assert answer.json()["readiness"]["is_ready"]
    assert answer.json()["readiness"]["step"] == "ready"


def test_a_server_that_has_not_started_answers_nothing_but_how_it_is(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    octy = Octy(store, ManualClock(0))
    client = TestClient(Door(Lane(create_app(octy), octy), octy))
    meta_of(client.get("/healthz"))
    assert not_ready(client.get(READY)) == NOT_BEGUN
    for answer in (
        client.get("/v1/retention/segments"),
        client.get("/v1/admin/application/versioning"),
        client.post("/v1/retention/events/create", json={}),
        client.get("/nowhere"),
    ):
        error_of(answer, 503, code=500)
        assert int(answer.headers["retry-after"]) >= 1
    store.close()


def test_a_start_tells_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read once for live segments and once for past ones is counted so."""
    world = World(tmp_path)
    api = world.account()
    api.has_event_types(viewed=["item_id"])
    for definition in (live("now"), past("then")):
        api.has_segment(definition)
    (ana, *_) = api.has_profiles("ana", "ben", "cid")
    events = [{"event_type": "viewed", "profile_id": ana}] * 7
    meta_of(api.post("/v1/retention/events/create/batch", {"events": events}), 201)
    world.close()
    octy = Octy(open_store(tmp_path), ManualClock(parse_instant(START)))
    client = TestClient(Door(create_app(octy), octy))
    told: list[dict[str, Any]] = []
    for method in ("begin", "loaded", "reads", "read", "catches_up"):
        _tell_after(monkeypatch, method, lambda: told.append(not_ready(client.get(READY))))
    octy.start()
    steps = [(one["step"], one["profiles"], one["events"], one["events_in_all"]) for one in told]
    assert steps == [
        ("reading profiles", 0, 0, 0),
        ("reading profiles", 3, 0, 0),
        ("reading events", 3, 0, 14),
        ("reading events", 3, 7, 14),
        ("reading events", 3, 14, 14),
        ("catching up with what fell due", 3, 14, 14),
    ]
    meta_of(client.get(READY))
    octy.stop()


def _tell_after(monkeypatch: pytest.MonkeyPatch, method: str, tell: Callable[[], None]) -> None:
    original = getattr(Progress, method)

    def followed(progress: Progress, *values: int) -> None:
        original(progress, *values)
        tell()

    monkeypatch.setattr(Progress, method, followed)


def test_a_server_is_ready_once_its_first_account_is_there(tmp_path: Path) -> None:
    """Whoever waits for readiness and then comes with keys is known."""
    octy = Octy(open_store(tmp_path), ManualClock(parse_instant(START)))
    client = TestClient(Door(Lane(create_app(octy), octy), octy))
    keys = new_keys()
    told = []

    def prepare() -> None:
        told.append(not_ready(client.get(READY)))
        octy.create_account(keys)

    octy.start(prepare)
    assert [one["step"] for one in told] == ["catching up with what fell due"]
    meta_of(client.get(READY))
    meta_of(client.get("/v1/retention/segments", headers={"Authorization": bare(keys)}))
    octy.stop()


def test_a_start_that_is_cancelled_ends_at_its_next_step(tmp_path: Path) -> None:
    World(tmp_path).close()
    octy = Octy(open_store(tmp_path), ManualClock(parse_instant(START)))
    octy.cancel_start()
    with pytest.raises(Unavailable, match="stopping"):
        octy.start()
    octy.stop()
    World(tmp_path).close()


def test_while_a_world_is_rebuilt_nothing_is_taken_in_and_questions_are_answered(tmp_path: Path) -> None:
    """Docs/decisions/0001: after a commit that failed."""
    world = World(tmp_path, StandingClock(parse_instant(START)))
    api = world.account()
    with FAILURES["an I/O error at the beginning"](world.octy._store):
        error_of(api.post("/v1/retention/profiles/create", {"profiles": [{"customer_id": "ana"}]}), 503, code=500)
        assert not_ready(world.client.get(READY))["step"] != "ready"
        meta_of(world.client.get("/healthz"))
        assert "not ready" in error_of(api.post("/v1/retention/events/create", b"no JSON"), 503, code=500)["reason"]
        meta_of(api.get("/v1/retention/segments"))
    eventually(lambda: world.client.get(READY).status_code == 200)
    error_of(api.post("/v1/retention/events/create", b"no JSON"), 400)
    world.close()


def test_a_server_that_is_stopping_takes_nothing_more(tmp_path: Path) -> None:
    """Nothing is half done: who is told 503 may send it again."""
    world = World(tmp_path)
    api = world.account()
    world.close()
    answer = api.post("/v1/retention/profiles/create", {"profiles": [{"customer_id": "ana"}]})
    error_of(answer, 503, code=500)
    assert int(answer.headers["retry-after"]) >= 1
    error_of(api.get("/v1/retention/segments"), 503, code=500)
