"""Routes of neighbouring products: the clients call them, and are told in the usual shape that they are not here."""

from collections.abc import Iterator

from litestar import Router, get, post
from litestar.handlers import HTTPRouteHandler

from octy.http.answers import Acknowledged, Json
from octy.http.requests import OctyRequest
from octy.model.errors import Refused

TEMPLATES = "The message template service"
GENERATION = "The content generation service"
RECOMMENDATIONS = "The recommendation service"

GET_ROUTES = {"/v1/retention/messaging/templates": TEMPLATES}
POST_ROUTES = {
    "/v1/retention/messaging/templates/create": TEMPLATES,
    "/v1/retention/messaging/templates/update": TEMPLATES,
    "/v1/retention/messaging/templates/delete": TEMPLATES,
    "/v1/retention/messaging/content/generate": GENERATION,
    "/v1/retention/recommendations": RECOMMENDATIONS,
}
SERVICES = GET_ROUTES | POST_ROUTES


async def refuse(request: OctyRequest) -> Json[Acknowledged]:
    """Not here."""
    raise Refused(f"{SERVICES[request.scope['path']]} is not part of this server.")


def router() -> Router:
    """The routes of this module."""
    return Router("/", route_handlers=list(_handlers()), include_in_schema=False)


def _handlers() -> Iterator[HTTPRouteHandler]:
    yield get(list(GET_ROUTES))(refuse)
    yield post(list(POST_ROUTES))(refuse)
