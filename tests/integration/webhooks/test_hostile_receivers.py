"""Receivers that mean harm: each attempt ends, takes little memory, and is judged by the status alone."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import cycle, islice
from pathlib import Path

import msgspec
import pytest

from octy.model.clock import ManualClock
from octy.webhooks.outbox import Delivery
from octy.webhooks.outcome import Delivered, Failed, Outcome
from octy.webhooks.sender import ATTEMPT_SECONDS_MAX, EXCERPT_BYTES_MAX, Sender
from tests.integration.webhooks.receiver import RawReceiver, Speech, signing_keys
from tests.sizes import sized

pytestmark = pytest.mark.anyio

TIMEOUT_SECONDS = 0.3
AT_ONCE, AT_ONCE_SECONDS = 100, sized(ATTEMPT_SECONDS_MAX, 1.0)
STALLS_EVERY = 9
"""One of so many receivers speaks no TLS where it should, and stalls or says something else."""
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


async def attempt(receiver: RawReceiver, clock: ManualClock, timeout_seconds: float = TIMEOUT_SECONDS) -> Outcome:
    sender = Sender(clock, signing_keys, allow_private=True, timeout_seconds=timeout_seconds)
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
ENDLESS: dict[str, tuple[Speech, Outcome]] = {
    "10 GB answer": (endless(OK + b"\r\n", b"x" * 0x4000), Delivered(200)),
    "10 GB error": (endless(ERROR + b"\r\n", b"x" * 0x4000), FAILED),
    "endless chunks": (endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", CHUNK), Delivered(200)),
    "dripping answer": (endless(OK + b"\r\n", b"x", 0.01), Delivered(200)),
    "dripping status": (endless(b"HTTP/1.1 200 ", b"x", 0.01), UNANSWERED),
    "dripping headers": (endless(OK, b"a: b\r\n", 0.01), UNANSWERED),
    "endless headers": (endless(OK, b"a: " + b"x" * 4_000 + b"\r\n"), UNREADABLE),
    "endless header": (endless(OK + b"a: ", b"x" * 4_000), UNREADABLE),
    "flood of 1xx": (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100), UNANSWERED),
}
BROKEN_OFF: dict[str, tuple[Speech, Outcome]] = {
    "closes without a word": (once(b""), BROKEN),
    "speaks something else": (once(b"SSH-2.0-OpenSSH_9.2\r\n"), UNREADABLE),
    "says nothing": (once(b"", then_hang=True), UNANSWERED),
    "closes after the headers": (once(OK + b"\r\n"), Delivered(200)),
    "says less than announced": (once(OK + SHORT.encode()), Delivered(200)),
    "says less than announced and hangs": (once(OK + SHORT.encode(), then_hang=True), Delivered(200)),
    "breaks off an error": (once(ERROR + SHORT.encode()), FAILED),
    "bomb": (once(OK + b"Content-Encoding: deflate\r\n\r\n" + BOMB), Delivered(200)),
}


@pytest.mark.parametrize(("speech", "expected"), ENDLESS.values(), ids=ENDLESS)
async def test_a_receiver_that_never_ends_is_cut_off(speech: Speech, expected: Outcome, clock: ManualClock) -> None:
    async with receiving(speech) as receiver:
        assert await outcome_of(receiver, clock) == expected
        await receiver.cut_off.wait()


@pytest.mark.parametrize(("speech", "expected"), BROKEN_OFF.values(), ids=BROKEN_OFF)
async def test_a_receiver_that_breaks_off_is_judged_by_what_it_said(
    speech: Speech, expected: Outcome, clock: ManualClock
) -> None:
    async with receiving(speech) as receiver:
        assert await outcome_of(receiver, clock) == expected
        assert receiver.connections == 1


async def test_nobody_listens_after_twenty_kilobytes(clock: ManualClock) -> None:
    """C23. The receiver then keeps the connection open: whoever wanted to hear more would wait for an hour."""
    async with receiving(once(ERROR + b"\r\n" + b"x" * 20_000, then_hang=True)) as receiver:
        outcome = await attempt(receiver, clock, timeout_seconds=3_600)
    assert outcome == msgspec.structs.replace(FAILED, excerpt="x" * 1_000)


async def test_a_receiver_that_stalls_in_the_handshake_is_cut_off(clock: ManualClock) -> None:
    async with receiving(once(b"", then_hang=True)) as receiver:
        receiver.scheme = "https"
        assert await outcome_of(receiver, clock) == UNANSWERED


async def test_what_is_packed_is_not_unpacked(clock: ManualClock) -> None:
    async with receiving(once(ERROR + b"Content-Encoding: deflate\r\n\r\n" + BOMB)) as receiver:
        outcome = await attempt(receiver, clock)
    assert isinstance(outcome, Failed)
    assert "xxx" not in outcome.excerpt


async def test_a_hundred_hostile_receivers_at_once_take_little_memory(clock: ManualClock) -> None:
    """C23: 20 kB of each answer are read, whatever comes; what this process holds as the receivers is counted too."""
    speeches = islice(cycle([speech for speech, _ in (*ENDLESS.values(), *BROKEN_OFF.values())]), AT_ONCE)
    async with AsyncExitStack() as stack:
        receivers = [await stack.enter_async_context(receiving(speech)) for speech in speeches]
        for receiver in receivers[::STALLS_EVERY]:
            receiver.scheme = "https"
        sender = Sender(clock, signing_keys, allow_private=True, timeout_seconds=AT_ONCE_SECONDS)
        await sender.open()
        before_kib = resident_kib()
        attempts = [asyncio.create_task(timed(sender, receiver)) for receiver in receivers]
        most_kib = before_kib
        while not all(attempt.done() for attempt in attempts):
            most_kib = max(most_kib, resident_kib())
            await asyncio.sleep(0.005)
        await sender.close()
    said = [attempt.result() for attempt in attempts]
    print(f"{AT_ONCE} at once: {most_kib - before_kib} kB, the slowest {max(took for _, took in said):.2f} s")
    assert all(len(outcome.excerpt) <= EXCERPT_BYTES_MAX for outcome, _ in said)
    assert {outcome.status for outcome, _ in said} == {None, 200, 500}
    assert most_kib - before_kib <= 20 * 1_024


async def timed(sender: Sender, receiver: RawReceiver) -> tuple[Outcome, float]:
    """What came of an attempt, and after how many seconds."""
    clock = asyncio.get_running_loop().time
    began = clock()
    outcome = await sender.attempt(Delivery(1, "msg_1", 1, 0, receiver.url, b"{}", attempts=0))
    return outcome, clock() - began


def resident_kib() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])
