"""How are requests answered that never reach the application? In the error shape too, and at once.

A connection refuses what is no HTTP, a head that is too long or too slow, a body that is too slow, and, before anything
of the body is looked at, whatever the door has no room for. That costs a tenth of what a request costs that reaches the
application, so that a server which has ten times too much to do can say so and still do what it can.

The server passes `served_by(door, connections)` to uvicorn: `Config(app, http=served_by(door, connections))`.
"""

import asyncio
import time
from array import array
from collections.abc import Iterable
from contextlib import suppress
from fcntl import ioctl
from functools import lru_cache
from http import HTTPStatus
from math import inf
from termios import FIONREAD
from typing import Any, ClassVar, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from litestar.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from octy.http.answers import Json
from octy.http.connections import Connections
from octy.http.door import OPEN_AT_ALL_TIMES, Door, Visit, leave
from octy.http.errors import error_answer, unavailable_answer, unavailable_status
from octy.http.hearing import BUFFER_BYTES, Hearer, Receiver
from octy.model import limits
from octy.model.errors import Unavailable

URL_TOO_LONG = f"The request's address holds more than {limits.URL_BYTES_MAX} bytes."
HEAD_TOO_LONG = f"The request's headers hold more than {limits.HEAD_BYTES_MAX} bytes."
HEAD_TOO_SLOW = f"The request's headers did not come within {limits.HEAD_SECONDS_MAX} seconds."
BODY_TOO_SLOW = f"The request's body did not come within {limits.BODY_SECONDS_MAX} seconds."
NO_HTTP = "What came is no HTTP request."
NO_HOST = "The request's headers name no host, or more than one; expected one line: Host: its name."
NO_SUCH_CODING = "The request's body comes in a transfer coding that this server does not understand; expected chunked."
TOO_MANY_CONNECTIONS = "Too many connections are open. Nothing was stored; send the request again."

END_OF_HEAD = b"\r\n\r\n"
HEAD_LOOKED_AT_BYTES = 4_096
"""A head's end is looked for in so many bytes; where it is beyond, the parser gets all that has come."""

_OPEN_PATHS = tuple(path.encode() for path in OPEN_AT_ALL_TIMES)


def served_by(door: Door, connections: Connections) -> Any:  # noqa: ANN401 - uvicorn wants a class, and calls it
    """What makes the protocols of a server with this door."""
    kind = type("OctyHttpProtocol", (OctyHttpProtocol,), {"door": door, "open": connections})
    buffer = memoryview(bytearray(BUFFER_BYTES))

    def made(**asked: Any) -> Receiver:  # noqa: ANN401 - what uvicorn passes on
        return Receiver(kind(**asked), buffer)

    return made


