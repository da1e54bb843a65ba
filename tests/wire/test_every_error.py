"""Every error has a line in `errors` and a code that clients know, whatever was wrong with which request (wire.md 1.1).

The addresses, their parameters and what they take are those of the OpenAPI document, so that no route is left out.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

import pytest

from octy.http.routes import elsewhere
from tests.integration.http.test_every_route import BAD_BODIES
from tests.wire.clients import GoClient, go_json, token
from tests.wire.conftest import Served
from tests.wire.refusals import error_lines, refused
from tests.wire.shop import Shop

Schema: TypeAlias = Mapping[str, Any]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND", "TRACE")
WRONG_KEYS = (
    None,
    "",
    "Basic",
    "Bearer cGtfYTpza19i",
    "cGtfYTpza19i",
    "Basic cGtfYTpza19i",
    "no base64",
    "bm8gY29sb24=",
    "/v8=",
    "cGtf\xe9",
)
WRONG_VALUES: tuple[object, ...] = (
    None,
    True,
    1,
    -1,
    1.5,
    2**63,
    "",
    "x",
    "x" * 10_000,
    "a\0b",
    [],
    {},
    [None],
    [[]],
    [{}],
    ["x"],
    {"": 1},
)
"""Of these no field takes more than a few."""
WRONG_PARAMETERS = ("", "x", "-1", "1.5", "%00", "%ff", "9" * 40, "a::b")
UNKNOWN = "nothing"


class Operation(NamedTuple):
    """A method and an address, and what the document says that it takes."""

    method: str
    path: str
    parameters: list[Schema]
    body: Schema | None
    needs_keys: bool

    @property
    def address(self) -> str:
        """With an id of nothing where an id is wanted."""
        return self.path.replace("{delivery_id}", UNKNOWN)


@pytest.fixture(scope="module")
def operations(served: Served) -> list[Operation]:
    """All that the server has."""
    client = GoClient(served.server.port, None)
    document = json.loads(client.get("/openapi.json").content)
    client.close()
    found = list(_documented(document))
    for method, paths in (("GET", elsewhere.GET_ROUTES), ("POST", elsewhere.POST_ROUTES)):
        found += [Operation(method, path, [], {} if method == "POST" else None, True) for path in paths]
    assert len(found) > 40
    return found


def _documented(document: Schema) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method, said in item.items():
            content = said.get("requestBody", {}).get("content", {})
            body = next((one["schema"] for one in content.values()), None)
            resolved = None if body is None else document["components"]["schemas"][body["$ref"].rpartition("/")[2]]
            yield Operation(method.upper(), path, said.get("parameters", []), resolved, "security" in said)


def sent(client: GoClient, operation: Operation, authorization: str | None, body: bytes | None = None) -> bytes:
    """The request, its body as JSON."""
    length = None if body is None else len(body)
    more = [] if authorization is None else [f"Authorization: {authorization}"]
    head = client.head(operation.method, operation.address, length, *more, "Content-Type: application/json")
    return head + (body or b"")


def test_a_wrong_method(shop: Shop, operations: list[Operation]) -> None:
    right: dict[str, set[str]] = {}
    for operation in operations:
        right.setdefault(operation.address, set()).add(operation.method)
    right |= {page: {"GET"} for page in ("/", "/docs", "/openapi.json")}
    for address, methods in right.items():
        for method in set(METHODS) - methods:
            reply = shop.go.exchange(shop.go.head(method, address, 0, f"Authorization: {token(shop.keys)}"))
            refused(reply, 405)
            assert set(reply.headers["allow"].split(", ")) == methods | {"OPTIONS"}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_address(shop: Shop, operations: list[Operation], method: str) -> None:
    """404, and in the body 400: octy-cli hides the message of any other."""
    for address in {operation.address for operation in operations} | {"/v1", "/schema", "/docs"}:
        client = shop.go
        reply = client.exchange(client.head(method, f"{address}/more/of/it", 0, f"Authorization: {token(shop.keys)}"))
        refused(reply, 404)
        assert json.loads(reply.content)["error"]["code"] == 400


@pytest.mark.parametrize("authorization", WRONG_KEYS)
def test_wrong_keys(shop: Shop, operations: list[Operation], authorization: str | None) -> None:
    """Before anything of the request is looked at; only what octy-cli and a monitor ask without keys needs none."""
    open_to_all = {operation.path for operation in operations if not operation.needs_keys}
    assert open_to_all == {
        "/healthz",
        "/livez",
        "/readyz",
        "/metrics",
        "/v1/admin/application/versioning",
        "/v1/admin/application/resources/format",
    }
    for operation in operations:
        if operation.needs_keys:
            body = None if operation.method == "GET" else b"no JSON"
            reply = shop.go.exchange(sent(shop.go, operation, authorization, body))
            refused(reply, 401)
            assert reply.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize("bad", BAD_BODIES, ids=lambda bad: bad.what)
def test_a_body_that_no_address_takes(shop: Shop, operations: list[Operation], bad: Any) -> None:
    for operation in operations:
        if operation.body is not None:
            headers = (f"Authorization: {token(shop.keys)}", f"Content-Type: {bad.media_type}")
            head = shop.go.head("POST", operation.address, len(bad.content), *headers)
            reply = shop.go.exchange(head + bad.content)
            refused(reply, 400 if operation.path in elsewhere.SERVICES else bad.status)


def test_fields_of_wrong_types_and_missing_fields(shop: Shop, operations: list[Operation]) -> None:
    """Each field of each body in turn is missing, or is anything but what it should be."""
    for operation in operations:
        fields = (operation.body or {}).get("properties", {})
        for field in fields:
            others = {name: _sensible(schema) for name, schema in fields.items() if name != field}
            wrong = [body for value in WRONG_VALUES for body in ({field: value}, others | {field: value})]
            for body in (others, *wrong):
                _answered(shop, sent(shop.go, operation, token(shop.keys), go_json(body)))


def test_wrong_parameters(shop: Shop, operations: list[Operation]) -> None:
    """Each query parameter and header in turn; those that are needed are missing too."""
    for operation in operations:
        for parameter in operation.parameters:
            for value in WRONG_PARAMETERS:
                _answered(shop, _with_parameter(shop.go, operation, parameter, value, token(shop.keys)))
            if parameter.get("required") and parameter["in"] == "query":
                refused(shop.go.exchange(sent(shop.go, operation, token(shop.keys))), 400)


def _answered(shop: Shop, request: bytes) -> None:
    """Anything may be accepted that is acceptable; what is not is refused as it should be, and nothing breaks."""
    reply = shop.go.exchange(request)
    assert reply.status < 500, (request, reply.content)
    if reply.status >= 400:
        error_lines(reply)
    else:
        assert reply.status in (200, 201)


def _with_parameter(client: GoClient, operation: Operation, parameter: Schema, value: str, keys: str) -> bytes:
    name = parameter["name"]
    headers = [f"Authorization: {keys}", "Content-Type: application/json"]
    path, address = parameter["in"] == "path", operation.address
    if path:
        address = operation.path.replace(f"{{{name}}}", value)
    elif parameter["in"] == "query":
        address += f"?{name}={value}"
    else:
        headers.append(f"{name}: {value}")
    length = 2 if operation.method == "POST" else None
    return client.head(operation.method, address, length, *headers) + (b"{}" if length else b"")


def _sensible(schema: Schema) -> object:
    """A value of a field's type, as far as it says."""
    kinds = [one.get("type") for one in schema.get("anyOf", [schema])]
    return {"string": "x", "integer": 1, "number": 1, "boolean": True, "array": [{}]}.get(kinds[0])
