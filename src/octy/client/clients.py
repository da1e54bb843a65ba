"""`Octy` and `AsyncOcty`: one account on one server, with everything that the server does as methods.

To make one sends nothing. `octy.client.operations` describes the methods, `octy.client.tracking` what `track` does.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from octy.client.connections import ANSWER_SECONDS_MAX, Awaiting, Blocking
from octy.client.methods import Methods
from octy.client.requests import RETRIES
from octy.client.settings import settings
from octy.client.tracking import Tracking, Tracks

T = TypeVar("T")


class Octy(Blocking, Methods, Tracks):
    """A client that blocks until the server has answered. Threads may share one."""

    def __init__(
        self,
        url: str | None = None,
        public_key: str | None = None,
        secret_key: str | None = None,
        *,
        retries: int = RETRIES,
        timeout_seconds: float = ANSWER_SECONDS_MAX,
        tracking: Tracking | None = None,
        **options: Any,  # noqa: ANN401 - as `Blocking`
    ) -> None:
        """What is not given is in OCTY_URL (else http://127.0.0.1:8700), OCTY_PUBLIC_KEY and OCTY_SECRET_KEY."""
        where = settings(url, public_key, secret_key)
        Blocking.__init__(self, where, retries=retries, timeout_seconds=timeout_seconds, **options)
        Tracks.__init__(
            self, tracking or Tracking(), lambda: Blocking(where, retries=0, timeout_seconds=timeout_seconds)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def flush(self, seconds: float | None = None) -> bool:
        """Sends what was tracked so far, and waits for the answers; False where they took longer than `seconds`."""
        return self._tracker.flush(seconds)

    def close(self) -> None:
        """Flushes, for `exit_seconds` at most, and gives the connections up."""
        self._tracker.close()
        self.disconnect()

    def get(
        self,
        path: str,
        answer: type[T],
        parameters: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """Any other question, with its answer decoded."""
        return self.run(self.requests.get(path, answer, parameters, headers))

    def post(self, path: str, body: bytes, answer: type[T], key: str | None = None) -> T:
        """Any other request: JSON, carried out once however often it is sent; in a later run too, by its `key` (E5)."""
        return self.run(self.requests.post(path, body, answer, key))


class AsyncOcty(Awaiting, Methods, Tracks):
    """A client that is awaited, for one event loop. `track` is not awaited: it never waits."""

    def __init__(
        self,
        url: str | None = None,
        public_key: str | None = None,
        secret_key: str | None = None,
        *,
        retries: int = RETRIES,
        timeout_seconds: float = ANSWER_SECONDS_MAX,
        tracking: Tracking | None = None,
        **options: Any,  # noqa: ANN401 - as `Awaiting`
    ) -> None:
        """As `Octy`."""
        where = settings(url, public_key, secret_key)
        Awaiting.__init__(self, where, retries=retries, timeout_seconds=timeout_seconds, **options)
        Tracks.__init__(
            self, tracking or Tracking(), lambda: Blocking(where, retries=0, timeout_seconds=timeout_seconds)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def flush(self, seconds: float | None = None) -> bool:
        """As `Octy.flush`; other tasks go on meanwhile."""
        return await asyncio.to_thread(self._tracker.flush, seconds)

    async def close(self) -> None:
        """As `Octy.close`."""
        await asyncio.to_thread(self._tracker.close)
        await self.disconnect()
