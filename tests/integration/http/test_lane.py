"""Events come in by the lane as they would through Litestar: the same answer to the same request, whatever is wrong."""

import asyncio
import json
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, cast

import pytest
from httpx import Response
from litestar.types import Scope

from octy.http import auth
from octy.http.attempts import Attempts
from octy.http.ending import Ending
from octy.http.lane import Lane
from octy.model import limits
from tests.integration.http.test_every_route import BAD_BODIES, BadBody
from tests.integration.http.world import Api, World, error_of, message_of

ONE = "/v1/retention/events/create"
BATCH = "/v1/retention/events/create/batch"
ADDRESSES = (ONE, BATCH)
OF_ITS_OWN = ("event_id", "created_at")
"""What no two stored events share."""


@pytest.fixture
def ways(world: World, api: Api) -> tuple[Api, Api]:
    """One account by both ways: the lane, and Litestar without it."""
    api.has_event_types(viewed=["item_id"])
    return api, Api(world.detour, api.keys, api.account_id)


@pytest.fixture
def ana(ways: tuple[Api, Api]) -> str:
    (profile_id,) = ways[0].has_profiles("ana")
    return profile_id


def viewed(profile_id: str, **more: object) -> dict[str, Any]:
    return {"event_type": "viewed", "profile_id": profile_id} | more


def same(ways: tuple[Api, Api], path: str, content: object, headers: Mapping[str, str] | None = None) -> Response:
    """The lane's answer, which is Litestar's but for what is each event's own."""
    by_lane, by_litestar = (api.post(path, content, headers) for api in ways)
    assert by_lane.status_code == by_litestar.status_code
    assert by_lane.headers == by_litestar.headers
    assert without_its_own(by_lane.text) == without_its_own(by_litestar.text)
    return by_lane


def without_its_own(text: str) -> str:
    """The text with every value that differs between stored events blotted out, the order of fields untouched."""

    def blotted(pairs: list[tuple[str, object]]) -> dict[str, object]:
        return {name: "?" if name in OF_ITS_OWN else value for name, value in pairs}

    return json.dumps(json.loads(text, object_pairs_hook=blotted))


def test_what_is_stored_is_answered_alike(ways: tuple[Api, Api], ana: str) -> None:
    properties = {"item_id": 'a "quoted" ä\n', "n": 1.5, "none": None}
    answer = same(ways, ONE, viewed(ana, event_properties=properties))
    assert answer.json()["event_properties"] == properties
    events = [viewed(ana, event_properties=properties), viewed(ana, event_properties={}), viewed(ana)]
    assert len(same(ways, BATCH, {"events": events}).json()["created_events"]) == len(events)


def test_what_is_refused_in_part_is_answered_alike(ways: tuple[Api, Api], ana: str) -> None:
    events = [viewed(ana), viewed("nobody"), 7, viewed(ana, event_properties=[1]), viewed(ana, created_at="never")]
    assert len(same(ways, BATCH, {"events": events}).json()["failed_to_create"]) == 4
    error_of(same(ways, BATCH, {"events": events[1:]}), 400)
    error_of(same(ways, ONE, viewed("nobody")), 400)


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("bad", BAD_BODIES, ids=lambda bad: bad.what)
def test_a_bad_body_is_refused_alike(ways: tuple[Api, Api], path: str, bad: BadBody) -> None:
    error_of(same(ways, path, bad.content, {"Content-Type": bad.media_type}), bad.status)


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer x"}, 401),
        ({"Authorization": "Basic !!!"}, 401),
        ({"Authorization": "cGtfYTpza19i"}, 401),
        ({"Content-Encoding": "gzip"}, 415),
        ({"Content-Encoding": "gzip", "Authorization": "cGtfYTpza19i"}, 401),
        ({"Host": "a b"}, 400),
        ({"Idempotency-Key": ""}, 400),
        ({"Idempotency-Key": "x" * 256}, 400),
    ],
)
def test_odd_headers_are_refused_alike(
    ways: tuple[Api, Api], ana: str, path: str, headers: dict[str, str], status: int
) -> None:
    content = viewed(ana) if path == ONE else {"events": [viewed(ana)]}
    error_of(same(ways, path, content, headers), status, code=401 if status == 401 else 400)


@pytest.mark.parametrize("path", ADDRESSES)
def test_an_idempotency_key_is_of_both_ways(ways: tuple[Api, Api], ana: str, path: str) -> None:
    """E5: a repeat may take another way than the first."""
    content = viewed(ana) if path == ONE else {"events": [viewed(ana)]}
    first, again = (api.post(path, content, {"Idempotency-Key": "k"}) for api in ways)
    assert first.content == again.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    error_of(ways[0].post(path, {"events": []}, {"Idempotency-Key": "k"}), 400)
    other = viewed(ana, message_id="m") if path == ONE else {"events": [viewed(ana, message_id="m")]}
    error_of(ways[0].post(path, other, {"Idempotency-Key": "k"}), 422, code=422)


