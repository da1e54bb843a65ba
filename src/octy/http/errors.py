"""How does every failure look to a client? In the one shape of wire.md 1.1, wherever it was raised.

The clients act upon `error.code`, which is 400, 401, 422 or 500 whatever the HTTP status says, and index `errors[0]`
without looking, so `errors` is never empty. They cut messages at `::`, so no message holds one.
"""

from collections.abc import Sequence
from http import HTTPStatus
from traceback import format_exception
from typing import Annotated, Any

import structlog
from litestar import Request
from litestar.exceptions import HTTPException, ValidationException
from msgspec import Meta, Struct

from octy.http.answers import Json, RequestMeta, encode
from octy.http.wording import UNEXPECTED_FORM, parameter_problems
from octy.model import limits
from octy.model.errors import (
    Conflicting,
    Forbidden,
    NotFound,
    Problem,
    Refused,
    TooMany,
    TooManyFailures,
    TooMuch,
    Unauthorized,
    Unavailable,
    Violation,
)
from octy.model.idempotency import Answer
from octy.model.outcomes import Failure

log = structlog.get_logger()

CLIENT_LEFT = "client disconnected prematurely"
"""Litestar's words for a client that hung up while it was sending."""

HELP = {
    400: "The page /docs of this server describes every request.",
    401: "Send the keys of your account: Authorization: Basic base64(public_key:secret_key).",
    422: "Send another request under another Idempotency-Key.",
    500: "Try again. If it happens again, the server's log says more.",
}
REASONS = {
    404: "There is no such address.",
    405: "This address does not take this method.",
    413: f"The body holds more than {limits.BODY_BYTES_MAX} bytes.",
}


class ErrorLine(Struct, omit_defaults=True):
    """One thing that is wrong, in words, and where it helps also in parts that a program can read."""

    error_message: str
    extended_help: str
    index: Annotated[int | None, Meta(description="Which object of the request, from 0, where it holds several.")] = (
        None
    )
    rule: Annotated[
        str | None, Meta(description="The number of the broken rule, `D7`, where a segment definition is refused.")
    ] = None
    path: Annotated[str | None, Meta(description="The field: `event_sequence[0].exp_timeframe`.")] = None
    found: str | None = None
    wanted: str | None = None


class Error(Struct):
    """What went wrong."""

    code: Annotated[int, Meta(description="400, 401, 422 or 500.")]
    reason: str
    errors: Annotated[list[ErrorLine], Meta(description="Never empty.")]


class ErrorAnswer(Struct):
    """Any answer but a success."""

    request_meta: RequestMeta
    error: Error


def error_answer(status: int, reason: str, lines: Sequence[ErrorLine] = (), code: int | None = None) -> Answer:
    """An error as it is sent."""
    return Answer(status, encode(error_content(status, reason, lines, code)))


def error_content(status: int, reason: str, lines: Sequence[ErrorLine] = (), code: int | None = None) -> ErrorAnswer:
    """An error; its code is the status where clients know that, and `reason` the only line where none are given."""
    code = code or (status if status in HELP else 400 if status < 500 else 500)
    text = speakable(reason)
    errors = list(lines) or [ErrorLine(text, HELP[code])]
    return ErrorAnswer(RequestMeta("Failure", text, 0, 0), Error(code, text, errors))


def all_failed(reason: str, failures: Sequence[Failure]) -> Answer:
    """The answer where not one object of a request was accepted (wire.md 1.2)."""
    lines = [ErrorLine(speakable(failure.message), HELP[400], index=failure.index) for failure in failures]
    return error_answer(400, reason, lines)


def speakable(message: str) -> str:
    """A message that no client cuts short."""
    while "::" in message:
        message = message.replace("::", ": :")
    return message


def on_exception(request: Request[Any, Any, Any], error: Exception) -> Json[ErrorAnswer]:
    """The answer to a request that raised: its own fault said exactly, ours said vaguely and logged."""
    headers: dict[str, str] = {}
    match error:
        case Conflicting() | TooMany():
            answer = error_answer(422, error.reason, _lines(error, 422))
        case Refused():
            answer = error_answer(400, error.reason, _lines(error, 400))
        case NotFound():
            answer = error_answer(404, str(error))
        case TooManyFailures():
            answer = error_answer(429, str(error), code=401)
            headers["Retry-After"] = str(error.retry_after_seconds)
        case Unauthorized():
            answer = error_answer(401, str(error))
            headers["WWW-Authenticate"] = 'Basic realm="Octy"'
        case Forbidden():
            answer = error_answer(403, str(error), code=401)
        case Unavailable():
            answer, headers = unavailable_answer(error)
        case HTTPException() if error.status_code < 500:
            answer = _of_framework(request, error)
            headers |= error.headers or {}
        case _:
            answer = error_answer(500, "Something went wrong in the server; the request may be right.")
            _log(request, error)
    return Json(answer, headers)


def unavailable_answer(error: Unavailable) -> tuple[Answer, dict[str, str]]:
    """The answer to a request that may be sent again, and the header that says when."""
    return error_answer(unavailable_status(error), str(error)), {"Retry-After": str(error.retry_after_seconds)}


def unavailable_status(error: Unavailable) -> int:
    """429 where it is for the account to send less, 503 where it is not."""
    return 429 if isinstance(error, TooMuch) else 503


def _lines(refused: Refused, code: int) -> list[ErrorLine]:
    return [_line(problem, HELP[code]) for problem in refused.problems]


def _line(problem: Problem | Violation, extended_help: str) -> ErrorLine:
    return ErrorLine(
        speakable(str(problem)),
        extended_help,
        rule=problem.rule if isinstance(problem, Violation) else None,
        path=problem.path,
        found=problem.found,
        wanted=problem.wanted,
    )


def _of_framework(request: Request[Any, Any, Any], error: HTTPException) -> Answer:
    """Litestar's own refusals: no route, wrong method, body too large, parameters that do not fit."""
    if isinstance(error, ValidationException):
        problems = parameter_problems(error, request.query_params, request.headers)
        return error_answer(400, UNEXPECTED_FORM, [_line(problem, HELP[400]) for problem in problems])
    status = error.status_code
    reason = REASONS.get(status) or error.detail or HTTPStatus(status).description
    if status in (404, 405):
        reason = f"{reason.rstrip('.')}: {request.method} {request.scope['path']}"
    return error_answer(status, reason)


def _log(request: Request[Any, Any, Any], error: Exception) -> None:
    where = {"method": request.method, "path": request.scope["path"]}
    if isinstance(error, HTTPException) and CLIENT_LEFT in error.detail:
        log.info("http.client_left", **where)
    else:
        # Formatted here, not by structlog: its console shows the frames' variables, and so the request's keys.
        log.error("http.failed", **where, exception="".join(format_exception(error)))
