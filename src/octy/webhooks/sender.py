"""One attempt to deliver a webhook: did the receiver take it, or why not?

The receiver is a stranger. It gets 15 s in all, 20 kB of its answer are read at most (as they came, nothing is
unpacked), redirects are not followed, no proxy and no cookie plays a part, and every attempt has a connection of its
own, to an address that was checked (`octy.webhooks.guard`). A kept connection would save a handshake, but the receiver
may close it just when it is used again, and that would look like a failure.
"""

import asyncio
import os
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeAlias

import aiohttp
from yarl import URL

from octy import __version__
from octy.model import tracing
from octy.model.clock import Clock
from octy.model.errors import Refused
from octy.model.instants import US_PER_SECOND
from octy.webhooks.addresses import check_url
from octy.webhooks.guard import GuardedResolver, guarded_socket
from octy.webhooks.names import Lookup, SystemLookup
from octy.webhooks.outbox import Delivery
from octy.webhooks.outcome import Delivered, Failed, Outcome
from octy.webhooks.schedule import retry_after_seconds
from octy.webhooks.signing import signatures

ATTEMPT_SECONDS_MAX = 15.0
ANSWER_BYTES_MAX = 20_000
EXCERPT_BYTES_MAX = 1_000
BUFFER_BYTES = 8_192
"""aiohttp stops reading from the network when twice as much waits to be looked at."""


Keys: TypeAlias = Callable[[int, int], Sequence[bytes]]
"""From an account id and an instant to what is signed with then."""


class Sender:
    """Makes attempts, any number at the same time."""

    def __init__(
        self,
        clock: Clock,
        keys: Keys,
        *,
        allow_private: bool,
        allow_http: bool = False,
        timeout_seconds: float = ATTEMPT_SECONDS_MAX,
        lookup: Lookup | None = None,
    ) -> None:
        self._clock = clock
        self._keys = keys
        self._allow_private = allow_private
        self._allow_http = allow_http
        self._timeout_seconds = timeout_seconds
        self._lookup = lookup or SystemLookup()
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Makes ready, in the running loop."""
        connector = aiohttp.TCPConnector(
            resolver=GuardedResolver(self._lookup, allow_private=self._allow_private),
            socket_factory=guarded_socket(allow_private=self._allow_private),
            ssl=_tls(),
            use_dns_cache=False,
            force_close=True,
            limit=0,  # how many there are at once is the dispatcher's decision
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),  # `attempt` keeps the time, over all its parts
            auto_decompress=False,
            read_bufsize=BUFFER_BYTES,
            headers={"User-Agent": f"octy-webhooks/{__version__}", "Accept-Encoding": "identity"},
        )

    async def close(self) -> None:
        """Drops all connections."""
        if self._session is not None:
            await self._session.close()

    async def attempt(self, delivery: Delivery) -> Outcome:
        """Sends the webhook once. Never raises for what a receiver or a network does."""
        deadline = asyncio.get_running_loop().time() + self._timeout_seconds
        try:
            check_url(delivery.webhook_url, allow_private=self._allow_private, allow_http=self._allow_http)
            async with asyncio.timeout_at(deadline):
                answer = await self._post(delivery)
        except TimeoutError:
            return Failed(f"The receiver did not answer within {self._timeout_seconds:g} seconds.")
        except (Refused, aiohttp.ClientError, OSError) as error:
            return Failed(_reason(error))
        try:
            excerpt = await _excerpt(answer, deadline)
        finally:
            answer.close()
        return self._judged(answer, excerpt)

    async def _post(self, delivery: Delivery) -> aiohttp.ClientResponse:
        assert self._session is not None, "opened before the first attempt"
        return await self._session.post(
            URL(delivery.webhook_url, encoded=True),  # sent as the account wrote it
            data=delivery.body,
            headers=self._headers(delivery),
            allow_redirects=False,
        )

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        """The id is the delivery's, the timestamp the attempt's (Standard Webhooks)."""
        now_us = self._clock.now_us()
        timestamp = now_us // US_PER_SECOND
        keys = self._keys(delivery.account_id, now_us)
        trace = tracing.current.get() or tracing.new_trace()
        return {
            "Content-Type": "application/json",
            "webhook-id": delivery.webhook_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signatures(keys, delivery.webhook_id, timestamp, delivery.body),
            "traceparent": trace.traceparent,
        }

    def _judged(self, answer: aiohttp.ClientResponse, excerpt: str) -> Outcome:
        """By the status alone: what comes after it, or fails to come, changes nothing."""
        if 200 <= answer.status < 300:
            return Delivered(answer.status, excerpt)
        asked = retry_after_seconds(answer.headers.get("Retry-After"), self._clock.now_us())
        redirects = " Redirects are not followed." if 300 <= answer.status < 400 else ""
        return Failed(f"The receiver answered {answer.status}.{redirects}", asked, excerpt, answer.status)


def _tls() -> ssl.SSLContext:
    """Certificates are checked against the system's authorities, or those in the file that SSL_CERT_FILE names."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


async def _excerpt(answer: aiohttp.ClientResponse, deadline: float) -> str:
    """The first characters of the answer. It is read as far as it may be, so that few receivers are cut off."""
    read = bytearray()
    with suppress(TimeoutError, aiohttp.ClientError, OSError):
        async with asyncio.timeout_at(deadline):
            while len(read) < ANSWER_BYTES_MAX:
                chunk = await answer.content.read(ANSWER_BYTES_MAX - len(read))
                if not chunk:
                    break
                read += chunk
    text = bytes(read[:EXCERPT_BYTES_MAX]).decode("utf-8", "ignore")
    return "".join(c if c.isprintable() else " " for c in text).strip()


def _reason(error: Exception) -> str:
    """What went wrong before there was an answer. aiohttp's own texts name addresses, so they are not used."""
    match error:
        case Refused():
            return error.reason
        case aiohttp.ClientConnectorDNSError():
            return "The receiver's name could not be resolved."
        case aiohttp.ClientConnectorCertificateError():
            return "The receiver's certificate is not valid."
        case aiohttp.ClientSSLError():
            return "No secure connection to the receiver came about."
        case aiohttp.ClientConnectorError() if error.errno:
            return f"No connection to the receiver came about: {os.strerror(error.errno).lower()}."
        case aiohttp.ClientResponseError():
            return "The receiver's answer is not valid HTTP, or its headers are too large."
        case _:
            return "The connection broke before the receiver answered."
