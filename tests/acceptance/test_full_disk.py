"""A full disk: writes are refused and lose nothing, reads go on, and once there is room the same server goes on.

The disk is a small file system in memory, mounted where only the server sees it; where mounting is not allowed, the
server's files are not allowed to grow.
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

IN_A_NAMESPACE = ("unshare", "--map-root-user", "--mount", "sh", "-c")
MOUNT = 'mount -t tmpfs -o size=6m octy "$0"'
FILL = 'head -c 3000000 /dev/zero > "$0"/filler'
FILE_BYTES_MAX = 3_000_000
BATCHES_MAX = 500
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
    server = machine.serve(data="disk/data", via=[*IN_A_NAMESPACE, f'{MOUNT} && {FILL} && exec "$@"', str(folder)])
    filler = Path(f"/proc/{server.popen.pid}/root{folder}/filler")
    return Disk(server, filler.unlink)


def _limited(machine: Machine) -> Disk:
    server = machine.serve(data="disk/data")
    pid = server.popen.pid
    former = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (FILE_BYTES_MAX, former[1]))
    return Disk(server, lambda: _unlimited(pid, former))


def _unlimited(pid: int, former: tuple[int, int]) -> None:
    resource.prlimit(pid, resource.RLIMIT_FSIZE, former)
