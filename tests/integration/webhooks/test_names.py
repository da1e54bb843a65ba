"""C13: wherever a name leads, and whenever, no connection is made to an address inside.

Shown twice with a real name server. A client of the tests asks it, and no socket is made. And the system's own resolver
asks it in a network in which every address leads to one listener, who hears of each connection that is made; where
`strace` is installed it watches as well. Where the system lends us no such network, the former stands alone.
"""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from octy.webhooks.addresses import NOT_PUBLIC
from octy.webhooks.outcome import Failed
from tests.integration.webhooks.hostile import PUBLIC, Attempts
from tests.integration.webhooks.name_server import HOSTILE, INSIDE_NAME, REBINDING, ZONE, Asking, serving
from tests.integration.webhooks.own_network import FILES, NAMES_PORT, PORT, SCRIPT

pytestmark = pytest.mark.anyio

SECONDS_MAX = 300
STRACE = ("strace", "-f", "-yy", "-e", "trace=connect", "-o")
CONNECT = re.compile(r'connect\(\d+<(TCP|UDP)(?:v6)?:.*?port=htons\((\d+)\).*?"([^"]+)"')
LOOPS = 2
REBINDINGS = sum(name.startswith(REBINDING) for name in HOSTILE)


async def test_no_socket_is_made_for_a_name_that_leads_inside(sockets: list[tuple[Any, ...]]) -> None:
    with serving(0) as (_, port):
        async with Attempts(lookup=Asking(port)) as attempts:
            for name in HOSTILE:
                url = f"https://{name}/hook"
                if name.startswith(REBINDING):
                    assert await attempts.at(url) != Failed(NOT_PUBLIC), name
                assert await attempts.at(url) == Failed(NOT_PUBLIC), name
    assert len(sockets) == REBINDINGS > 0


def test_the_systems_resolver_leads_nobody_inside(tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    if _in_own_network(tmp_path, "true").returncode:
        pytest.skip("no network of its own for this test here: the one above needs none")
    trace = tmp_path / "trace"
    watched = (*STRACE, str(trace))
    is_watched = _in_own_network(tmp_path, *watched, "true").returncode == 0
    program = (sys.executable, "-m", "tests.integration.webhooks.own_network")
    ended = _in_own_network(tmp_path, *(watched if is_watched else ()), *program)
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    wanted = {PUBLIC: LOOPS * (REBINDINGS + 1), ZONE[INSIDE_NAME][0][0]: LOOPS}
    assert said["heard"] == wanted
    assert said["asked"].keys() == ZONE.keys(), "it was this name server that was asked"
    if is_watched:
        _check(trace.read_text(), wanted)


def _in_own_network(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    own_network = ("unshare", "--user", "--map-root-user", "--mount", "--net", "sh", "-c", SCRIPT, "sh", str(folder))
    whole = (*own_network, *command)
    root = Path(__file__).parents[3]
    try:
        return subprocess.run(whole, cwd=root, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
    except FileNotFoundError:
        return subprocess.CompletedProcess(whole, 127)


def _check(trace: str, wanted: dict[str, int]) -> None:
    """No connection but those that were heard, and questions to the name server.

    The resolver also "connects" a datagram socket to port 0 of each of several addresses, and so learns which of its
    own it would send from, by which it sorts them (RFC 6724). That sends nothing.
    """
    connects = Counter((kind, address, int(port)) for kind, port, address in CONNECT.findall(trace))
    streams = {address: count for (kind, address, port), count in connects.items() if kind == "TCP" and port == PORT}
    assert streams == wanted
    others = {key for key in connects if (key[0] == "TCP" and key[2] != PORT) or (key[0] == "UDP" and key[2] != 0)}
    assert others == {("UDP", "127.0.0.1", NAMES_PORT)}
