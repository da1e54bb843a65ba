"""Which routes are there? Faults of the server's own, and whatever is wrong with a request to a sandbox's clock.

What is wrong with requests to all other routes is in tests/wire, by the byte.
"""

from typing import NamedTuple

import pytest
from litestar.routes import HTTPRoute

from octy.http.routes.elsewhere import GET_ROUTES, POST_ROUTES
from octy.model import limits
from tests.integration.http.world import Api, World, error_of

CLOCK = "/v1/sandbox/clock"
KEYLESS = {
    "/healthz",
    "/livez",
    "/readyz",
    "/metrics",
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
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/v1/account/authenticate"),
    ("GET", "/v1/admin/application/resources/format"),
    ("GET", "/v1/admin/application/versioning"),
    ("GET", "/v1/configurations/account"),
    ("GET", "/v1/configurations/retention/algorithms"),
    ("POST", "/v1/configurations/retention/algorithms/set"),
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
    ("GET", "/v1/retention/segments/receipts"),
    ("POST", "/v1/retention/segments/create"),
    ("POST", "/v1/retention/segments/restore"),
    ("POST", "/v1/retention/segments/delete"),
    ("GET", "/v1/retention/churn_prediction/report"),
    ("GET", "/v1/retention/training"),
    ("POST", "/v1/retention/training/start"),
    ("GET", "/v1/retention/datasets"),
    ("POST", "/v1/retention/datasets"),
    ("GET", "/v1/retention/datasets/file"),
    ("POST", "/v1/retention/datasets/delete"),
    ("GET", "/v1/webhooks/secrets"),
    ("GET", "/v1/webhooks/deliveries"),
    ("GET", "/v1/webhooks/deliveries/{delivery_id:str}"),
    ("POST", "/v1/webhooks/deliveries/{delivery_id:str}/replay"),
    ("POST", "/v1/webhooks/deliveries/replay"),
    ("GET", "/v1/webhooks/deliveries/{delivery_id:str}/changes"),
    ("POST", "/v1/webhooks/release"),
    ("POST", "/v1/webhooks/test"),
    ("POST", "/v1/webhooks/enable"),
    ("POST", "/v1/webhooks/secrets/rotate"),
    ("GET", CLOCK),
    ("POST", CLOCK),
    *(("GET", path) for path in GET_ROUTES),
    *(("POST", path) for path in POST_ROUTES),
}


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


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "PROPFIND"])
def test_a_wrong_method_is_405(api: Api, method: str) -> None:
    answer = api.client.request(method, CLOCK, headers=api.headers)
    error_of(answer, 405)
    assert set(answer.headers["allow"].split(", ")) == {"GET", "POST", "OPTIONS"}


def test_options_names_every_method_of_an_address(api: Api) -> None:
    for path in {path for _, path in ALL_ROUTES if "{" not in path}:
        answer = api.client.options(path, headers=api.headers)
        known = {method for method, other in ALL_ROUTES if other == path}
        assert set(answer.headers["allow"].split(", ")) == known | {"OPTIONS"}, path


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("authorization", [None, "", "Basic", "cGtfYTpza19i", "Basic cGtfYTpza19i", "no base64"])
def test_without_right_keys_it_is_401(world: World, method: str, authorization: str | None) -> None:
    """wire.md 8.12. The body is not looked at."""
    headers = {} if authorization is None else {"Authorization": authorization}
    error_of(world.client.request(method, CLOCK, headers=headers, content=b"no JSON"), 401, code=401)


@pytest.mark.parametrize("bad", BAD_BODIES, ids=lambda bad: bad.what)
def test_a_bad_body_is_refused(api: Api, bad: BadBody) -> None:
    error_of(api.post(CLOCK, bad.content, {"Content-Type": bad.media_type}), bad.status)


@pytest.mark.parametrize("host", ["a:Infinity", "a:99999", "[", "a b", "", "[::1", "a:-1"])
@pytest.mark.parametrize("path", ["/v1/admin/application/resources/format", "/v1/retention/profiles/export"])
def test_a_host_that_is_none_is_no_fault_of_the_server(api: Api, host: str, path: str) -> None:
    """Litestar makes the request's URL of it where it says what is missing. Found by fuzzing."""
    error_of(api.get(path, {"Host": host}), 400)


def test_an_unknown_field_is_named_on_one_line(api: Api) -> None:
    """Found by schemathesis."""
    told = error_of(api.post("/v1/webhooks/enable", {"a\n\x1b[2J`b": 1}), 400)["errors"][0]["error_message"]
    assert told == '"a\\u000a\\u001b[2J`b": expected only fields that are documented; found an unknown field'


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


def test_a_body_that_curl_calls_a_form_is_read_as_json(world: World) -> None:
    api = world.account()
    answer = world.client.post(
        "/v1/retention/events/types/create",
        content=b'{"event_types": [{"event_type": "view", "event_properties": ["page"]}]}',
        headers=api.headers | {"content-type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 201
