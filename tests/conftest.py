"""What all tests share: a soak's seed, new each time and shown, so that a failure can be lived through again.

And their folders, in memory where there is room: no test cuts the power, so none can tell a sync there from a real one.
"""

import os
import random
import shutil
import signal
from pathlib import Path

import pytest

from tests import canaries

pytest.register_assert_rewrite("tests.property.agreement", "tests.property.harness")  # so that failures show both sides

IN_MEMORY = Path("/dev/shm")
ROOM_BYTES = 4_000_000_000


@pytest.hookimpl(trylast=True)  # after pytest's own, which knows where folders are
def pytest_configure(config: pytest.Config) -> None:
    """Before pytest-xdist starts its workers, which inherit the environment."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background is deaf to Ctrl-C
    if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free >= ROOM_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))
    if "SOAK_HISTORIES" in os.environ:
        os.environ.setdefault("SOAK_SEED", str(random.randrange(10**9)))
    canaries.watch(config)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How to run the same soak again."""
    if "SOAK_SEED" in os.environ:
        soak = f"SOAK_SEED={os.environ['SOAK_SEED']} SOAK_HISTORIES={os.environ.get('SOAK_HISTORIES', '')}"
        terminalreporter.write_line(f"the same soak again: {soak}")
