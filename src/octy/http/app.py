"""The application: every route of wire.md that segmentation needs, over one Octy."""

from typing import Any

from litestar import Litestar, Request, Router
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin
from litestar.routes import HTTPRoute

from octy.http import openapi
from octy.http.attempts import Attempts
from octy.http.auth import Recognition, authorize
from octy.http.errors import on_exception
from octy.http.queries import check_given_once
from octy.http.requests import OctyRequest
from octy.http.routes import (
    accounts,
    algorithms,
    application,
    churn,
    clock,
    datasets,
    deliveries,
    elsewhere,
    event_types,
    events,
    items,
    metrics,
    profile_views,
    profiles,
    security,
    segments,
    trainings,
    webhooks,
)
from octy.http.watch import RequestCounts
from octy.model import limits
from octy.service.octy import Octy

ACCOUNT_ROUTES = (
    accounts,
    algorithms,
    event_types,
    segments,
    profiles,
    profile_views,
    events,
    items,
    datasets,
    webhooks,
    deliveries,
    churn,
    trainings,
    elsewhere,
)


def put_to_work(app: Litestar, octy: Octy, attempts: Attempts | None = None) -> Litestar:
    """An idle application, over an Octy from now on. Starting and stopping that is left to the caller."""
    app.state.update(
        {"octy": octy, "recognition": Recognition(octy, attempts or Attempts()), "requests": RequestCounts()}
    )
    return app


def idle_app(security_contact: str = "", *, is_sandbox: bool = False) -> Litestar:
    """The ASGI application, over no Octy yet: to make it takes a tenth of a second.

    `security_contact` is a URI, or empty: then there is no such page.
    """
    routes = [*ACCOUNT_ROUTES, clock] if is_sandbox else ACCOUNT_ROUTES
    for_accounts = Router(
        "/",
        route_handlers=[_without_options(module.router()) for module in routes],
        before_request=_enter,
        security=[{openapi.KEYS: []}],
    )
    return _Application(
        [
            for_accounts,
            application.router(),
            metrics.router(),
            *([security.router(security_contact)] if security_contact else []),
        ],
        request_class=OctyRequest,
        request_max_body_size=limits.BODY_BYTES_MAX,
        return_dto=None,
        exception_handlers={Exception: on_exception},
        openapi_config=openapi.openapi_config(),
        logging_config=None,
    )


class _Application(Litestar):
    """Litestar, which would load what speaks Pydantic's and attrs' types wherever these are installed."""

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]


async def _enter(request: Request[Any, Any, Any]) -> None:
    """What is judged of each request of an account before its route is asked."""
    await authorize(request)
    check_given_once(request)


def _without_options(router: Router) -> Router:
    """The router without Litestar's OPTIONS, which is made of the first method of an address and kept when others come.

    Whoever takes the router in makes it anew, of all methods.
    """
    for route in router.routes:
        if isinstance(route, HTTPRoute):
            route.route_handlers = [one for one in route.route_handlers if "OPTIONS" not in one.http_methods]
    return router
