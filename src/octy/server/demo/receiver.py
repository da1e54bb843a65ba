"""The demo's webhook receiver: a small HTTP server on the loopback that counts what arrives."""

import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """Listens from its making on; `url` is where."""

    def __init__(self) -> None:
        self.deliveries: dict[str, dict[str, Any]] = {}
        """By webhook id, so that a repeat counts once (H4)."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.deliveries[self.headers["webhook-id"]] = json.loads(body)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing: the demo's screen is for the demo."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """What the account's `webhook_url` is set to."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/octy"

    def by_segment(self) -> Counter[str]:
        """How many webhooks arrived for each segment tag."""
        bodies = (delivery["body"] for delivery in self.deliveries.values())
        return Counter(body["segment"]["segment_tag"] for body in bodies)

    def close(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()
