"""HTTP by the byte: what a proper client would never send, and what is answered."""

import json
import socket
from contextlib import closing
from typing import Any, BinaryIO, NamedTuple

from tests.acceptance.processes import PATIENCE_SECONDS, Server

AUTHORIZATION = "Basic cGtfb3Vyczpza19vdXJz"
"""pk_ours:sk_ours."""


class Answer(NamedTuple):
    """What came back before the connection was closed."""

    status: int
    body: dict[str, Any]


class Reply(NamedTuple):
    """An answer on a connection that goes on."""

    status: int
    headers: dict[str, str]
    """By their names in lower case."""
    content: bytes


def reply_from(reader: BinaryIO) -> Reply:
    """The next answer on a connection."""
    status_line = reader.readline()
    assert status_line.startswith(b"HTTP/1.1 "), f"the connection ended without an answer: {status_line!r}"
    headers: dict[str, str] = {}
    while line := reader.readline().decode("latin-1").strip():
        name, _, value = line.partition(": ")
        headers[name.lower()] = value
    return Reply(int(status_line.split()[1]), headers, reader.read(int(headers["content-length"])))


def head(path: str, *headers: str, method: str = "POST") -> bytes:
    """The head of a request that has the account's keys and is the connection's last."""
    lines = [f"{method} {path} HTTP/1.1", "Host: octy", f"Authorization: {AUTHORIZATION}", "Connection: close"]
    return "\r\n".join([*lines, *headers, "", ""]).encode()


def request(path: str, body: bytes, *headers: str) -> bytes:
    """A whole request whose body is what it says."""
    return head(path, "Content-Type: application/json", f"Content-Length: {len(body)}", *headers) + body


def chunked(path: str, *chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """A request without a Content-Length."""
    framed = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return head(path, "Content-Type: application/json", "Transfer-Encoding: chunked") + framed + end


def answer_to(server: Server, sent: bytes, *, then_hang_up: bool = False) -> Answer:
    """Sends the bytes, reads to the end. JSON, or the test fails."""
    answer = _exchange(server, sent, then_hang_up=then_hang_up)
    status_line, _, rest = answer.partition(b"\r\n")
    headers, _, body = rest.partition(b"\r\n\r\n")
    assert status_line.startswith(b"HTTP/1.1 "), answer[:200]
    assert b"content-type: application/json" in headers.lower(), answer[:500]
    return Answer(int(status_line.split()[1]), json.loads(body))


def silence_after(server: Server, sent: bytes) -> None:
    """Sends the bytes and hangs up in the middle of it."""
    with closing(socket.create_connection(("127.0.0.1", server.port), PATIENCE_SECONDS)) as connection:
        connection.sendall(sent)


def _exchange(server: Server, sent: bytes, *, then_hang_up: bool) -> bytes:
    received = b""
    with closing(socket.create_connection(("127.0.0.1", server.port), PATIENCE_SECONDS)) as connection:
        try:
            connection.sendall(sent)
            if then_hang_up:
                connection.shutdown(socket.SHUT_WR)
        except ConnectionError:
            pass  # it has heard enough; what it said first may still be read
        try:
            while part := connection.recv(65_536):
                received += part
        except ConnectionResetError:
            pass
    return received
