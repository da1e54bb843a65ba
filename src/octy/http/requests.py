"""Who asks, and whom? A request with Octy and the account at hand."""

from typing import Protocol, cast

from litestar import Request
from litestar.datastructures import State
from litestar.datastructures.url import URL
from litestar.exceptions import HTTPException
from litestar.types import Scope

from octy.http.receiving import digest
from octy.model.keys import Caller
from octy.service.octy import Octy
from octy.service.reading import Reading


class Asking(Protocol):
    """What a route that changes something needs of its request, by whichever way it came."""

    @property
    def scope(self) -> Scope:
        """The request in ASGI's words."""

    @property
    def octy(self) -> Octy:
        """What the request talks to."""

    @property
    def account_id(self) -> int:
        """Whose request it is."""

    @property
    def body_sha256(self) -> bytes:
        """The digest of its body, if it has the header that asks for one (`receiving.digest`)."""


class NoHost(HTTPException):
    """The request's header `Host` names none."""

    status_code = 400


class OctyRequest(Request[Caller, None, State]):
    """A request of an account."""

    body_sha256 = b""

    @property
    def url(self) -> URL:
        """Its address in full, of which the header `Host` is a part."""
        try:
            return super().url
        except ValueError:
            raise NoHost("The header Host names no host.") from None

    @property
    def octy(self) -> Octy:
        """What the request talks to."""
        return cast("Octy", self.app.state.octy)

    @property
    def reading(self) -> Reading:
        """What the request asks."""
        return self.octy.reading

    def let_body_go(self, body: bytes) -> None:
        """The body is read, and need not be kept while the request waits; Litestar would keep it twice."""
        self.body_sha256 = digest(self.scope["headers"], body)
        self._body = self._connection_state.body = b""

    @property
    def account_id(self) -> int:
        """Whose request it is; set by `octy.http.auth`."""
        return self.user.account_id
