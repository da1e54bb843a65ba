"""A webhook receiver on the loopback that remembers every byte, and answers as it is told.

It also counts connections, so that a test can say that none was made.
"""

import socket
import struct
import threading
from collections import Counter, deque
from collections.abc import Callable
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from tests.acceptance.processes import PATIENCE_SECONDS, wait_for

RESETS, ANSWERS_TOO_LATE, HANGS = range(3)
"""In the place of a status. It reads everything and resets the connection; or ends it first and answers 200 then, which
nobody hears; or says nothing for as long as anybody listens."""
SUCCESSES = range(200, 300)
_AT_ONCE = struct.pack("ii", 1, 0)
"""Lingering for no time, which makes a reset of the end of a connection."""


class Delivery(NamedTuple):
    """A webhook as it arrived."""

    path: str
    headers: Message
    body: bytes

    @property
    def webhook_id(self) -> str:
        """H4's id."""
        return self.headers["webhook-id"] or ""


class Receiver:
    """Listens from its making on."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.connections = 0
        self.statuses: deque[int] = deque()
        """What the next deliveries are answered; afterwards 204."""
        self.moods: Callable[[], int] | None = None
        """What else they are answered, one by one: a status, or what stands in the place of one."""
        self.accepted: Counter[str] = Counter()
        """How often each webhook was answered 2xx, by its id."""
        self.answers = threading.Event()
        """While it is cleared, deliveries are read and not answered."""
        self.answers.set()
        receiver = self

        class Listening(ThreadingHTTPServer):
            daemon_threads = True

            def get_request(self) -> tuple[socket.socket, Any]:
                accepted = super().get_request()
                receiver.connections += 1
                return accepted

            def handle_error(self, *_: object) -> None:
                """A sender that was killed is no error of ours."""

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.deliveries.append(Delivery(self.path, self.headers, body))
                receiver.answers.wait(PATIENCE_SECONDS)
                self._answer(receiver.next_status())

            def _answer(self, status: int) -> None:
                self.close_connection = status in (RESETS, HANGS)
                if status == RESETS:
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
                    socket.close(self.connection.detach())
                elif status == HANGS:
                    self.connection.settimeout(PATIENCE_SECONDS)
                    self.rfile.read(1)
                elif status == ANSWERS_TOO_LATE:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self._say(200)
                else:
                    self._say(status)
                    if status in SUCCESSES:
                        receiver.accepted[self.headers["webhook-id"]] += 1

            def _say(self, status: int) -> None:
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = Listening(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        """What the account's `webhook_url` is set to."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/octy?from=acceptance"

    def next_status(self) -> int:
        """What the next delivery is answered."""
        if self.statuses:
            return self.statuses.popleft()
        return 204 if self.moods is None else self.moods()

    def wait_for(self, count: int) -> list[Delivery]:
        """Waits until so many deliveries have arrived."""
        wait_for(f"{count} webhooks", lambda: len(self.deliveries) >= count)
        return self.deliveries

    def close(self) -> None:
        """Ends it."""
        self.answers.set()
        self._server.shutdown()
        self._server.server_close()