class OctyHttpProtocol(HttpToolsProtocol, Hearer):
    """uvicorn's protocol with an end to what may come and how long it may take, and with our error answers."""

    door: ClassVar[Door]
    open: ClassVar[Connections]

    _is_turned_away = False
    """Whether it is one connection too many: its next request is refused, and it is closed."""
    _reads_head = False
    _head_bytes = 0
    _body_bytes = 0
    """Of the last body, in the bytes that are being parsed now."""
    _expects_head = True
    """Whether the next bytes belong to a head, or begin one."""
    _skips_body = False
    """Whether what comes belongs to a request that was refused."""
    _passed_bytes = 0
    """How much of its body is still to come; 0 also where nobody can say."""
    _closes_after_body = False
    _visit: Visit | None = None
    _due = inf
    """When what is being received must have come, by `time.monotonic`."""
    _unsent_bytes = 0
    """Of answers, since they became so many or so few."""
    _unsent_since = 0.0

    # What the transport tells

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody is there."""
        super().connection_made(transport)
        self.timeout_keep_alive = limits.QUIET_SECONDS_MAX
        self._due = time.monotonic() + limits.HEAD_SECONDS_MAX
        self._is_turned_away = not self.open.admit(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there any more."""
        self.open.gone(self)
        for cycle, _ in self.pipeline:  # nobody will begin with these
            leave(cast("Scope", cycle.scope))
        super().connection_lost(exc)

    def received(self, data: memoryview) -> None:
        """Bytes from the client, which are others as soon as this returns.

        A head is parsed by itself, so that what follows need not be looked at where the request is refused.
        """
        while data and not self.transport.is_closing():
            if self._passed_bytes:
                count = min(len(data), self._passed_bytes)
                self._pass_over(count)
            else:
                count = len(data)
                if self._expects_head and (end := bytes(data[:HEAD_LOOKED_AT_BYTES]).find(END_OF_HEAD)) >= 0:
                    count = end + len(END_OF_HEAD)
                self._parse(data[:count])
            data = data[count:]

    def _parse(self, data: memoryview) -> None:
        self._body_bytes = 0
        self._unset_keepalive_if_required()
        with suppress(HttpParserUpgrade):  # who would speak another protocol is answered in this one
            try:
                self.parser.feed_data(data)
            except HttpParserError:
                self.open.noise.add()
                self._hang_up(400, NO_HTTP)
                return
        if not self._reads_head:
            return
        begun = bytes(data).rpartition(END_OF_HEAD)[2]  # before it, other requests end
        self._head_bytes += max(len(begun) - self._body_bytes, 0)
        if self._head_bytes > limits.HEAD_BYTES_MAX + limits.URL_BYTES_MAX:
            self._hang_up(431, HEAD_TOO_LONG)
        elif len(self.url) > limits.URL_BYTES_MAX:
            self._hang_up(414, URL_TOO_LONG)

    def _pass_over(self, count: int) -> None:
        """So many bytes of a body are not looked at. The parser, which waits for them, makes way for another."""
        self._passed_bytes -= count
        if not self._passed_bytes:
            self.parser = HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
            self.on_message_complete()

    # What the parser tells

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._expects_head = True
        self._reads_head, self._head_bytes = True, 0
        self._due = time.monotonic() + limits.HEAD_SECONDS_MAX

    def on_headers_complete(self) -> None:
        """A request's headers have ended."""
        self._reads_head = self._expects_head = False
        if self.transport.is_closing():
            self._skips_body = True
            return
        if len(self.url) > limits.URL_BYTES_MAX:
            self._hang_up(414, URL_TOO_LONG)
            return
        if sum(len(name) + len(value) for name, value in self.headers) > limits.HEAD_BYTES_MAX:
            self._hang_up(431, HEAD_TOO_LONG)
            return
        if not _names_its_host(self.headers, self.parser.get_http_version()):
            self._hang_up(400, NO_HOST)
            return
        if not _comes_plain_or_chunked(self.headers):
            self._hang_up(501, NO_SUCH_CODING)
            return
        self._due = time.monotonic() + limits.BODY_SECONDS_MAX
        self.open.busy(self)
        refusal = self._refusal()
        if refusal is None:
            super().on_headers_complete()
        else:
            self._refuse(refusal)

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        self._body_bytes += len(body)
        self._passed_bytes = max(self._passed_bytes - len(body), 0)
        if self._skips_body or self.cycle.response_complete:
            return
        if self._visit is None or self._visit.lets_in(len(body)):
            super().on_body(body)
        else:
            self.cycle.message_event.set()  # the application is told

    def on_message_complete(self) -> None:
        """A request is whole."""
        self._due = inf
        self._expects_head = True
        if not self._skips_body:
            super().on_message_complete()
            return
        self._skips_body = False
        self._due = time.monotonic() + self.timeout_keep_alive
        self._rest()
        if self._closes_after_body:
            self.transport.close()

    def on_response_complete(self) -> None:
        """An answer is given: uvicorn's call."""
        super().on_response_complete()
        self._rest()

    # What the server asks

    def look(self, now: float) -> None:
        """Hangs up where nothing is to be expected any more: a head, a body or a reader that is too slow."""
        unsent_bytes = self.transport.get_write_buffer_size()
        if unsent_bytes != self._unsent_bytes or not unsent_bytes:
            self._unsent_bytes, self._unsent_since = unsent_bytes, now
        elif now - self._unsent_since >= limits.ANSWER_SECONDS_MAX:
            self.transport.abort()
        if now < self._due or self.flow.read_paused or self.transport.is_closing():
            return
        if self._reads_head:
            self._hang_up(408, HEAD_TOO_SLOW)
        elif self._is_answered():
            self._close_unless_heard()
        else:
            self._hang_up(408, BODY_TOO_SLOW)

    def has_unread(self) -> bool:
        """Whether bytes have come that the loop was too busy to read."""
        count = array("i", [0])
        ioctl(self.transport.get_extra_info("socket").fileno(), FIONREAD, count)
        return count[0] > 0

    def give_way(self) -> None:
        """Another connection needs its place, and nothing is going on here."""
        self.transport.close()

    def timeout_keep_alive_handler(self) -> None:
        """Closes a kept connection on which nothing has come for long: uvicorn's call."""
        self._close_unless_heard()

    # What is refused

    def _refusal(self) -> Unavailable | None:
        """Why the request whose head has come is not let in; where it is, its body's bytes are counted."""
        self._visit = None
        path = self.url.partition(b"?")[0]
        if path in _OPEN_PATHS:
            return None
        if self._is_turned_away:
            return Unavailable(TOO_MANY_CONNECTIONS)
        announced_bytes = _announced_bytes(self.headers)
        if not announced_bytes and not self.door.counts_requests:
            return None
        account_id = self.door.account_id(self.headers)
        refusal = self.door.refusal(account_id, path, announced_bytes)
        if refusal is None and announced_bytes:
            self._visit = Visit(self.door, account_id, cast("Scope", self.scope))
        return refusal

    def _refuse(self, refusal: Unavailable) -> None:
        """Answers at once, or behind the requests that are not answered yet; the body is passed over."""
        self._skips_body = True
        self._passed_bytes = _told_bytes(self.headers)
        if self.flow.write_paused or not self._is_answered():
            app, self.app = self.app, cast("Any", Json(*unavailable_answer(refusal)).to_asgi_response())
            super().on_headers_complete()
            self.app = app
            return
        closes = self._is_turned_away or self.expect_100_continue or not self.parser.should_keep_alive()
        self._write(
            unavailable_status(refusal), str(refusal), closes=closes, retry_after_seconds=refusal.retry_after_seconds
        )
        self._closes_after_body = closes
        if self.expect_100_continue:  # nobody can say whether the body will come
            self.transport.close()

    def _hang_up(self, status: int, reason: str) -> None:
        """Says why, where nothing else is being said, and closes."""
        self._skips_body = True
        if self.transport.is_closing():
            return
        if not self.pipeline and (self._is_answered() or not self.cycle.response_started):
            self._write(status, reason, closes=True)
        self.transport.close()

    def _write(self, status: int, reason: str, *, closes: bool, retry_after_seconds: int = 0) -> None:
        head, rest = _encoded(status, reason, closes, retry_after_seconds)
        date = (b"%s: %s\r\n" % header for header in self.server_state.default_headers)
        self.transport.write(b"".join((head, *date, rest)))

    def _close_unless_heard(self) -> None:
        """Closes, but not upon a request that has come: that would go unanswered."""
        if not self.transport.is_closing() and not self.has_unread():
            self.transport.close()

    def _is_answered(self) -> bool:
        """Whether all requests are, but for the one whose head has just come."""
        return self.cycle is None or self.cycle.response_complete

    def _rest(self) -> None:
        if self._is_answered() and not self.pipeline:
            self.open.rest(self)


