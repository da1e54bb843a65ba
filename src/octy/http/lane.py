"""How do events come in without what a framework costs? By a lane of their own, in front of Litestar.

Of a single event's time in HTTP, Litestar's routing, request and response took more than a third. The lane takes a
request to one of the two addresses of events and does with it what Litestar's route does, in the same order and with
the same functions: who asks, how long is the body, what is in it, what becomes of it. Every other request, and one in
which anything is unusual about its address or its headers, is Litestar's.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import Receive, Scope, Send

from octy.http.answers import Json
from octy.http.auth import Recognition, require_role
from octy.http.body import read_json
from octy.http.errors import on_exception
from octy.http.receiving import digest, receive_body
from octy.http.requests import Asking, OctyRequest
from octy.http.routes import events
from octy.http.wording import NO_BODY, UNEXPECTED_FORM
from octy.model.errors import Refused
from octy.model.keys import Role
from octy.service.octy import Octy

_PLAIN_HOST = re.compile(rb"[\w.:-]*")
"""What nobody need look at twice; whether others are hosts is for Litestar to say."""


class Stop(NamedTuple):
    """What is read at an address, and what is done with it."""

    read: Callable[[bytes], Any]
    add: Callable[[Asking, Any], Awaitable[Json[Any]]]


STOPS = {
    f"{events.PATH}/create": Stop(events.read_event, events.add_event),
    f"{events.PATH}/create/batch": Stop(events.read_events, events.add_events),
}


class Lane:
    """An ASGI application that takes in events, and leaves all else to another one."""

    def __init__(self, app: Litestar, octy: Octy) -> None:
        self._app = app
        self._octy = octy
        self._recognition: Recognition = app.state.recognition

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, or lets answer."""
        stop = _stop(scope)
        if stop is None:
            await self._app(scope, receive, send)
            return
        try:
            answer = await self._answer(stop, scope, receive)
        except Exception as error:  # noqa: BLE001 - whatever it is, it has an answer
            answer = on_exception(OctyRequest(scope), error)
        await answer.to_asgi_response()(scope, receive, send)

    async def _answer(self, stop: Stop, scope: Scope, receive: Receive) -> Json[Any]:
        caller = self._recognition.caller_of(scope)
        require_role(caller, Role.INGEST)
        sent, body_sha256 = await _received(stop, scope, receive)
        return await stop.add(_Request(scope, self._octy, caller.account_id, body_sha256), sent)


class _Request:
    """A request of which the account is known and the body read."""

    def __init__(self, scope: Scope, octy: Octy, account_id: int, body_sha256: bytes) -> None:
        self.scope = scope
        self.octy = octy
        self.account_id = account_id
        self.body_sha256 = body_sha256


async def _received(stop: Stop, scope: Scope, receive: Receive) -> tuple[Any, bytes]:
    """What is read of the body, and its digest; the body itself is not kept while the request waits."""
    headers = scope["headers"]
    body = await receive_body(headers, receive)
    if not body:
        raise Refused(UNEXPECTED_FORM, [NO_BODY])
    return read_json(headers, body, stop.read), digest(headers, body)


def _stop(scope: Scope) -> Stop | None:
    """What the lane does with the request; None where that is Litestar's."""
    if scope["type"] != ScopeType.HTTP or scope["method"] != "POST":
        return None
    if any(name == b"host" and not _PLAIN_HOST.fullmatch(value) for name, value in scope["headers"]):
        return None
    return STOPS.get(scope["path"])
