"""May a request come in, and is there room for it? Asked when its head has come, before anything else of it is read.

What a body becomes takes several times its bytes, and stays as long as the request waits for the writer. So bytes are
counted from the first that comes in until the answer begins, those of bodies that are not whole yet among them, and no
account may hold more than is left for the others. Whoever would come when there is no room, or while the queue is
full, is refused at once. What is only announced takes no room, but must fit.
"""

from collections.abc import Iterable
from typing import cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.types.asgi_types import ReceiveMessage

from octy.http.answers import Json
from octy.http.attempts import Attempts
from octy.http.auth import Recognition
from octy.http.errors import unavailable_answer
from octy.model import limits
from octy.model.errors import Unavailable
from octy.service.octy import Octy
from octy.service.queue import Room

OPEN_AT_ALL_TIMES = ("/livez", "/healthz", "/readyz", "/metrics")

EVENTS_PATH = b"/v1/retention/events/create"

NOBODY = 0
"""Who asks without the keys of an account: refused by the application, before it reads a body."""

_VISIT = "octy.visit"
"""The ASGI extension by which a connection hands the application its visit."""


class Door:
    """An ASGI application that lets another one have what it can do now, and as many bodies as there is room for.

    Connections (`octy.http.protocol`) ask it what to let in. Everything happens in the event loop's thread.
    """

    def __init__(self, app: ASGIApp, octy: Octy) -> None:
        self._app = app
        self._octy = octy
        self._recognition = Recognition(octy, Attempts())
        self._inside = Room()

    @property
    def bytes_inside(self) -> int:
        """What the bodies of all requests that are not answered yet hold by now."""
        return self._inside.taken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the application answer; once it begins to, nobody needs the body."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        if not self._octy.has_started and scope["path"] not in OPEN_AT_ALL_TIMES:
            starting = Unavailable(f"The server is starting: {self._octy.readiness().words}. Send the request again.")
            await Json(*unavailable_answer(starting)).to_asgi_response()(scope, receive, send)
            return
        visit = _visit_of(scope)
        if visit is None and scope["method"] == "POST":  # no connection of ours has counted it
            visit = Visit(self, self.account_id(scope["headers"]), scope)
        if visit is None:
            await self._app(scope, receive, send)
            return
        try:
            await self._app(scope, visit.receiving(receive), visit.sending(send))
        finally:
            visit.leave()

    def account_id(self, headers: Iterable[tuple[bytes, bytes]]) -> int:
        """Whose keys a request carries; `NOBODY` where it is for the application to say what is wrong with them."""
        if not self._octy.has_started:
            return NOBODY
        caller = self._recognition.recognized(headers)
        return NOBODY if caller is None else caller.account_id

    @property
    def counts_requests(self) -> bool:
        """Whether there may be only so many of an account, with a body or without."""
        return bool(self._octy.requests_rate.per_second)

    def check(self, account_id: int, path: bytes, announced_bytes: int) -> None:
        """Unavailable where a request comes to nothing: too many came before it, or there is no room for its body."""
        if account_id == NOBODY:
            return
        if announced_bytes:
            if path.startswith(EVENTS_PATH):
                self._octy.events_rate.check(account_id)
            self.check_room(account_id)
            if announced_bytes <= limits.BODY_BYTES_MAX:  # what is too long is for the application to refuse
                self._check_bytes(account_id, announced_bytes)
        self._octy.requests_rate.take(account_id, 1)

    def check_room(self, account_id: int) -> None:
        """Unavailable where the writer takes nothing of the account now."""
        self._octy.check_room(account_id)

    def let_in(self, account_id: int, count: int) -> None:
        """So many bytes come in; Unavailable where there is no room for them."""
        self._check_bytes(account_id, count)
        self._inside.take(account_id, count)

    def let_out(self, account_id: int, count: int) -> None:
        """So many bytes are gone."""
        self._inside.give_back(account_id, count)

    def _check_bytes(self, account_id: int, count: int) -> None:
        if not self._inside.has(account_id, count, limits.BODY_BYTES_WAITING_MAX):
            raise Unavailable("Too many requests are waiting. Nothing was stored; send the request again.")


class Visit:
    """A request with a body, from its head until its answer begins."""

    def __init__(self, door: Door, account_id: int, scope: Scope) -> None:
        self._door = door
        self._account_id = account_id
        self._bytes = 0
        self._refusal: Unavailable | None = None
        cast("dict[str, object]", scope)["extensions"] = {_VISIT: self}

    def lets_in(self, count: int) -> bool:
        """Whether there is room for so many bytes more of the body; they are counted, then."""
        if self._refusal is not None:
            return False
        try:
            self._door.let_in(self._account_id, count)
        except Unavailable as refusal:
            self._refusal = refusal
            self.leave()
            return False
        self._bytes += count
        return True

    def receiving(self, receive: Receive) -> Receive:
        """The body as the application receives it: not at all, once it is refused, or could not be dealt with."""

        async def watched() -> ReceiveMessage:
            message = await receive()
            if self._refusal is not None:
                raise self._refusal
            if message["type"] == "http.request" and message.get("body") and not message.get("more_body"):
                self._door.check_room(self._account_id)
            return message

        return watched

    def sending(self, send: Send) -> Send:
        """The answer as the application sends it."""

        async def watched(message: Message) -> None:
            self.leave()
            await send(message)

        return watched

    def leave(self) -> None:
        """The body's bytes are given back."""
        if self._bytes:
            self._door.let_out(self._account_id, self._bytes)
            self._bytes = 0


def leave(scope: Scope) -> None:
    """A request will not be answered; its body's bytes are given back."""
    if (visit := _visit_of(scope)) is not None:
        visit.leave()


def _visit_of(scope: Scope) -> Visit | None:
    return cast("Visit | None", (scope.get("extensions") or {}).get(_VISIT))
