"""Receivers that mean harm: each attempt ends, takes little memory, and is judged by the status alone."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from octy.model.clock import ManualClock
from octy.webhooks.outbox import Delivery
from octy.webhooks.sender import EXCERPT_BYTES_MAX, Delivered, Failed, Outcome, Sender
from tests.integration.webhooks.receiver import RawReceiver, Speech, signing_keys

pytestmark = pytest.mark.anyio

TIMEOUT_SECONDS = 0.3
UNANSWERED = Failed(f"The receiver did not answer within {TIMEOUT_SECONDS:g} seconds.")
BROKEN = Failed("The connection broke before the receiver answered.")
UNREADABLE = Failed("The receiver's answer is not valid HTTP, or its headers are too large.")

OK = b"HTTP/1.1 200 OK\r\n"
ERROR = b"HTTP/1.1 500 No\r\n"
FAILED = Failed("The receiver answered 500.", status=500)


@asynccontextmanager
async def receiving(speech: Speech) -> AsyncIterator[RawReceiver]:
    receiver = RawReceiver(speech)
    await receiver.start()
    yield receiver
    await receiver.stop()


async def outcome_of(receiver: RawReceiver, clock: ManualClock) -> Outcome:
    """The judgement, whatever of the answer is kept."""
    outcome = await attempt(receiver, clock)
    assert len(outcome.excerpt) <= EXCERPT_BYTES_MAX
    return msgspec.structs.replace(outcome, excerpt="")


async def attempt(receiver: RawReceiver, clock: ManualClock) -> Outcome:
    sender = Sender(clock, signing_keys, allow_private=True, timeout_seconds=TIMEOUT_SECONDS)
    await sender.open()
    outcome = await sender.attempt(Delivery(1, "msg_1", 1, 0, receiver.url, b"{}", attempts=0))
    await sender.close()
    return outcome


def endless(start: bytes, piece: bytes, pause_seconds: float = 0.0) -> Speech:
    """Says the start, then the piece for ever."""

    async def speech(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_seconds)

    return speech


def once(answer: bytes, *, then_hang: bool = False) -> Speech:
    """Says the answer, then closes, or says nothing more."""

    async def speech(writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        while then_hang:
            await asyncio.sleep(0.01)
            writer.write(b"")
            if writer.transport.is_closing():
                raise ConnectionResetError
        await writer.drain()

    return speech


CHUNK = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
SHORT = "Content-Length: 1000000\r\n\r\nok"
BOMB = zlib.compress(b"x" * 20_000_000, level=9)


@pytest.mark.parametrize(
    ("speech", "expected"),
    [
        pytest.param(endless(OK + b"\r\n", b"x" * 0x4000), Delivered(200), id="10 GB answer"),
        pytest.param(
            endless(ERROR + b"\r\n", b"x" * 0x4000),
            FAILED,
            id="10 GB error",
        ),
        pytest.param(endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", CHUNK), Delivered(200), id="endless chunks"),
        pytest.param(endless(OK + b"\r\n", b"x", 0.01), Delivered(200), id="dripping answer"),
        pytest.param(endless(b"HTTP/1.1 200 ", b"x", 0.01), UNANSWERED, id="dripping status"),
        pytest.param(endless(OK, b"a: b\r\n", 0.01), UNANSWERED, id="dripping headers"),
        pytest.param(endless(OK, b"a: " + b"x" * 4_000 + b"\r\n"), UNREADABLE, id="endless headers"),
        pytest.param(endless(OK + b"a: ", b"x" * 4_000), UNREADABLE, id="endless header"),
        pytest.param(endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100), UNANSWERED, id="flood of 1xx"),
    ],
)
async def test_a_receiver_that_never_ends_is_cut_off(speech: Speech, expected: Outcome, clock: ManualClock) -> None:
    async with receiving(speech) as receiver:
        assert await outcome_of(receiver, clock) == expected
        await receiver.cut_off.wait()


@pytest.mark.parametrize(
    ("speech", "expected"),
    [
        pytest.param(once(b""), BROKEN, id="closes without a word"),
        pytest.param(once(b"SSH-2.0-OpenSSH_9.2\r\n"), UNREADABLE, id="speaks something else"),
        pytest.param(once(b"", then_hang=True), UNANSWERED, id="says nothing"),
        pytest.param(once(OK + b"\r\n"), Delivered(200), id="closes after the headers"),
        pytest.param(once(OK + SHORT.encode()), Delivered(200), id="says less than announced"),
        pytest.param(
            once(OK + SHORT.encode(), then_hang=True), Delivered(200), id="says less than announced and hangs"
        ),
        pytest.param(once(ERROR + SHORT.encode()), FAILED, id="breaks off an error"),
        pytest.param(once(OK + b"Content-Encoding: deflate\r\n\r\n" + BOMB), Delivered(200), id="bomb"),
    ],
)
async def test_a_receiver_that_breaks_off_is_judged_by_what_it_said(
    speech: Speech, expected: Outcome, clock: ManualClock
) -> None:
    async with receiving(speech) as receiver:
        assert await outcome_of(receiver, clock) == expected
        assert receiver.connections == 1


async def test_a_receiver_that_stalls_in_the_handshake_is_cut_off(clock: ManualClock) -> None:
    async with receiving(once(b"", then_hang=True)) as receiver:
        receiver.scheme = "https"
        assert await outcome_of(receiver, clock) == UNANSWERED


async def test_what_is_packed_is_not_unpacked(clock: ManualClock) -> None:
    async with receiving(once(ERROR + b"Content-Encoding: deflate\r\n\r\n" + BOMB)) as receiver:
        outcome = await attempt(receiver, clock)
    assert isinstance(outcome, Failed)
    assert "xxx" not in outcome.excerpt


async def test_a_hundred_receivers_that_never_end_take_little_memory(clock: ManualClock) -> None:
    """C23: 20 kB of each answer are read, whatever comes; what this process holds as the receiver is counted too."""
    async with receiving(endless(ERROR + b"\r\n", b"x" * 0x4000)) as receiver:
        sender = Sender(clock, signing_keys, allow_private=True, timeout_seconds=10)
        await sender.open()
        before_kib = resident_kib()
        hook = Delivery(1, "msg_1", 1, 0, receiver.url, b"{}", attempts=0)
        attempts = [asyncio.create_task(sender.attempt(hook)) for _ in range(100)]
        most_kib = before_kib
        while not all(attempt.done() for attempt in attempts):
            most_kib = max(most_kib, resident_kib())
            await asyncio.sleep(0.005)
        await sender.close()
    assert {attempt.result().status for attempt in attempts} == {500}
    assert most_kib - before_kib <= 20 * 1_024


def resident_kib() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])
