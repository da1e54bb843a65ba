"""What does a request get that is still under way when the server's patience ends? The error shape, like any other."""

import asyncio

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from octy.http.answers import Json
from octy.http.errors import unavailable_answer
from octy.model.errors import Unavailable


class Ending:
    """An ASGI application that answers for another one whose work is cancelled."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the application answer, as long as it may."""
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except asyncio.CancelledError:
            if begun or scope["type"] != ScopeType.HTTP:
                raise
            stopping = Unavailable("The server is stopping. Send the request again.")
            await Json(*unavailable_answer(stopping)).to_asgi_response()(scope, receive, send)
