"""Whatever is wrong with a request, on whatever route, the answer has the one error shape (wire.md 0.2, 1.1, 8.14)."""

from typing import NamedTuple

import pytest
from litestar.routes import HTTPRoute

from octy.http.routes.elsewhere import GET_ROUTES, POST_ROUTES
from octy.model import limits
from tests.integration.http.world import Api, World, error_of

KEYLESS = {
    "/healthz",
    "/readyz",
    "/v1/admin/application/versioning",
    "/v1/admin/application/resources/format",
    "/",
    "/docs",
    "/openapi.json",
}
ALL_ROUTES = {
    ("GET", "/"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/v1/account/authenticate"),
    ("GET", "/v1/admin/application/resources/format"),
    ("GET", "/v1/admin/application/versioning"),
    ("GET", "/v1/configurations/account"),
    ("POST", "/v1/configurations/account/set"),
    ("GET", "/v1/retention/events/types"),
    ("POST", "/v1/retention/events/types/create"),
    ("POST", "/v1/retention/events/types/delete"),
    ("POST", "/v1/retention/events/create"),
    ("POST", "/v1/retention/events/create/batch"),
    ("GET", "/v1/retention/items"),
    ("POST", "/v1/retention/items/create"),
    ("POST", "/v1/retention/items/update"),
    ("GET", "/v1/retention/profiles"),
    ("GET", "/v1/retention/profiles/metadata"),
    ("GET", "/v1/retention/profiles/history"),
    ("GET", "/v1/retention/profiles/events"),
    ("GET", "/v1/retention/profiles/export"),
    ("POST", "/v1/retention/profiles/create"),
    ("POST", "/v1/retention/profiles/update"),
    ("POST", "/v1/retention/profiles/delete"),
    ("GET", "/v1/retention/segments"),
    ("POST", "/v1/retention/segments/create"),
    ("POST", "/v1/retention/segments/delete"),
    ("GET", "/v1/webhooks/secrets"),
    ("GET", "/v1/webhooks/deliveries"),
    ("GET", "/v1/webhooks/deliveries/{delivery_id:str}"),
    ("POST", "/v1/webhooks/deliveries/{delivery_id:str}/replay"),
    ("POST", "/v1/webhooks/deliveries/replay"),
    ("POST", "/v1/webhooks/test"),
    ("POST", "/v1/webhooks/enable"),
    ("POST", "/v1/webhooks/secrets/rotate"),
    ("GET", "/v1/sandbox/clock"),
    ("POST", "/v1/sandbox/clock"),
    *(("GET", path) for path in GET_ROUTES),
    *(("POST", path) for path in POST_ROUTES),
}
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"}
WRONG_METHODS = {(method, path) for _, path in ALL_ROUTES for method in METHODS} - ALL_ROUTES
OURS = sorted((method, path) for method, path in ALL_ROUTES if path not in KEYLESS)
WRITES = [path for method, path in OURS if method == "POST" and path not in POST_ROUTES]


class BadBody(NamedTuple):
    """A body that no route takes."""

    what: str
    content: bytes
    status: int = 400
    media_type: str = "application/json"


BAD_BODIES = [
    BadBody("nothing", b""),
    BadBody("blanks", b"  \n"),
    BadBody("no JSON", b"hello"),
    BadBody("half of JSON", b'{"events": [{"event_ty'),
    BadBody("two JSONs", b"{}{}"),
    BadBody("JSON after a byte-order mark", b"\xef\xbb\xbf{}"),
    BadBody("JSON in UTF-16", "{}".encode("utf-16")),
    BadBody("a string with bytes that are no UTF-8", b'{"segment_name": "\xff"}'),
    BadBody("NaN", b'{"x": NaN}'),
    BadBody("Infinity", b'{"x": -Infinity}'),
    BadBody("a list", b"[]"),
    BadBody("a number", b"1"),
    BadBody("null", b"null"),
    BadBody("lists 10,000 levels deep", b"[" * 10_000 + b"]" * 10_000),
    BadBody("objects 10,000 levels deep", b'{"events":' * 10_000 + b"1" + b"}" * 10_000),
    BadBody("unknown fields 10,000 levels deep", b'{"x":' + b"[" * 10_000 + b"]" * 10_000 + b"}"),
    BadBody("fields of wrong types", b'{"events": 1, "profiles": {}, "items": "x", "segments": null, "now": 5}'),
    BadBody("too much", b'"' + b"x" * limits.BODY_BYTES_MAX + b'"', status=413),
    BadBody("XML", b"<events/>", status=415, media_type="text/xml"),
    BadBody("a form", b"a=b", media_type="application/x-www-form-urlencoded"),
    BadBody("a form with a file", b"--x--", status=415, media_type="multipart/form-data; boundary=x"),
]


def test_the_routes_are_exactly_these(world: World) -> None:
    """So the tables below leave none out."""
    routes = {
        (method, route.path)
        for route in world.app.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods
        if method != "OPTIONS"
    }
    assert routes == ALL_ROUTES


@pytest.mark.parametrize(("method", "path"), sorted(WRONG_METHODS))
def test_a_wrong_method_is_405(api: Api, method: str, path: str) -> None:
    answer = api.client.request(method, path, headers=api.headers)
    error_of(answer, 405)
    right = {right for right, route in ALL_ROUTES if route == path}
    assert set(answer.headers["allow"].split(", ")) == right | {"OPTIONS"}


@pytest.mark.parametrize("path", ["/v1", "/nope", "/docs/nope", "/schema", "/v1/retention/events/create/batch/nope"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_path_is_404_with_code_400(api: Api, method: str, path: str) -> None:
    error = error_of(api.client.request(method, path, headers=api.headers), 404, code=400)
    assert path in error["reason"]


@pytest.mark.parametrize(("method", "path"), OURS)
@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic ",
        "Bearer cGtfYTpza19i",
        "cGtfYTpza19i",
        "Basic cGtfYTpza19i",
        "no base64",
        "bm8gY29sb24=",
        "/v8=",
        "cGtf\u00e9",
    ],
)
def test_without_right_keys_it_is_401(world: World, method: str, path: str, authorization: str | None) -> None:
    """wire.md 8.12. The body is not looked at, and nothing is told of the route's parameters."""
    headers = [] if authorization is None else [("Authorization", authorization.encode("latin-1"))]
    answer = world.client.request(method, path, headers=headers, content=b"no JSON")  # type: ignore[arg-type]
    error_of(answer, 401, code=401)
    assert answer.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize("bad", BAD_BODIES, ids=lambda bad: bad.what)
def test_a_bad_body_is_refused(api: Api, path: str, bad: BadBody) -> None:
    answer = api.post(path, bad.content, {"Content-Type": bad.media_type})
    error_of(answer, bad.status)


@pytest.mark.parametrize("path", GET_ROUTES)
def test_a_neighbouring_service_that_is_asked_is_not_here(api: Api, path: str) -> None:
    """wire.md's head: code 400 and a message that says so."""
    assert "not part of this server" in error_of(api.get(path), 400)["reason"]


@pytest.mark.parametrize("path", POST_ROUTES)
def test_a_neighbouring_service_that_is_told_is_not_here(api: Api, path: str) -> None:
    """Whatever it is told."""
    assert "not part of this server" in error_of(api.post(path, {"templates": []}), 400)["reason"]


def test_our_own_faults_are_500_and_tell_nothing(api: Api, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the secret of the vault")

    monkeypatch.setattr(world.octy.reading, "segments", fail)
    answer = api.get("/v1/retention/segments")
    error_of(answer, 500, code=500)
    assert "vault" not in answer.text


def test_our_own_faults_are_logged_without_the_keys(
    api: Api, world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(world.octy.reading, "account", None)
    error_of(api.get("/v1/configurations/account"), 500, code=500)
    logged = capsys.readouterr().out
    assert "http.failed" in logged
    assert "Traceback" in logged
    assert api.headers["Authorization"] not in logged


def test_a_trailing_slash_leads_to_the_same_place_without_a_redirect(api: Api) -> None:
    """wire.md 1."""
    assert api.get("/v1/account/authenticate/").status_code == 200


def test_a_body_that_curl_calls_a_form_is_read_as_json(world: World) -> None:
    api = world.account()
    answer = world.client.post(
        "/v1/retention/events/types/create",
        content=b'{"event_types": [{"event_type": "view", "event_properties": ["page"]}]}',
        headers=api.headers | {"content-type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 201
