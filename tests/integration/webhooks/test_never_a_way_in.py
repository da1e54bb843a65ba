"""C13: whatever URL an account sets, no connection is made to an address inside.

Proved twice: no socket is even made for one, which our own factory of sockets would be asked for; and where `strace` is
installed, the system is watched from outside while all of it is tried on both event loops.
"""

import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from octy.model.errors import Refused
from octy.webhooks.addresses import NOT_PUBLIC, check_url, may_connect_to
from octy.webhooks.guard import GuardedResolver
from octy.webhooks.names import SystemLookup
from octy.webhooks.outcome import Delivered, Failed
from tests.integration.webhooks.hostile import ANSWERS, INSIDE, INSIDE_6, NAMES, PUBLIC, URLS, Attempts, spellings
from tests.integration.webhooks.receiver import Receiver

pytestmark = pytest.mark.anyio

STRACE_SECONDS_MAX = 120
CONNECT = re.compile(r"connect\(\d+, \{sa_family=AF_INET6?, .*")

IS_GLOBAL_SAYS_YES = (
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::",
    "::127.0.0.1",
    "5f00::1",
    "224.0.0.1",
    "192.88.99.1",
)
"""On the Pythons that we run on, or on some of them."""


def test_there_are_at_least_three_hundred_urls() -> None:
    assert len(set(URLS)) >= 300


@pytest.mark.parametrize("url", URLS, ids=ascii)
def test_none_can_be_configured(url: str) -> None:
    with pytest.raises(Refused) as refused:
        check_url(url, allow_private=False, allow_http=True)
    assert not any(address in refused.value.reason for address in (*INSIDE, *INSIDE_6[3:]))


async def test_none_is_connected_to_though_it_was_configured_somehow(sockets: list[tuple[Any, ...]]) -> None:
    async with Attempts() as attempts:
        for url in URLS:
            said = await attempts.at(url)
            assert isinstance(said, Failed), url
            assert not any(address in said.reason for address in (*INSIDE, *INSIDE_6[3:])), (
                "nobody is told who is there"
            )
    assert sockets == []


async def test_a_name_that_leads_inside_is_not_connected_to(sockets: list[tuple[Any, ...]]) -> None:
    async with Attempts() as attempts:
        for answer in ANSWERS:
            attempts.answer = answer
            assert await attempts.at("https://hooks.shop.com/") == Failed(NOT_PUBLIC), answer
    assert sockets == []


async def test_a_name_that_leads_outside_first_and_inside_next_is_judged_each_time(
    sockets: list[tuple[Any, ...]],
) -> None:
    """Rebinding: there is one question for each attempt, and what it led to at another is nothing to go by."""
    async with Attempts() as attempts:
        for answer in ANSWERS[: len(INSIDE)]:
            attempts.answer = [PUBLIC]
            assert (await attempts.at("https://hooks.shop.com/")) != Failed(NOT_PUBLIC)
            attempts.answer = answer
            assert await attempts.at("https://hooks.shop.com/") == Failed(NOT_PUBLIC), answer
    assert len(sockets) == len(INSIDE)


async def test_a_public_address_would_be_connected_to(sockets: list[tuple[Any, ...]]) -> None:
    """Else the tests above would prove nothing."""
    async with Attempts() as attempts:
        attempts.answer = [PUBLIC]
        assert isinstance(await attempts.at("https://hooks.shop.com/"), Failed)
    assert len(sockets) == 1


@pytest.mark.parametrize("host", ["0x7f.1", "2130706433", "0177.0.0.1", "127.1", "0", "0x7f000001", "localhost"])
async def test_whatever_the_systems_resolver_makes_of_a_host_is_judged(host: str) -> None:
    """The second line: such hosts are in no valid URL, but should one come so far, its address counts."""
    with pytest.raises(Refused, match="not public"):
        await GuardedResolver(SystemLookup(), allow_private=False).resolve(host, 80)


@pytest.mark.parametrize("address", IS_GLOBAL_SAYS_YES)
def test_addresses_that_pythons_own_judgement_takes_for_global_are_refused(address: str) -> None:
    assert not may_connect_to(address, allow_private=False)
    assert not may_connect_to(address, allow_private=True)


async def test_no_redirect_leads_inside(receiver: Receiver, other_receiver: Receiver) -> None:
    hosts = [host for address in INSIDE for host in spellings(address)]
    places = [*URLS, *(f"http://{host}:{other_receiver.port}/" for host in hosts), other_receiver.url]
    statuses = (301, 302, 303, 307, 308)
    places = [place for place in places if place.isprintable()]
    async with Attempts(allow_private=True) as attempts:
        for number, place in enumerate(places):
            status = statuses[number % len(statuses)]
            receiver.script = [web.Response(status=status, headers={"Location": place})]
            said = await attempts.at(receiver.url)
            assert said == Failed(f"The receiver answered {status}. Redirects are not followed.", status=status)
    assert other_receiver.requests == []
    assert len(receiver.requests) == len(places)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: no watching from outside")
def test_the_system_makes_no_connection_but_the_one_that_is_allowed(tmp_path: Path) -> None:
    heard, trace = [], tmp_path / "trace"
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        command = ["strace", "-f", "-e", "trace=connect", "-o", str(trace), sys.executable]
        sending = subprocess.Popen(
            [*command, "-m", "tests.integration.webhooks.hostile", str(port)],
            cwd=Path(__file__).parents[3],
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            listening.settimeout(STRACE_SECONDS_MAX)
            for _ in range(2):
                connection, _ = listening.accept()
                with connection:
                    heard.append(connection.recv(65_536))
                    connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            _, complaints = sending.communicate(timeout=STRACE_SECONDS_MAX)
        except TimeoutError:
            sending.kill()
            complaints = sending.communicate()[1]
            if "ptrace" in complaints or "Operation not permitted" in complaints:
                pytest.skip("strace may not watch here: no watching from outside")
            raise
    assert sending.returncode == 0, complaints
    assert len(heard) == 2
    connects = CONNECT.findall(trace.read_text())
    allowed = [line for line in connects if f"sin_port=htons({port})" in line and '"127.0.0.1"' in line]
    assert connects == allowed
    assert len(allowed) == 2, "one on each event loop, or the trace would prove nothing"


def test_names_are_in_the_list_for_a_reason() -> None:
    """A name is judged by its address at every attempt; those that can only lead inside are refused when set."""
    for name in NAMES:
        with pytest.raises(Refused):
            check_url(f"https://{name}/", allow_private=False)


async def test_an_allowed_receiver_is_reached(receiver: Receiver) -> None:
    async with Attempts(allow_private=True) as attempts:
        assert await attempts.at(receiver.url) == Delivered(200)
