"""The public clients, byte for byte: what Go's `net/http` and Python's `requests` put on a connection (wire.md 1).

Each keeps its connection from request to request, as theirs do, and opens another where the server has closed it.
"""

import json
import re
import socket
from base64 import b64encode
from collections.abc import Iterable
from contextlib import suppress
from io import BufferedReader

from octy.model.keys import Keys
from tests.acceptance.processes import PATIENCE_SECONDS
from tests.acceptance.raw import Reply, reply_from

VERSIONING = "/v1/admin/application/versioning?app=cli"
FORMAT = "/v1/admin/application/resources/format?type="

_HTML = re.compile("[<>&\u2028\u2029]")
"""What Go's JSON encoder escapes, so that JSON may stand in HTML."""


def go_json(value: object) -> bytes:
    """As Go's `json.Marshal` writes it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _HTML.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode()


def token(keys: Keys) -> str:
    """base64(public_key:secret_key)."""
    return b64encode(f"{keys.public_key}:{keys.secret_key}".encode()).decode()


class Connection:
    """A connection to the server, made when it is needed."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._socket: socket.socket | None = None
        self._reader: BufferedReader | None = None

    def exchange(self, sent: bytes) -> Reply:
        """Sends a request as it is, and reads its answer."""
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), PATIENCE_SECONDS)
            self._reader = self._socket.makefile("rb")
        assert self._reader is not None
        with suppress(ConnectionError):  # it has heard enough; what it said first may still be read
            self._socket.sendall(sent)
        reply = reply_from(self._reader)
        if reply.headers.get("connection") == "close" or reply.status == 413:
            self.close()
        return reply

    def close(self) -> None:
        """Ends it; the next exchange opens another one."""
        if self._socket is not None and self._reader is not None:
            self._reader.close()
            self._socket.close()
            self._socket = self._reader = None


class GoClient(Connection):
    """octy-cli and the Go half of octy-shopify. Without keys it sends no Authorization."""

    def __init__(self, port: int, keys: Keys | None) -> None:
        super().__init__(port)
        self._authorization = () if keys is None else (f"Authorization: {token(keys)}",)

    def get(self, path: str, cursor: int | None = None) -> Reply:
        """A GET says that it is JSON although it has no body; lists are asked for with a cursor."""
        more = () if cursor is None else (f"Cursor: {cursor}",)
        return self.exchange(
            self.head("GET", path, None, *self._authorization, "Content-Type: application/json", *more)
        )

    def post(self, path: str, value: object) -> Reply:
        """A value as Go's encoder writes it."""
        return self.post_bytes(path, go_json(value))

    def post_bytes(self, path: str, body: bytes) -> Reply:
        """A body that is written already."""
        headers = (*self._authorization, "Content-Type: application/json")
        return self.exchange(self.head("POST", path, len(body), *headers) + body)

    def head(self, method: str, path: str, length: int | None, *headers: str) -> bytes:
        """The headers in Go's order: its own, the caller's by name, what the transport adds."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", "User-Agent: Go-http-client/1.1"]
        lines += [] if length is None else [f"Content-Length: {length}"]
        return _head([*lines, *headers, "Accept-Encoding: gzip"])


class ScriptClient(Connection):
    """The Python script, with the keys as HTTP Basic has them."""

    def __init__(self, port: int, keys: Keys) -> None:
        super().__init__(port)
        self._headers = [
            f"Host: 127.0.0.1:{port}",
            "User-Agent: python-requests/2.25.1",
            "Accept-Encoding: gzip, deflate",
            "Accept: */*",
            "Connection: keep-alive",
            "Content-Type: application/json",
            f"Authorization: Basic {token(keys)}",
        ]

    def get(self, path: str) -> Reply:
        """All of its GETs name the cursor 0."""
        return self.exchange(_head([f"GET {path} HTTP/1.1", *self._headers, "cursor: 0"]))

    def post(self, path: str, value: object) -> Reply:
        """A body as `json.dumps` writes it."""
        body = json.dumps(value).encode()
        head = _head([f"POST {path} HTTP/1.1", *self._headers, f"Content-Length: {len(body)}"])
        return self.exchange(head + body)


def csv_body(kind: str, rows: Iterable[str]) -> bytes:
    """A chunk of a CSV file as octy-cli writes it: put together by hand, over many lines (wire.md 4)."""
    together = ",\n    ".join(rows)
    return f'{{ "{kind}" : [\n    {together}\n]}}'.encode()


def _head(lines: Iterable[str]) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode()
