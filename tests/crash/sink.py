"""A webhook receiver in a process of its own, which outlives every server.

Each request is in its file before it is answered. Run as a program it takes the file's path and says its URL.
"""

import json
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

ANSWERED = 204


class Received(NamedTuple):
    """A request, as the sink's file has it."""

    webhook_id: str
    body: str


def received(file: Path) -> list[Received]:
    """All that has arrived, in the order of arrival."""
    return [Received(*json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


class Listening(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, file: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.file = file.open("a", encoding="utf-8")

    def note(self, webhook_id: str, body: str) -> None:
        with self.lock:
            self.file.write(json.dumps([webhook_id, body]) + "\n")
            self.file.flush()

    def handle_error(self, *_: object) -> None:
        """A sender that was killed is no error of ours."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Listening

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.note(self.headers["webhook-id"], body)
        self.send_response(ANSWERED)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


def main() -> None:
    listening = Listening(Path(sys.argv[1]))
    print(f"http://127.0.0.1:{listening.server_address[1]}/octy", flush=True)
    listening.serve_forever()


if __name__ == "__main__":
    main()
