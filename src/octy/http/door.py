"""Can a request come in, and is there room for it? None but questions about the server itself can while it starts.

A request's body is counted from its first byte until its answer begins, and all are bounded.
What a body becomes takes several times its bytes, and stays as long as the request waits for the writer. So bytes are
counted where they come in, those of bodies that are not whole yet among them: whoever sends the first byte that is too
much is refused at once, before anything of it is decoded, and so is every body that comes while the writer's queue is
full. A request without a body takes no room.
"""

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.types.asgi_types import ReceiveMessage

from octy.http.answers import Json
from octy.http.errors import unavailable_answer
from octy.model import limits
from octy.model.errors import Unavailable
from octy.service.octy import Octy

OPEN_AT_ALL_TIMES = ("/healthz", "/readyz", "/metrics")


class Door:
    """An ASGI application that lets another one have what it can do now, and as many bodies as there is room for.

    Everything happens in the event loop's thread.
    """

    def __init__(self, app: ASGIApp, octy: Octy) -> None:
        self._app = app
        self._octy = octy
        self.bytes_inside = 0
        """What the bodies of all requests that are not answered yet hold by now."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the application answer, and takes note of what it receives meanwhile."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        if not self._octy.has_started and scope["path"] not in OPEN_AT_ALL_TIMES:
            starting = Unavailable(f"The server is starting: {self._octy.readiness().words}. Send the request again.")
            await Json(*unavailable_answer(starting)).to_asgi_response()(scope, receive, send)
            return
        visit = _Visit(self, receive, send)
        try:
            await self._app(scope, visit.receive, visit.send)
        finally:
            visit.leave()

    def admit(self, count: int) -> None:
        """Lets so many bytes in; Unavailable where there is no room for them."""
        if self.bytes_inside + count > limits.BODY_BYTES_WAITING_MAX:
            raise Unavailable("Too many requests are waiting. Nothing was stored; send the request again.")
        self._octy.check_room(0)
        self.bytes_inside += count


class _Visit:
    """One request, and how much of its body has come in."""

    def __init__(self, door: Door, receive: Receive, send: Send) -> None:
        self._door = door
        self._receive = receive
        self._send = send
        self._bytes = 0

    async def receive(self) -> ReceiveMessage:
        """The next piece of the body."""
        message = await self._receive()
        if message["type"] == "http.request" and (count := len(message["body"])):
            self._door.admit(count)
            self._bytes += count
        return message

    async def send(self, message: Message) -> None:
        """A piece of the answer; once there is one, nobody needs the body."""
        self.leave()
        await self._send(message)

    def leave(self) -> None:
        """The body's bytes are given back."""
        self._door.bytes_inside -= self._bytes
        self._bytes = 0
