"""Health, which needs no keys; the other addresses without them are in tests/wire."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from litestar.testing import TestClient
from prometheus_client.parser import text_string_to_metric_families

from octy.http.app import idle_app, put_to_work
from octy.http.door import Door
from octy.http.lane import Lane
from octy.model.clock import ManualClock
from octy.model.errors import Unavailable
from octy.model.instants import parse_instant
from octy.service.keys import new_keys
from octy.service.octy import Octy
from octy.service.progress import Progress
from octy.store.folder import open_store
from tests.integration.http.world import START, Api, World, bare, error_of, live, message_of, meta_of, past
from tests.integration.service.failing import FAILURES
from tests.integration.service.serving import StandingClock, eventually

READY = "/readyz"
SECURITY = "/.well-known/security.txt"
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


def test_metrics_are_what_prometheus_reads(world: World) -> None:
    """Without keys; its own parser is the judge."""
    answer = world.client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert [sample.value for sample in found["octy_ready"].samples] == [1.0]


def test_metrics_count_what_was_audited(world: World, api: Api) -> None:
    """The world is everybody's: whom of it chance picks, nobody knows."""
    api.has_profiles("ana")
    before = _checked(world)
    seen = None
    while not (seen and seen.profile_keys):  # a key may be that of a profile which is gone
        seen = world.octy.auditor.work()
    assert _checked(world) == before + len(seen.profile_keys)


def _checked(world: World) -> float:
    """What is counted of the audit."""
    found = text_string_to_metric_families(world.client.get("/metrics").text)
    (checked,) = [one for family in found for one in family.samples if one.name == "octy_audit_profiles_checked_total"]
    return float(checked.value)


def test_a_server_that_has_not_started_answers_nothing_but_how_it_is(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    octy = Octy(store, ManualClock(0))
    client = TestClient(Door(Lane(put_to_work(idle_app(is_sandbox=True), octy), octy), octy))
    meta_of(client.get("/healthz"))
    assert not_ready(client.get(READY)) == NOT_BEGUN
    assert "\nocty_ready 0.0\n" in client.get("/metrics").text
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
    client = TestClient(Door(put_to_work(idle_app(is_sandbox=True), octy), octy))
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
    client = TestClient(Door(Lane(put_to_work(idle_app(is_sandbox=True), octy), octy), octy))
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


def test_whom_to_tell_of_weaknesses_is_told_to_everybody(world: World) -> None:
    """RFC 9116: as plain text, with an end that lies ahead, and less than a year."""
    app = put_to_work(idle_app("mailto:security@octy.example", is_sandbox=True), world.octy)
    answer = TestClient(Door(app, world.octy)).get(SECURITY)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    contact, expires = answer.text.splitlines()
    assert contact == "Contact: mailto:security@octy.example"
    left = datetime.fromisoformat(expires.removeprefix("Expires: ")) - datetime.now(UTC)
    assert timedelta(0) < left < timedelta(days=365)


def test_where_nobody_is_named_there_is_no_such_address(world: World) -> None:
    assert message_of(world.client.get(SECURITY), 404) == f"There is no such address: GET {SECURITY}"
