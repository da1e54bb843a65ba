"""The OpenAPI document and the page made from it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from octy.http.schema_outline import outline
from octy.service.clock import SystemClock
from tests.integration.http.test_every_route import ALL_ROUTES, KEYLESS
from tests.integration.http.world import World

FORMS = {"/metrics": "text/plain", "/v1/retention/datasets/file": "application/vnd.apache.parquet"}
"""What answers are that are no JSON."""
NEIGHBOURS = ("templates", "recommendations", "content")


@pytest.fixture(scope="module")
def document(world: World) -> dict[str, Any]:
    answer = world.client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    return dict(answer.json())


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def test_every_route_is_documented_but_those_that_only_refuse(document: dict[str, Any]) -> None:
    documented = {(method, path) for method, path, _ in operations(document)}
    pages = {("GET", path) for path in ("/", "/docs", "/openapi.json")}
    refusing = {(method, path) for method, path in ALL_ROUTES if any(word in path for word in NEIGHBOURS)}
    routed = {(method, path.replace(":str}", "}")) for method, path in ALL_ROUTES - pages - refusing}
    assert documented == routed


def test_every_operation_says_what_it_takes_gives_and_needs(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        assert operation["description"], path
        assert operation.get("security") == (None if path in KEYLESS else [{"keys": []}]), path
        assert operation["responses"]["default"]["content"]["application/json"]["schema"] == {
            "$ref": "#/components/schemas/ErrorAnswer"
        }
        (success,) = (status for status in operation["responses"] if status.startswith("2"))
        form = FORMS.get(path, "application/json")
        assert operation["responses"][success]["content"][form]["schema"]
        assert ("requestBody" in operation) == (method == "POST"), path
        named = {parameter["name"] for parameter in operation.get("parameters", ())}
        assert ("Idempotency-Key" in named) == (method == "POST" and "sandbox" not in path), path


def test_a_server_that_is_no_sandbox_has_a_document_too(tmp_path: Path, document: dict[str, Any]) -> None:
    """Without the sandbox's clock, and otherwise the same."""
    world = World(tmp_path, SystemClock())
    try:
        own = world.client.get("/openapi.json").json()
    finally:
        world.close()
    assert document["paths"].keys() - own["paths"].keys() == {"/v1/sandbox/clock"}
    schemas = document["components"]["schemas"].keys() - own["components"]["schemas"].keys()
    assert schemas == {"ClockMove", "ClockShown"}


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = set(re.findall(r"'\$ref': '#/components/schemas/([^']+)'", str(document)))
    assert references
    assert references <= set(document["components"]["schemas"])


def test_a_number_is_no_violation_for_being_an_integer_too(document: dict[str, Any]) -> None:
    assert "oneOf" not in str(document["components"])


def test_the_batch_route_shows_its_events(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    events = schemas["EventsToCreate"]["properties"]["events"]
    assert (events["minItems"], events["maxItems"]) == (1, 500)
    assert set(schemas["EventToCreate"]["required"]) == {"event_type", "profile_id"}


@pytest.mark.parametrize("path", ["/docs", "/"])
def test_the_page_works_without_a_network(world: World, path: str) -> None:
    answer = world.client.get(path)
    assert answer.headers["content-type"].startswith("text/html")
    page = answer.text
    for _, route, _ in operations(world.client.get("/openapi.json").json()):
        assert f"<code>{route}</code>" in page
    assert "<script" not in page
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page)


def test_an_outline_reads_like_the_json_that_it_describes() -> None:
    schemas: dict[str, Any] = {
        "Inner": {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]},
    }
    schema: dict[str, Any] = {
        "type": "object",
        "required": ["name", "inner"],
        "properties": {
            "name": {"type": "string", "description": "Its name."},
            "tags": {"type": "array", "items": {"type": "string"}},
            "data": {"anyOf": [{"type": "object", "additionalProperties": {"type": "number"}}, {"type": "null"}]},
            "inner": {"type": "array", "items": {"$ref": "#/components/schemas/Inner"}, "minItems": 1, "maxItems": 3},
        },
    }
    assert outline(schema, schemas).splitlines() == [
        "{",
        '  "name": string  # Its name.',
        '  "tags": [string, …]  # optional',
        '  "data": {key: number, …} or null  # optional',
        '  "inner": [  # 1 to 3',
        "    {",
        '      "x": integer',
        "    }",
        "  ]",
        "}",
    ]
