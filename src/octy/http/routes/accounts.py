"""Routes of the account: do the keys fit, and what is configured (wire.md 3.1, 3.2)."""

from litestar import Router, get, post
from litestar.params import JSONBody

from octy.http.answers import Acknowledged, Json, encode, ok, success
from octy.http.auth import FOR_ANY_KEYS
from octy.http.body import typed
from octy.http.idempotency import write
from octy.http.requests import OctyRequest
from octy.http.wire.accounts import AccountShown, ConfigurationChange, shown_receiver, shown_stop
from octy.model.idempotency import Answer
from octy.service.accounts import Configured


@get("/v1/account/authenticate", opt=FOR_ANY_KEYS)
async def authenticate() -> Json[Acknowledged]:
    """Do the keys belong to an account?"""
    return ok(Acknowledged(success("The keys belong to an account.")))


@get("/v1/configurations/account", sync_to_thread=True)
def show_configuration(request: OctyRequest) -> Json[AccountShown]:
    """What is the account's configuration?"""
    reading, account_id = request.reading, request.account_id
    configured = Configured(
        reading.account(account_id), reading.receiver(account_id), reading.webhook_stops(account_id)
    )
    return ok(_shown(configured, "The account's configuration."))


@post("/v1/configurations/account/set", status_code=200, dto=typed(ConfigurationChange))
async def configure(request: OctyRequest, data: JSONBody[ConfigurationChange]) -> Json[AccountShown]:
    """Change the account's configuration: contact and webhook URL."""
    octy, account_id = request.octy, request.account_id
    configuration = data.applied_to(request.reading.account(account_id).configuration)

    def answer(configured: Configured) -> Answer:
        return Answer(200, encode(_shown(configured, "The account's configuration is set.")))

    return await write(request, lambda once: octy.configure(account_id, configuration, once), answer)


def router() -> Router:
    """The routes of this module."""
    return Router("/", route_handlers=[authenticate, show_configuration, configure], tags=["Account"])


def _shown(configured: Configured, message: str) -> AccountShown:
    return AccountShown(
        success(message, 1),
        configured.account.configuration,
        shown_receiver(configured.receiver),
        [shown_stop(one) for one in configured.stops],
    )