@pytest.mark.parametrize("path", ADDRESSES)
def test_two_idempotency_keys_are_one_too_many(api: Api, world: World, path: str) -> None:
    headers = [*api.headers.items(), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    body = {ONE: b'{"event_type":"charged","profile_id":"x"}', BATCH: b'{"events":[{}]}'}[path]
    for client in (world.client, world.detour):
        answer = client.post(path, content=body, headers=headers)
        error_of(answer, 400)


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "OPTIONS", "DELETE"])
def test_other_methods_are_not_the_lanes(ways: tuple[Api, Api], path: str, method: str) -> None:
    by_lane, by_litestar = (api.client.request(method, path, headers=api.headers) for api in ways)
    assert by_lane.status_code == by_litestar.status_code
    assert by_lane.headers["allow"] == by_litestar.headers["allow"]
    assert by_lane.content == by_litestar.content


def test_other_spellings_of_an_address_lead_to_the_same_place(ways: tuple[Api, Api], ana: str) -> None:
    for path in (f"{ONE}/", f"{ONE}?x=1", ONE.replace("c", "%63")):
        assert same(ways, path, viewed(ana)).status_code == 201


def test_our_own_faults_are_500_and_tell_nothing(
    ways: tuple[Api, Api], world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the secret of the vault")

    monkeypatch.setattr(world.octy, "ingest", fail)
    answer = same(ways, ONE, viewed("ana"))
    error_of(answer, 500, code=500)
    assert "vault" not in answer.text
    assert capsys.readouterr().out.count("http.failed") == 2


def test_keys_are_looked_at_before_the_body(ways: tuple[Api, Api]) -> None:
    assert message_of(ways[0].post(BATCH, b"hello", {"Authorization": "x"}), 401, code=401)


def test_keys_are_recognized_in_every_spelling_and_no_others_with_them(world: World, api: Api) -> None:
    """wire.md 0.1."""
    right = api.headers["Authorization"]
    for header in (right, f"Basic {right}", f"basic  {right} ", right):
        error_of(api.post(ONE, b"{}", {"Authorization": header}), 400)
    for header in (right[:-4], f"{right}AAAA", f"Bearer {right}", world.account().keys.public_key):
        error_of(api.post(ONE, b"{}", {"Authorization": header}), 401, code=401)
    error_of(api.post(ONE, b"{}", {"Authorization": right}), 400)


def test_keys_that_were_recognized_are_not_once_they_are_changed(world: World, api: Api) -> None:
    error_of(api.post(ONE, b"{}"), 400)
    world.octy.end_keys(api.keys.public_key)
    error_of(api.post(ONE, b"{}"), 401, code=401)


def test_the_memory_for_headers_has_an_end(world: World, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "HEADERS_REMEMBERED_MAX", 3)
    recognition = auth.Recognition(world.octy, Attempts())
    header = api.headers["Authorization"].encode()
    for blanks in range(10):
        scope = {"headers": [(b"authorization", b"Basic" + b" " * (blanks + 1) + header)]}
        assert recognition.caller_of(cast("Scope", scope)).account_id == api.account_id
        assert len(recognition._callers) <= 3


def test_a_server_that_is_stopping_takes_no_event(tmp_path: Path) -> None:
    world = World(tmp_path)
    api = world.account()
    world.close()
    answer = api.post(ONE, viewed("ana"))
    error_of(answer, 503, code=500)
    assert int(answer.headers["retry-after"]) >= 1


def test_an_event_that_the_end_of_the_server_overtakes_is_answered_503(
    world: World, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is under way when the server's patience ends, and uvicorn cancels what is under way."""
    monkeypatch.setattr(world.octy, "ingest", lambda *_: Future())
    said: list[Any] = []

    async def cut_short() -> None:
        serving = asyncio.ensure_future(Ending(Lane(world.app, world.octy))(scope, receive, send))
        await asyncio.sleep(0.05)
        serving.cancel()
        await serving

    async def receive() -> Any:
        return {"type": "http.request", "body": json.dumps(viewed("ana")).encode(), "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    headers = [(name.lower().encode(), value.encode()) for name, value in api.headers.items()]
    scope: Any = {"type": "http", "method": "POST", "path": ONE, "headers": headers, "query_string": b""}
    asyncio.run(cut_short())
    assert [message.get("status") for message in said] == [503, None]
    assert "stopping" in json.loads(said[1]["body"])["error"]["reason"]


def test_a_body_at_the_limit_is_read(ways: tuple[Api, Api], ana: str) -> None:
    event = json.dumps(viewed(ana)).encode()
    assert same(ways, ONE, event + b" " * (limits.BODY_BYTES_MAX - len(event))).status_code == 201
    error_of(same(ways, ONE, event + b" " * (limits.BODY_BYTES_MAX - len(event) + 1)), 413)
