"""Ten times more comes in than can be done, for some seconds, whatever becomes of what came before (C20).

What is refused is refused in the usual shape; what is acknowledged is stored; memory does not grow with what is sent.
"""

import asyncio
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.acceptance.account import Account, Json, lines_of, step, stored_rows
from tests.acceptance.ledger import EVENTS
from tests.acceptance.processes import PATIENCE_SECONDS, Machine, Server
from tests.acceptance.raw import AUTHORIZATION

pytestmark = pytest.mark.new_interpreters

EVENTS_PER_BATCH = 500
BODY_BYTES = 1_000_000
"""Mostly blanks, so that a wave's bodies hold twelve times what may wait, and what is stored of them is small."""
WAVE = 400
WAVES = 4
WAVE_EVERY_SECONDS = 1.0
"""A wave comes whether or not the ones before are answered. Of each, about a tenth is done."""
GROWTH_BYTES_MAX = 250_000_000
"""What may wait and what it becomes, a buffer for each connection, and what the store needs for itself. Without a bound
a wave takes more than twice as much."""


class Told(NamedTuple):
    """How a request was answered."""

    status: int
    head: str
    body: Json


def test_overload_is_refused_at_once_and_memory_stays_flat(machine: Machine) -> None:
    server = machine.serve()
    account = Account(server)
    account.event_type("viewed")
    account.segment("viewers", "past", 1, step("viewed"), days=30)
    (ana,) = account.profiles("ana")
    before = _memory_bytes(server, "VmRSS")
    told = asyncio.run(_storm(server, _batch(ana)))
    accepted = [one for one in told if one.status != 503]
    refused = [one for one in told if one.status == 503]
    assert len(told) == WAVE * WAVES
    assert accepted
    assert refused
    for one in refused:
        assert re.search(r"\r\nretry-after: [1-9]", one.head), one.head
        (line,) = lines_of(one.body, 503)
        assert "Too many requests are waiting" in line["error_message"]
    assert _memory_bytes(server, "VmHWM") - before < GROWTH_BYTES_MAX
    acknowledged = [one["event_id"] for answer in accepted for one in answer.body["created_events"]]
    assert len(set(acknowledged)) == len(accepted) * EVENTS_PER_BATCH
    assert stored_rows(server.data)["events"] == len(acknowledged)
    for _ in range(10):
        assert account.happens("viewed", ana)["event_id"] not in acknowledged, "and it goes on as before"
    assert set(account.tags_of(ana)) == {"viewers"}
    server.stop()


def _batch(profile_id: str) -> bytes:
    event = {"event_type": "viewed", "profile_id": profile_id, "event_properties": {"page": "home"}}
    return json.dumps({"events": [event] * EVENTS_PER_BATCH}).encode().ljust(BODY_BYTES)


async def _storm(server: Server, body: bytes) -> Sequence[Told]:
    """What everybody in the waves is told; in between somebody asks for the server's health."""
    waves: list[asyncio.Task[Told]] = []
    for _ in range(WAVES):
        waves += [asyncio.create_task(_exchange(server, "POST", EVENTS, body)) for _ in range(WAVE)]
        await asyncio.sleep(WAVE_EVERY_SECONDS)
        assert (await _exchange(server, "GET", "/healthz")).status == 200
    return await asyncio.gather(*waves)


async def _exchange(server: Server, method: str, path: str, body: bytes = b"") -> Told:
    """One request on a connection of its own."""
    lines = [f"{method} {path} HTTP/1.1", "Host: octy", f"Authorization: {AUTHORIZATION}"]
    sent = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body
    async with asyncio.timeout(PATIENCE_SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        try:
            writer.write(sent)
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = re.search(r"\r\ncontent-length: (\d+)", head)
            assert length is not None, head
            answer = json.loads(await reader.readexactly(int(length[1])))
        finally:
            writer.close()
    return Told(int(head.split()[1]), head, answer)


def _memory_bytes(server: Server, name: str) -> int:
    """`VmRSS`, what a process holds now, or `VmHWM`, the most that it ever held."""
    status = Path(f"/proc/{server.popen.pid}/status").read_text()
    found = re.search(rf"^{name}:\s+(\d+) kB$", status, re.MULTILINE)
    assert found is not None, status
    return int(found[1]) * 1024
