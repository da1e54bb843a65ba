"""Routes that need no keys: versions, resource formats, health (wire.md 3.13, 3.14)."""

from typing import Annotated

from litestar import Router, get
from litestar.openapi import ResponseSpec
from litestar.params import QueryParameter

from octy.http.answers import Acknowledged, Json, encode, ok, success
from octy.http.errors import ErrorAnswer, error_content
from octy.http.requests import OctyRequest
from octy.http.wire.application import CLI_RELEASE, FORMATS, Versioning
from octy.http.wire.readiness import NotReady, ReadinessShown, Ready
from octy.model.errors import Problem, Refused
from octy.model.idempotency import Answer
from octy.model.values import shown

App = Annotated[str, QueryParameter(description="The client: `cli`.")]
Kind = Annotated[str, QueryParameter(name="type", description="`profiles`, `items` or `events`.")]


@get("/v1/admin/application/versioning")
async def show_versioning(app: App = "cli") -> Json[Versioning]:
    """Which version of a client is current?"""
    if app != "cli":
        raise Refused("There is no such application.", [Problem("app", shown(app), '"cli"')])
    return ok(Versioning(success("The current version of the command-line client.", 1), app, CLI_RELEASE))


@get("/v1/admin/application/resources/format")
async def show_format(type_query: Kind) -> Json[dict[str, str | int | bool]]:
    """Which columns does a CSV file of this kind have? A flat object with nothing else in it (wire.md 0.7)."""
    columns = FORMATS.get(type_query)
    if columns is None:
        raise Refused("There is no such resource.", [Problem("type", shown(type_query), " or ".join(FORMATS))])
    return ok(columns)


@get("/livez")
async def show_life() -> Json[Acknowledged]:
    """Does the server answer at all? Nothing else is looked at, the store least of all."""
    return ok(Acknowledged(success("The server answers.")))


@get("/healthz")
async def show_health() -> Json[Acknowledged]:
    """The same as `/livez`, by its older name."""
    return ok(Acknowledged(success("The server answers.")))


@get(
    "/readyz",
    responses={
        500: ResponseSpec(ErrorAnswer, description="The shape of every error."),
        503: ResponseSpec(NotReady, description="Not now; see Retry-After."),
    },
)
async def show_readiness(request: OctyRequest) -> Json[Ready]:
    """Does the server do what it is asked? If not yet, how far is it?"""
    readiness = request.octy.readiness()
    how_far = ReadinessShown.of(readiness)
    if readiness.is_ready:
        return ok(Ready(success("The server is ready."), how_far))
    error = error_content(503, f"The server is not ready: {readiness.words}.")
    return Json(Answer(503, encode(NotReady(error.request_meta, error.error, how_far))), {"Retry-After": "1"})


def router() -> Router:
    """The routes of this module."""
    return Router(
        "/", route_handlers=[show_versioning, show_format, show_life, show_health, show_readiness], tags=["Application"]
    )
