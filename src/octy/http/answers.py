"""What does an answer look like? Encoded JSON with a `request_meta` (wire.md 1), in a response that carries its type.

A route's return annotation, `Json[SegmentList]`, is what the OpenAPI document shows; the bytes are encoded here.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, TypeVar

import msgspec
from litestar import Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send
from msgspec import Meta, Struct

from octy.model.idempotency import Answer
from octy.model.instants import US_PER_SECOND, rfc1123

T = TypeVar("T")

PIECE_BYTES = 262_144
"""Of a large answer: what its reader has not taken yet is kept once more by the connection."""

encode = msgspec.json.Encoder().encode


class RequestMeta(Struct):
    """How a request went: on every answer but that of the resource formats."""

    request_status: Annotated[str, Meta(description="`Success` or `Failure`.")]
    message: str
    count: Annotated[int, Meta(description="How many objects this answer shows or tells of.")]
    total: Annotated[int, Meta(description="How many there are, or were sent, in all.")]


class Acknowledged(Struct):
    """An answer with nothing to say but that it went well."""

    request_meta: RequestMeta


class Json(Response[T]):
    """An encoded answer; T documents what it holds.

    Litestar asks nothing of a response but `to_asgi_response`, so nothing else of one is made.
    """

    def __init__(self, answer: Answer, headers: Mapping[str, str] | None = None) -> None:
        self.answer = answer
        self.headers = dict(headers or {})

    def to_asgi_response(self, *_: object, **__: object) -> ASGIResponse:
        """The answer as it is: nothing is left to encode, merge or negotiate."""
        return _Encoded(self.answer, self.headers)


class _Encoded(ASGIResponse):
    """Sends an answer. Litestar's own response spends a third of a small request on headers and encoders."""

    def __init__(self, answer: Answer, headers: Mapping[str, str]) -> None:
        self._answer = answer
        self._headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(answer.body)),
            *((name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application that answers, whatever came in."""
        del scope, receive
        await send({"type": "http.response.start", "status": self._answer.status, "headers": self._headers})
        body, at = self._answer.body, 0
        while len(body) - at > PIECE_BYTES:  # each waits until nearly all before it has gone out
            await send({"type": "http.response.body", "body": body[at : at + PIECE_BYTES], "more_body": True})
            at += PIECE_BYTES
        await send({"type": "http.response.body", "body": body[at:], "more_body": False})


def success(message: str, count: int = 0, total: int | None = None) -> RequestMeta:
    """The meta of an answer that went well; `total` is `count` unless told."""
    return RequestMeta("Success", message, count, count if total is None else total)


def ok(content: T, headers: Mapping[str, str] | None = None) -> Json[T]:
    """A 200."""
    return Json(Answer(200, encode(content)), headers)


def date(instant_us: int) -> str:
    """The instant as answers write it: RFC 1123, which has no fractions of a second (wire.md 1.5)."""
    return _date_of_second(instant_us // US_PER_SECOND)


def counted(number: int, noun: str) -> str:
    """`1 event`, `2 events`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@lru_cache(maxsize=4096)
def _date_of_second(second: int) -> str:
    """Cached: 500 events of one batch mostly share a few seconds."""
    return rfc1123(second * US_PER_SECOND)
