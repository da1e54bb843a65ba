"""Routes of algorithms' configurations (wire.md 3.3)."""

from collections.abc import Sequence

from litestar import Router, get, post
from litestar.params import JSONBody

from octy.http.answers import Json, counted, encode, ok, success
from octy.http.body import typed
from octy.http.idempotency import write
from octy.http.requests import OctyRequest
from octy.http.wire.algorithms import AlgorithmChange, AlgorithmList, shown
from octy.model.algorithms import AlgorithmConfiguration
from octy.model.idempotency import Answer


@get("/", sync_to_thread=True)
def show_algorithms(request: OctyRequest) -> Json[AlgorithmList]:
    """What is configured of the algorithms?"""
    found = request.reading.algorithms(request.account_id)
    return ok(_shown(found, f"{counted(len(found), 'algorithm')} configured."))


@post("/set", status_code=200, dto=typed(AlgorithmChange))
async def configure_algorithm(request: OctyRequest, data: JSONBody[AlgorithmChange]) -> Json[AlgorithmList]:
    """Replace what is configured of one algorithm: `churn`, or `rec`, which is kept for a neighbouring product."""

    def answer(configured: AlgorithmConfiguration) -> Answer:
        return Answer(200, encode(_shown([configured], "The algorithm's configuration is set.")))

    octy, account_id, configuration = request.octy, request.account_id, data.configuration()
    return await write(request, lambda once: octy.configure_algorithm(account_id, configuration, once), answer)


def router() -> Router:
    """The routes of this module."""
    return Router(
        "/v1/configurations/retention/algorithms",
        route_handlers=[show_algorithms, configure_algorithm],
        tags=["Algorithms"],
    )


def _shown(found: Sequence[AlgorithmConfiguration], message: str) -> AlgorithmList:
    return AlgorithmList(success(message, len(found)), [shown(one) for one in found])
