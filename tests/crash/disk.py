"""A server on a disk of its own that can be told to fail (`disk.c`), compiled here."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.crash import serving
from tests.crash.journal import Step, steps

SOURCE = Path(__file__).with_name("disk.c")
ROWS_PER_RUN = 10
"""So small that thirty events fill files of the archive."""


class FailingDisk(NamedTuple):
    """A folder, and how to start a server that sees it through the library."""

    folder: Path
    library: Path
    journal: Path

    def via(self, *, at: int = 0, how: str = "", writes: str = "", synchronous: str = "FULL") -> tuple[str, ...]:
        """What `octy serve` is started through: at that step, or as it writes that, the disk kills or fails it."""
        return (
            "env",
            f"LD_PRELOAD={self.library}",
            f"DISK_FOLDER={self.folder}",
            f"DISK_JOURNAL={self.journal}",
            f"DISK_AT={at}",
            f"DISK_HOW={how}",
            *((f"DISK_WRITES={writes}",) if writes else ()),
            f"ROWS_PER_RUN={ROWS_PER_RUN}",
            f"SYNCHRONOUS={synchronous}",
            sys.executable,
            str(serving.__file__),
        )

    def position(self) -> int:
        """How far the journal goes by now."""
        return self.journal.stat().st_size if self.journal.exists() else 0

    def steps(self) -> list[Step]:
        """All that was done so far."""
        return list(steps(self.journal))


def failing_disk(folder: Path) -> FailingDisk:
    """One below that folder. Skips where there is no compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler for the disk that fails")
    disk = FailingDisk(folder / "disk", folder / "disk.so", folder / "journal")
    disk.folder.mkdir()
    options = ("-O2", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror")
    subprocess.run([compiler, *options, "-o", disk.library, SOURCE, "-ldl", "-lpthread"], check=True)
    return disk