def _names_its_host(headers: Iterable[tuple[bytes, bytes]], version: str) -> bool:
    """Once, as HTTP/1.1 asks for (RFC 9112, 3.2); before it, nobody needed to."""
    return sum(name == b"host" for name, _ in headers) == 1 or version == "1.0"


def _comes_plain_or_chunked(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether the body is as it was meant, without one of the codings of RFC 9112, 6.1, on the way."""
    codings = [value.strip().lower() for name, value in headers if name == b"transfer-encoding"]
    return codings in ([], [b"chunked"])


def _announced_bytes(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """How long the body is going to be, one byte at least where nobody says; 0 where there is none."""
    for name, value in headers:
        if name == b"content-length":
            return int(value)
        if name == b"transfer-encoding":
            return 1
    return 0


def _told_bytes(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """How long the body is going to be, where that is said; 0 where it is not."""
    return next((int(value) for name, value in headers if name == b"content-length"), 0)


@lru_cache(maxsize=64)
def _encoded(status: int, reason: str, closes: bool, retry_after_seconds: int) -> tuple[bytes, bytes]:
    """An answer in two parts; more headers may come between."""
    body = error_answer(status, reason).body
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", "content-type: application/json"]
    lines.append(f"content-length: {len(body)}")
    if retry_after_seconds:
        lines.append(f"retry-after: {retry_after_seconds}")
    if closes:
        lines.append("connection: close")
    return "\r\n".join([*lines, ""]).encode(), b"\r\n" + body
