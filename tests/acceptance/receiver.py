"""A webhook receiver on the loopback that remembers every byte, and answers as it is told.

It also counts connections, so that a test can say that none was made.
"""

import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from tests.acceptance.processes import PATIENCE_SECONDS, wait_for

BREAKS_OFF = 0
"""In the place of a status: it reads everything, and closes the connection without a word."""
HANGS = 1
"""The same, and says nothing for a while before."""
HANGS_SECONDS = 1.0
SUCCESSES = range(200, 300)


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
        """What else they are answered, one by one: a status, `BREAKS_OFF` or `HANGS`."""
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
                status = receiver.next_status()
                if status == HANGS:
                    time.sleep(HANGS_SECONDS)
                if status in (BREAKS_OFF, HANGS):
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()
                if status in SUCCESSES:
                    receiver.accepted[self.headers["webhook-id"]] += 1

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
