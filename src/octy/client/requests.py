"""How does a request reach the server, and what is made of its answer?

Requests that the server carries out at most once (all reads, and writes, which carry an `Idempotency-Key`) are repeated
while the server is busy or the connection breaks. A server that was never reached is told of at once: most likely its
address is wrong.
"""

import uuid
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec

from octy.client.arriving import PARTIAL, Arrival
from octy.client.envelope import ErrorAnswer
from octy.client.errors import Unreached, refusal
from octy.client.steps import Fetch, Pause, Steps
from octy.model.errors import Unauthorized, Unavailable

T = TypeVar("T")

RETRIES = 5
FIRST_PAUSE_SECONDS = 0.5
"""Before the first repetition, where the server names no pause; twice as long before each further one."""
OWN_PAUSE_SECONDS_MAX = 8.0
PAUSE_SECONDS_MAX = 60.0
RETRY_AFTER_SPREAD = 1.25
"""The server's pause is kept, and up to a quarter longer, so that those who were told the same do not come together."""
BUSY_STATUSES = frozenset({429, 502, 503, 504})

Jitter = Callable[[float, float], float]
"""A number between two others: `random.uniform`."""


class Requests:
    """Builds requests to one server, and reads its answers."""

    def __init__(self, build: Callable[..., httpx.Request], url: str, retries: int, jitter: Jitter) -> None:
        """`build` is the `build_request` of the client that will send them."""
        self._build = build
        self._url = url
        self._retries = retries
        self._jitter = jitter
        self._has_answered = False
        self.server_date: str | None = None
        """The header `Date` of the latest answer: what time it is there."""

    def get(
        self,
        path: str,
        answer: type[T],
        parameters: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Steps[T]:
        """The decoded answer; RequestRefused, Unauthorized or Unavailable, with words for the user."""
        request = self._build("GET", path, params=parameters, headers=headers)
        return self._decoded((yield from self._answered(lambda: request)), answer)

    def download(self, path: str, parameters: Mapping[str, str], into: Path) -> Steps[None]:
        """As `get`, of an answer that is a file: never more than a little of it is in memory."""
        with closing(Arrival(into)) as arrival:
            response = yield from self._answered(
                lambda: Fetch(self._build("GET", path, params=parameters, headers=arrival.headers), arrival)
            )
            if response.status_code != PARTIAL:
                self._check(response)
            arrival.check(response)

    def post(self, path: str, body: bytes, answer: type[T], key: str | None = None) -> Steps[T]:
        """As `get`. The body is JSON; the server carries it out once, however often it has to be sent (E5).

        `key` is the request's `Idempotency-Key`, where it may have been sent in a former run.
        """
        headers = {"Content-Type": "application/json", "Idempotency-Key": key or str(uuid.uuid4())}
        request = self._build("POST", path, content=body, headers=headers)
        return self._decoded((yield from self._answered(lambda: request)), answer)

    def _answered(self, step: Callable[[], httpx.Request | Fetch]) -> Steps[httpx.Response]:
        """The answer to what `step` makes, which is sent again while the server is busy or the connection breaks."""
        for retry in range(self._retries + 1):
            is_last = retry == self._retries
            try:
                response = yield step()
            except httpx.HTTPError as error:
                if is_last or not self._has_answered or isinstance(error, httpx.TimeoutException):
                    raise self._broken(error) from None
                yield Pause(self._pause_seconds(retry))
            else:
                assert response is not None, "a request is answered"
                self._has_answered = True
                self.server_date = response.headers.get("Date")
                if is_last or response.status_code not in BUSY_STATUSES:
                    return response
                yield Pause(self._pause_after_seconds(response, retry))
        raise AssertionError("the last attempt returns or raises")

    def _pause_seconds(self, retry: int) -> float:
        seconds = min(FIRST_PAUSE_SECONDS * 2**retry, OWN_PAUSE_SECONDS_MAX)
        return self._jitter(seconds / 2, seconds)

    def _pause_after_seconds(self, response: httpx.Response, retry: int) -> float:
        seconds = retry_after_seconds(response)
        if seconds is None:
            return self._pause_seconds(retry)
        return self._jitter(min(seconds, PAUSE_SECONDS_MAX), min(seconds * RETRY_AFTER_SPREAD, PAUSE_SECONDS_MAX))

    def _check(self, response: httpx.Response) -> None:
        if not 200 <= response.status_code <= 202:
            raise self._error(response)

    def _decoded(self, response: httpx.Response, answer: type[T]) -> T:
        self._check(response)
        try:
            return msgspec.json.decode(response.content or b"{}", type=answer)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Unavailable(f"The server at {self._url} gave an answer that is not Octy's: {error}") from None

    def _error(self, response: httpx.Response) -> Exception:
        status = response.status_code
        try:
            answer = msgspec.json.decode(response.content, type=ErrorAnswer)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return Unavailable(f"What answers at {self._url} ({status}) does not speak like an Octy server.")
        text = "; ".join(line.error_message for line in answer.lines)
        if status == 401:
            return Unauthorized(f"The server at {self._url} does not accept these keys: {text}")
        if status >= 500 or status in BUSY_STATUSES:
            words = f"The server at {self._url} could not do it now ({status}): {text}"
            return Unavailable(words, round(retry_after_seconds(response) or 1))
        return refusal(answer.lines, status)

    def _broken(self, error: httpx.HTTPError) -> Unavailable:
        if not self._has_answered and isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            why = str(error) or "it takes too long"
            return Unreached(f"No server answers at {self._url} ({why}). Is it running, and is the address right?")
        if isinstance(error, httpx.TimeoutException):
            return Unavailable(f"The server at {self._url} did not answer in time.")
        return Unavailable(f"The connection to {self._url} broke: {str(error) or type(error).__name__}.")


def retry_after_seconds(response: httpx.Response) -> float | None:
    """The pause that the server names; None where it names none that is a number of seconds."""
    named: Any = response.headers.get("Retry-After", "")
    return float(named) if named.isascii() and named.isdigit() else None
