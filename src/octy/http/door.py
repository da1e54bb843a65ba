"""May a request come in, and is there room for it? Asked when its head has come, before anything else of it is read.

What a body becomes takes several times its bytes, and stays as long as the request waits for the writer. So bytes are
counted from the first that comes in until the answer begins, those of bodies that are not whole yet among them, and no
account may hold more than is left for the others. Whoever would come when there is no room, or while the queue is
full, is refused at once. What is only announced takes no room, but must fit. Nor may an account hold more than is
answered of it soon (`octy.http.pace`), so that whoever is let in does not wait for long.
"""

import time
from collections.abc import Iterable
from typing import cast

from litestar.enums import ScopeType
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.types.asgi_types import ReceiveMessage

from octy.http.answers import Json
from octy.http.attempts import Attempts
from octy.http.auth import Recognition
from octy.http.errors import on_exception, unavailable_answer
from octy.http.pace import REQUEST_BYTES, Pace
from octy.http.requests import OctyRequest
from octy.http.turns import Turns
from octy.model import limits
from octy.model.errors import TooManyWaiting, Unavailable, raise_any
from octy.service.octy import Octy
from octy.service.queue import Room

OPEN_AT_ALL_TIMES = ("/livez", "/healthz", "/readyz", "/metrics")

EVENTS_PATH = b"/v1/retention/events/create"

NOBODY = 0
"""Who asks without the keys of an account: refused by the application, before it reads a body."""

LARGE_BYTES = 8_192
"""Bodies of more wait for their turn (`octy.http.turns`)."""

FLOODED_SECONDS = 0.1
"""For how long after somebody was refused, for want of room, large bodies wait as bytes."""

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
        self._visits = Room()
        self._pace = Pace()
        self._turns = Turns(self._has_enough_inside)
        self._refused_at = -FLOODED_SECONDS
        """When somebody was, for want of room, by `time.monotonic`."""

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
        if _is_written_otherwise(scope["raw_path"].partition(b"?")[0]):
            nowhere = on_exception(OctyRequest(scope), NotFoundException())
            await nowhere.to_asgi_response()(scope, receive, send)
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
        return self._octy.requests_rate.is_limited

    def refusal(self, account_id: int, path: bytes, announced_bytes: int) -> Unavailable | None:
        """Why a request comes to nothing: too many came before it, or there is no room for its body."""
        if account_id == NOBODY:
            return None
        refusal: Unavailable | None = self._octy.requests_rate.refusal(account_id)
        if refusal is None and announced_bytes:
            if path.startswith(EVENTS_PATH):
                refusal = self._octy.events_rate.refusal(account_id)
            refusal = refusal or self.room_refusal(account_id) or self._bytes_refusal(account_id, announced_bytes)
        if refusal is None:
            self._octy.requests_rate.take(account_id, 1)
        return refusal

    def room_refusal(self, account_id: int) -> Unavailable | None:
        """Why the writer takes nothing of the account now."""
        return self._octy.refusal(account_id)

    def lets_in(self, account_id: int, count: int, *, is_first: bool) -> bool:
        """Whether there is room for so many bytes, the first of a request's or more; they come in, then."""
        if not self._inside.has(account_id, count, limits.BODY_BYTES_WAITING_MAX):
            return False
        self._inside.take(account_id, count)
        if is_first:
            self._visits.take(account_id, 1)
        return True

    def let_out(self, account_id: int, count: int) -> None:
        """A request's bytes are gone."""
        self._inside.give_back(account_id, count)
        self._visits.give_back(account_id, 1)

    async def turn(self, account_id: int) -> None:
        """Returns when a large body may be dealt with."""
        await self._turns.next(account_id)

    def ahead_bytes(self, account_id: int) -> int:
        """How much of an account is inside, in bytes that cost the same."""
        return self._inside.held(account_id) + REQUEST_BYTES * self._visits.held(account_id)

    def answered(self, account_id: int, ahead_bytes: int, seconds: float) -> None:
        """How long a request took, and how much was inside when its body had come."""
        self._pace.answered(account_id, ahead_bytes, seconds)

    def _bytes_refusal(self, account_id: int, announced_bytes: int) -> Unavailable | None:
        if announced_bytes > limits.BODY_BYTES_MAX:  # that is for the application to refuse
            return None
        requests = self._visits.held(account_id) + 1
        with_it_bytes = self.ahead_bytes(account_id) + announced_bytes
        if self._inside.has(account_id, announced_bytes, limits.BODY_BYTES_WAITING_MAX) and self._pace.has_room(
            account_id, requests, with_it_bytes
        ):
            return None
        self._refused_at = time.monotonic()
        return TooManyWaiting()

    def _has_enough_inside(self) -> bool:
        """Whether more has come than there is room for, and the writer has enough of it."""
        return self._octy.has_enough_waiting and time.monotonic() - self._refused_at < FLOODED_SECONDS


class Visit:
    """A request with a body, from its head until its answer begins."""

    def __init__(self, door: Door, account_id: int, scope: Scope) -> None:
        self._door = door
        self._account_id = account_id
        self._bytes = 0
        self._ahead_bytes = 0
        self._whole_since = 0.0
        self._is_refused = False
        cast("dict[str, object]", scope)["extensions"] = {_VISIT: self}

    def lets_in(self, count: int) -> bool:
        """Whether there is room for so many bytes more of the body; they are counted, then."""
        if self._is_refused:
            return False
        if not self._door.lets_in(self._account_id, count, is_first=not self._bytes):
            self._is_refused = True
            self.leave()
            return False
        self._bytes += count
        return True

    def receiving(self, receive: Receive) -> Receive:
        """The body as the application receives it: not at all, once it is refused, or could not be dealt with."""

        async def watched() -> ReceiveMessage:
            message = await receive()
            if self._is_refused:
                raise TooManyWaiting
            if message["type"] == "http.request" and message.get("body") and not message.get("more_body"):
                await self._whole()
            return message

        return watched

    async def _whole(self) -> None:
        """The body has come. If it is large it waits for its turn, and meanwhile others may have filled the queue."""
        self._ahead_bytes, self._whole_since = self._door.ahead_bytes(self._account_id), time.monotonic()
        if self._bytes > LARGE_BYTES:
            await self._door.turn(self._account_id)
        raise_any(self._door.room_refusal(self._account_id))

    def sending(self, send: Send) -> Send:
        """The answer as the application sends it."""

        async def watched(message: Message) -> None:
            if self._ahead_bytes:
                self._door.answered(self._account_id, self._ahead_bytes, time.monotonic() - self._whole_since)
                self._ahead_bytes = 0
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


def _is_written_otherwise(raw_path: bytes) -> bool:
    """Whether the path has an empty segment or a slash within one.

    Litestar would look for the plain path instead, and whoever stands before this server and judges addresses would
    have judged another one.
    """
    return b"//" in raw_path or b"%2f" in raw_path.lower()


def _visit_of(scope: Scope) -> Visit | None:
    return cast("Visit | None", (scope.get("extensions") or {}).get(_VISIT))
