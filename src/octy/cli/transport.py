"""How does a request reach the server, and what is made of its answer?

Requests that the server answers at most once (all reads, and writes that carry an `Idempotency-Key`) are repeated while
the server is busy or the connection breaks. A server that was never reached is told of at once.
"""

import time
import uuid
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address
from typing import Self, TypeVar

import httpx
import msgspec

from octy import __version__
from octy.cli.answers import ErrorAnswer, ErrorLine
from octy.cli.failures import LinesRefused
from octy.cli.settings import Settings
from octy.model.errors import Unauthorized, Unavailable

T = TypeVar("T")

PAUSES_SECONDS = (0.5, 1, 2, 4, 8)
"""Before each repetition, where the server does not name a pause."""
PAUSE_SECONDS_MAX = 60
CONNECT_SECONDS_MAX = 5
ANSWER_SECONDS_MAX = 60
BUSY_STATUSES = frozenset({429, 502, 503, 504})


class RequestRefused(LinesRefused):
    """The server says that the request is wrong; `lines` hold what it says."""

    def __init__(self, lines: Sequence[ErrorLine]) -> None:
        super().__init__(list(dict.fromkeys(line.error_message for line in lines)))
        self.lines = list(lines)


class Unreached(Unavailable):
    """The server could not even be connected to, so it has seen nothing."""


class Server:
    """A connection to an Octy server, kept open from request to request."""

    def __init__(self, settings: Settings, pause: Callable[[float], None] = time.sleep) -> None:
        self._url = settings.url
        self._pause = pause
        self._has_answered = False
        self._client = httpx.Client(
            base_url=settings.url,
            headers={"Authorization": _authorization(settings), "User-Agent": f"octy-cli/{__version__}"},
            timeout=httpx.Timeout(ANSWER_SECONDS_MAX, connect=CONNECT_SECONDS_MAX),
            trust_env=not _is_loopback(settings.url),  # a proxy never leads to this machine
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(
        self,
        path: str,
        answer: type[T],
        parameters: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """The decoded answer; RequestRefused, Unauthorized or Unavailable, with words for the user."""
        request = self._client.build_request("GET", path, params=parameters, headers=headers)
        return self._decoded(self._answered(request), answer)

    def post(self, path: str, body: bytes, answer: type[T], key: str | None = None) -> T:
        """As `get`. The body is JSON; the server carries it out once, however often it has to be sent (E5).

        `key` is the request's `Idempotency-Key`, where it may have been sent in a former run.
        """
        headers = {"Content-Type": "application/json", "Idempotency-Key": key or str(uuid.uuid4())}
        request = self._client.build_request("POST", path, content=body, headers=headers)
        return self._decoded(self._answered(request), answer)

    def _answered(self, request: httpx.Request) -> httpx.Response:
        """The answer to the request, which is sent again while the server is busy or the connection breaks."""
        pauses = list(PAUSES_SECONDS)
        while True:
            try:
                response = self._client.send(request)
            except httpx.HTTPError as error:
                if not pauses or not self._has_answered or isinstance(error, httpx.TimeoutException):
                    raise self._broken(error) from None
                self._pause(pauses.pop(0))
            else:
                self._has_answered = True
                if not pauses or response.status_code not in BUSY_STATUSES:
                    return response
                self._pause(_retry_after_seconds(response, pauses.pop(0)))

    def _decoded(self, response: httpx.Response, answer: type[T]) -> T:
        if not 200 <= response.status_code <= 202:
            raise self._error(response)
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
            return Unavailable(f"The server at {self._url} could not do it now ({status}): {text}")
        return RequestRefused(answer.lines)

    def _broken(self, error: httpx.HTTPError) -> Unavailable:
        if not self._has_answered and isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            why = str(error) or "it takes too long"
            return Unreached(f"No server answers at {self._url} ({why}). Is it running, and is the address right?")
        if isinstance(error, httpx.TimeoutException):
            return Unavailable(f"The server at {self._url} did not answer in time.")
        return Unavailable(f"The connection to {self._url} broke: {str(error) or type(error).__name__}.")


def _authorization(settings: Settings) -> str:
    pair = f"{settings.keys.public_key}:{settings.keys.secret_key}"
    return f"Basic {b64encode(pair.encode()).decode()}"


def _is_loopback(url: str) -> bool:
    host = httpx.URL(url).host
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _retry_after_seconds(response: httpx.Response, otherwise: float) -> float:
    named = response.headers.get("Retry-After", "")
    return min(int(named), PAUSE_SECONDS_MAX) if named.isascii() and named.isdigit() else otherwise
