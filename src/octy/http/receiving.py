"""How does a body come in? In pieces, up to the limit (wire.md 1.6), unless its sender hangs up."""

import hashlib
from collections.abc import Iterable

from litestar.exceptions import HTTPException, InternalServerException
from litestar.types import Receive

from octy.http.errors import CLIENT_LEFT
from octy.model import limits


class TooLarge(HTTPException):
    """The body is longer than any that is read."""

    status_code = 413


IDEMPOTENCY_KEY = b"idempotency-key"


def digest(headers: Iterable[tuple[bytes, bytes]], body: bytes) -> bytes:
    """The SHA-256 of a body by which it is known again when it comes again (E5); empty where nobody will ask for it."""
    if any(name == IDEMPOTENCY_KEY for name, _ in headers):
        return hashlib.sha256(body).digest()
    return b""


async def receive_body(headers: Iterable[tuple[bytes, bytes]], receive: Receive) -> bytes:
    """The whole body. One that is announced to be too long is not waited for."""
    for name, value in headers:
        if name == b"content-length" and int(value) > limits.BODY_BYTES_MAX:
            raise TooLarge
    parts: list[bytes] = []
    length, is_more = 0, True
    while is_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise InternalServerException(CLIENT_LEFT)
        assert message["type"] == "http.request", "nothing else is received of a request"
        part = message.get("body", b"")  # a server may leave out what is empty, and what is false
        parts.append(part)
        length += len(part)
        if length > limits.BODY_BYTES_MAX:
            raise TooLarge
        is_more = message.get("more_body", False)
    return b"".join(parts)
