"""Routes of a sandbox's clock (T3). Outside a sandbox they do not exist."""

from litestar import Router, get, post
from litestar.params import JSONBody

from octy.http.answers import Json, encode, ok, success
from octy.http.body import typed
from octy.http.idempotency import write
from octy.http.requests import OctyRequest
from octy.http.wire.clock import ClockMove, ClockShown
from octy.model.errors import Problem, Refused
from octy.model.idempotency import Answer
from octy.model.instants import CREATED_AT_FORM, iso, parse_instant
from octy.model.values import shown


@get("/")
async def show_clock(request: OctyRequest) -> Json[ClockShown]:
    """What time is it in the sandbox?"""
    return ok(ClockShown(iso(request.octy.clock.now_us()), success("The sandbox's clock.", 1)))


@post("/", status_code=200, dto=typed(ClockMove))
async def move_clock(request: OctyRequest, data: JSONBody[ClockMove]) -> Json[ClockShown]:
    """Move the clock forward. Everything that falls due on the way is done and stored when the answer comes (T6)."""
    try:
        now_us = parse_instant(data.now)
    except ValueError:
        raise Refused("That is no instant.", [Problem("now", shown(data.now), CREATED_AT_FORM)]) from None

    def answer(now_us: int) -> Answer:
        return Answer(200, encode(ClockShown(iso(now_us), success("The sandbox's clock is moved.", 1))))

    return await write(request, lambda _: request.octy.move_clock(now_us), answer)


def router() -> Router:
    """The routes of this module."""
    return Router("/v1/sandbox/clock", route_handlers=[show_clock, move_clock], tags=["Sandbox"])
