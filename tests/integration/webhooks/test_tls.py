"""C25: a body is sent only to a receiver whose certificate is valid, over a protocol that is still safe."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from octy.model.clock import ManualClock
from octy.webhooks.outcome import Delivered, Failed, Outcome
from octy.webhooks.sender import Sender
from tests.integration.webhooks.certificates import Authority
from tests.integration.webhooks.hostile import delivery
from tests.integration.webhooks.receiver import signing_keys

pytestmark = pytest.mark.anyio

INVALID = Failed("The receiver's certificate is not valid.")
BROKEN = Failed("The connection broke before the receiver answered.")
INSECURE = Failed("No secure connection to the receiver came about.")

Adjust = Callable[[ssl.SSLContext], None]


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """One that the operator trusts."""
    trusted = Authority(tmp_path, "trusted")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted.file))
    return trusted


class Heard:
    """How many bytes a receiver got after the handshake."""

    def __init__(self) -> None:
        self.count = 0
        self.port = 0


@asynccontextmanager
async def listening(certificate: Path, adjust: Adjust | None = None) -> AsyncIterator[Heard]:
    heard = Heard()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.count += len(await reader.read(65_536))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if adjust is not None:
        adjust(context)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    heard.port = server.sockets[0].getsockname()[1]
    yield heard
    server.close()


async def outcome(heard: Heard, clock: ManualClock) -> Outcome:
    sender = Sender(clock, signing_keys, allow_private=True)
    await sender.open()
    try:
        return await sender.attempt(delivery(f"https://127.0.0.1:{heard.port}/hook"))
    finally:
        await sender.close()


async def test_a_certificate_of_an_authority_that_is_trusted_is_valid(authority: Authority, clock: ManualClock) -> None:
    async with listening(authority.issue()) as heard:
        assert await outcome(heard, clock) == Delivered(204)
        assert heard.count


async def test_a_certificate_of_another_authority_is_not(
    authority: Authority, clock: ManualClock, tmp_path: Path
) -> None:
    async with listening(Authority(tmp_path, "stranger").issue()) as heard:
        assert await outcome(heard, clock) == INVALID
    assert heard.count == 0
    assert authority.file.exists()


@pytest.mark.parametrize(
    ("host", "days", "self_signed"),
    [("127.0.0.1", -1, False), ("127.0.0.1", 1, True), ("10.0.0.1", 1, False), ("shop.com", 1, False)],
    ids=["expired", "self-signed", "another address", "another name"],
)
async def test_a_certificate_that_is_not_valid_gets_no_body(
    authority: Authority, clock: ManualClock, host: str, days: int, self_signed: bool
) -> None:
    async with listening(authority.issue(host, days=days, self_signed=self_signed)) as heard:
        assert await outcome(heard, clock) == INVALID
    assert heard.count == 0


def old(version: ssl.TLSVersion) -> Adjust:
    def adjust(context: ssl.SSLContext) -> None:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version

    return adjust


def without_a_cipher(context: ssl.SSLContext) -> None:
    context.set_ciphers("eNULL:@SECLEVEL=0")
    context.maximum_version = ssl.TLSVersion.TLSv1_2


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    "adjust",
    [old(ssl.TLSVersion.TLSv1), old(ssl.TLSVersion.TLSv1_1), without_a_cipher],
    ids=["TLS 1.0", "TLS 1.1", "no cipher"],
)
async def test_a_receiver_that_offers_nothing_safe_gets_no_body(
    authority: Authority, clock: ManualClock, adjust: Adjust
) -> None:
    async with listening(authority.issue(), adjust) as heard:
        assert await outcome(heard, clock) in (INSECURE, BROKEN)
    assert heard.count == 0
