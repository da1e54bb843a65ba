"""C11. A full disk: writes are refused and lose nothing, reads go on, and once there is room the same server goes on.

That happens several times, and what the server has to say of it finds no room either. The disk is a small file system
in memory, mounted where only the server sees it; where mounting is not allowed, its files are not allowed to grow.
"""

import resource
import shutil
import subprocess
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.acceptance.account import Account, error_lines, messages
from tests.acceptance.ledger import Batch, Ledger, numbered
from tests.acceptance.processes import Machine, Server, wait_for
from tests.crash.extent import extent

pytestmark = pytest.mark.new_interpreters

IN_A_NAMESPACE = ("unshare", "--map-root-user", "--mount", "sh", "-c")
NO_ROOM_FOR_LOGS = ("sh", "-c", 'exec "$@" 2>/dev/full', "sh")
ROUNDS = extent(20, 3)
ROUND_BYTES = extent(24_000_000, 3_000_000)
"""How much room there is in each round. In full SQLite's log is checkpointed, which takes as much as it has."""
DISK_BYTES = ROUNDS * ROUND_BYTES + 3_000_000
MOUNT = f'mount -t tmpfs -o size={DISK_BYTES} octy "$0"'
FILL = f'for n in $(seq {ROUNDS}); do head -c {ROUND_BYTES} /dev/zero > "$0"/filler.$n; done'
BATCHES_MAX = extent(4_000, 500)
EVENTS_PER_BATCH = 400


class Disk(NamedTuple):
    """A server whose disk is small, and how to make room on it."""

    server: Server
    make_room: Callable[[], None]


@pytest.fixture
def disk(machine: Machine) -> Disk:
    folder = machine.folder / "disk"
    folder.mkdir()
    return _mounted(machine, folder) if _may_mount(folder) else _limited(machine)


def test_a_full_disk_refuses_writes_loses_nothing_and_heals(disk: Disk) -> None:
    account, ledger, numbers = Account(disk.server), Ledger(), count()
    (ana,) = account.profiles("ana")

    def batch() -> Batch:
        event = {"event_type": "charged", "profile_id": ana}
        return [numbered(event, f"{next(numbers)} of {EVENTS_PER_BATCH}") for _ in range(EVENTS_PER_BATCH)]

    for _ in range(ROUNDS):
        for _ in range(BATCHES_MAX):
            if refused := ledger.send(account.http, batch()):
                break
        else:
            pytest.fail("the disk was never full")
        assert "nothing of it was" in messages(error_lines(refused, 503))
        assert int(refused.headers["retry-after"]) > 0
        assert len(account.events_of(ana)) == 1000  # reads go on, as far as they show
        for _ in range(3):
            assert ledger.send(account.http, batch()) is not None  # and so do refusals
        disk.make_room()
        wait_for("readiness", lambda: account.http.get("/readyz").status_code == 200)
        wait_for("a write to succeed", lambda: ledger.send(account.http, batch()) is None)
    ledger.resend_acknowledged(disk.server)
    ledger.resend_unanswered(disk.server)
    disk.server.stop(had_trouble=True)


def _may_mount(folder: Path) -> bool:
    if shutil.which("unshare") is None:
        return False
    tried = subprocess.run([*IN_A_NAMESPACE, MOUNT, str(folder)], capture_output=True, check=False)
    return tried.returncode == 0


def _mounted(machine: Machine, folder: Path) -> Disk:
    via = [*IN_A_NAMESPACE, f'{MOUNT} && {FILL} && exec "$@" 2>/dev/full', str(folder)]
    server = machine.serve(data="disk/data", via=via)
    mount = Path(f"/proc/{server.popen.pid}/root{folder}")
    return Disk(server, lambda: next(mount.glob("filler.*")).unlink())


def _limited(machine: Machine) -> Disk:
    server = machine.serve(data="disk/data", via=NO_ROOM_FOR_LOGS)
    pid, room = server.popen.pid, count(ROUND_BYTES, ROUND_BYTES)
    hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]

    def make_room() -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (next(room), hard))

    make_room()
    return Disk(server, make_room)
