"""How long do requests take, how do they end, and to which trace do they belong? Seen from outside all else.

Who sends a `traceparent` is answered, logged and told of by webhooks under its trace; any other request gets a trace of
its own. The answer says which, in `X-Request-Id`.
"""

import time
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from octy.http.door import OPEN_AT_ALL_TIMES
from octy.http.routes import events
from octy.model import tracing
from octy.model.histogram import Histogram
from octy.model.tracing import Report, Span, Trace, new_trace, trace_of

EVENT, EVENT_BATCH, PROFILES, CHANGE, QUESTION, HEALTH = (
    "event",
    "event_batch",
    "profiles",
    "change",
    "question",
    "health",
)
CLASSES = (EVENT, EVENT_BATCH, PROFILES, CHANGE, QUESTION, HEALTH)
"""What requests are told apart by: few, however many routes and accounts there are."""
UNANSWERED = "none"
STATUSES = ("1xx", "2xx", "3xx", "4xx", "5xx", UNANSWERED)

_BY_PATH = {
    f"{events.PATH}/create": EVENT,
    f"{events.PATH}/create/batch": EVENT_BATCH,
    **dict.fromkeys(OPEN_AT_ALL_TIMES, HEALTH),
}
CLOSE = (b"connection", b"close")
_PROFILES = "/v1/retention/profiles/"


class RequestCounts:
    """What became of requests since the server's start. The event loop's thread adds; others may look at it."""

    def __init__(self) -> None:
        self.seconds = {name: Histogram() for name in CLASSES}
        self.statuses: Counter[tuple[str, str]] = Counter()
        self.under_way = 0
        self.bytes_inside: Callable[[], int] = lambda: 0
        """Asks the door what the bodies of requests hold that are not answered yet."""


class Watch:
    """An ASGI application that lets another one answer, and notes how it went."""

    def __init__(
        self,
        app: ASGIApp,
        counts: RequestCounts,
        is_ending: Callable[[], bool],
        report: Report | None = None,
        trace_share: float = 0,
    ) -> None:
        """`is_ending`: whether clients are to close their connections. `trace_share` of new traces is recorded."""
        self._app = app
        self._is_ending = is_ending
        self._counts = counts
        self._report = report
        self._trace_share = trace_share

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the application answer."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        counts, began = self._counts, time.perf_counter()
        trace = self._trace(scope)
        tracing.current.set(trace)
        request_id = (b"x-request-id", trace.id.encode())
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                added = [request_id, CLOSE] if self._is_ending() else [request_id]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        counts.under_way += 1
        try:
            await self._app(scope, receive, watched)
        finally:
            counts.under_way -= 1
            name, took_seconds = _class(scope["method"], scope["path"]), time.perf_counter() - began
            counts.seconds[name].add(took_seconds)
            counts.statuses[name, STATUSES[status // 100 - 1] if status else UNANSWERED] += 1
            if self._report is not None and trace.is_recorded:
                self._report(_span(name, trace, scope["method"], status, took_seconds))

    def _trace(self, scope: Scope) -> Trace:
        sent = [value for name, value in scope["headers"] if name == b"traceparent"]
        return (trace_of(sent[0]) if len(sent) == 1 else None) or new_trace(self._trace_share)


def _span(name: str, trace: Trace, method: str, status: int, took_seconds: float) -> Span:
    facts: dict[str, str | int] = {"http.request.method": method}
    if status:
        facts["http.response.status_code"] = status
    has_failed = not status or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return Span(name, trace, False, time.time_ns(), took_seconds, facts, has_failed)


def _class(method: str, path: str) -> str:
    name = _BY_PATH.get(path)
    if name is not None:
        return name
    if method in ("GET", "HEAD", "OPTIONS"):
        return QUESTION
    return PROFILES if path.startswith(_PROFILES) else CHANGE
