"""C03, C10: whichever step on the disk fails, and in whichever way, nothing that was acknowledged is lost by it.

The days are lived in processes of their own (`failing.py`), which have the library loaded and fork their servers.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.processes import KEYS, Machine
from tests.crash import failing
from tests.crash.conftest import Sink
from tests.crash.disk import failing_disk
from tests.crash.extent import IS_FULL, seed
from tests.crash.journal import FAULTS

STEPS_MAX = 10_000
"""More than a day has."""
EVERY = {"eio": (1, 500), "enospc": (1, 800), "short": (1, 800), "again": (6, 800)}
"""Every how many steps there is a day, in full and in a slice."""
THINNED = int(os.environ.get("CRASH_EVERY", "1"))
"""In full, only one of so many of these days is lived."""
FIRST_SYNC_OF_SQLITE = 10
"""The number of that step in a server's life."""
PROCESSES = 2 if IS_FULL else 1


@pytest.mark.parametrize("way", EVERY)
def test_a_server_whose_disk_fails_at_any_step_has_lost_nothing(machine: Machine, sink: Sink, way: str) -> None:
    library = failing_disk(machine.folder).library
    every = EVERY[way][not IS_FULL] * (THINNED if IS_FULL else 1)
    first = 1 + seed() % every
    running = [
        _days(machine, library, sink, way, first + number * every, PROCESSES * every) for number in range(PROCESSES)
    ]
    lines = []
    for process in running:
        said, _ = process.communicate()
        assert not process.returncode, said
        lines += [line for line in said.splitlines() if "\t" in line]
    print(f"{way}: {len(lines)} days")
    assert lines, "no day had a step that failed"


def test_a_new_database_whose_first_sync_fails_is_not_served(machine: Machine) -> None:
    """It would be one without a log, whose commits a power cut can undo."""
    disk = failing_disk(machine.folder)
    via = disk.via(at=FIRST_SYNC_OF_SQLITE, how="eio")
    ended = machine.run("octy", "serve", "--port", "0", "--data", "disk/data", via=via)
    assert [(step.other, step.path) for step in disk.steps() if step.what in FAULTS] == [
        ("sync", "data/octy.db-journal")
    ]
    assert ended.code == 1
    assert "cannot be used: octy.db: disk I/O error" in ended.stderr


@pytest.mark.parametrize("how", ["eio", "short"])
def test_a_new_account_that_cannot_be_stored_ends_the_start_with_the_reason(machine: Machine, how: str) -> None:
    """The last thing that a first start stores; clients would wait for that server for ever."""
    disk = failing_disk(machine.folder)
    via = disk.via(how=how, writes=KEYS["OCTY_PUBLIC_KEY"])
    ended = machine.run("octy", "serve", "--port", "0", "--data", "disk/data", environment=KEYS, via=via)
    assert [(step.other, step.path) for step in disk.steps() if step.what in FAULTS] == [("write", "data/octy.db-wal")]
    assert ended.code == 1
    assert "cannot be used: octy.db: " in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "A new account." in machine.serve(data="disk/data", keys=False).stdout, "its keys are known to nobody"


def _days(machine: Machine, library: Path, sink: Sink, way: str, first: int, every: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [
            *(sys.executable, "-m", failing.__name__, str(machine.folder / f"from {first}"), str(library)),
            *(sink.url, str(sink.file), way, str(first), str(STEPS_MAX), str(every)),
        ],
        env=os.environ | machine.environment | {"LD_PRELOAD": str(library)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
