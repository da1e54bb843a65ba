"""What a body of the largest size that is taken costs a server in memory: at most four times its bytes (C27).

By the system's account of the whole process. What a server keeps of an event until the archive has it is in that, and
so are the database's pages. `python -m bench hostile` measures more kinds of them.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from octy.model.limits import BODY_BYTES_MAX
from tests.acceptance.account import Account, decoded
from tests.acceptance.processes import Machine, Server, wait_for
from tests.large_bodies import BODIES, large_body

BODIES_MAX = 4
REST_SECONDS = 0.3
TICKS_AT_REST_MAX = 1
"""Hundredths of a second of a processor."""
TRIES = 5
"""The least counts, for work of the server's own may fall into some: a third, where others have the cores."""
RESETS_PEAK = "5"
"""What the system takes as a wish to forget how much a process held at most."""


def test_what_is_stored_takes_at_most_four_times_its_bytes(machine: Machine) -> None:
    server = machine.serve()
    account = Account(server)
    (who,) = account.profiles("ana")
    account.happens("charged", who)
    for kind in BODIES:
        _require_small(
            kind, (_growth_bytes(server, account, kind, large_body(kind, who, turn)) for turn in range(TRIES))
        )
    server.stop()


@pytest.mark.parametrize("kind", [kind for kind, large in BODIES.items() if large.field == "events"])
def test_so_does_the_first_that_a_server_sees(machine: Machine, kind: str) -> None:
    """Which finds no memory that another has left."""

    def grown() -> Iterator[int]:
        for turn in range(TRIES):
            server = machine.serve(data=f"data{turn}")
            account = Account(server)
            (who,) = account.profiles("ana")
            account.happens("charged", who)
            yield _growth_bytes(server, account, kind, large_body(kind, who, 0))
            server.stop()

    _require_small(kind, grown())


def _require_small(kind: str, grown: Iterator[int]) -> None:
    """One of them at least."""
    tried = []
    for one in grown:
        tried.append(one)
        if one <= BODIES_MAX * BODY_BYTES_MAX:
            return
    pytest.fail(f"{kind}: {tried}")


def _growth_bytes(server: Server, account: Account, kind: str, body: bytes) -> int:
    """How much more the server holds at most, from before it is sent the body until it has answered."""
    before = wait_for("the server to have loaded what it needs", lambda: _at_rest(server))
    Path(f"/proc/{server.popen.pid}/clear_refs").write_text(RESETS_PEAK)
    headers = {"Content-Type": "application/json"}
    answer = decoded(account.http.post(BODIES[kind].path, content=body, headers=headers))
    assert answer["request_meta"]["count"] == BODIES[kind].stored
    return _bytes(server, "VmHWM") - before


def _at_rest(server: Server) -> int | None:
    """What it holds, if that stays so for a moment in which it does next to nothing.

    A server goes on loading once it is ready, and where others have the cores, holds no more for a moment meanwhile.
    """
    held, used = _bytes(server, "VmRSS"), _ticks(server)
    time.sleep(REST_SECONDS)
    return held if _bytes(server, "VmRSS") == held and _ticks(server) - used <= TICKS_AT_REST_MAX else None


def _ticks(server: Server) -> int:
    """How much of a processor it has used, in hundredths of a second."""
    fields = Path(f"/proc/{server.popen.pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _bytes(server: Server, name: str) -> int:
    """`VmRSS`, what the process holds now, or `VmHWM`, the most since that was last forgotten."""
    (line,) = (one for one in Path(f"/proc/{server.popen.pid}/status").read_text().splitlines() if one.startswith(name))
    return int(line.split()[1]) * 1024
