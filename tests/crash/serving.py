"""`octy serve` as a program that tests may bend: smaller files in the archive, a store that syncs less than it must.

Run with the command that it is to be: `serving.py octy serve …`. `ROWS_PER_RUN` is the archiver's; `SYNCHRONOUS` is
SQLite's, in the place of FULL, to prove that a test notices.
"""

import os
import sys

from octy.server.main import main
from octy.service import archiver
from octy.store import sqlite


def bend() -> None:
    archiver.ROWS_PER_RUN = int(os.environ.get("ROWS_PER_RUN", archiver.ROWS_PER_RUN))
    if synchronous := os.environ.get("SYNCHRONOUS"):
        sqlite._WRITER_PRAGMAS += (f"synchronous = {synchronous}",)


if __name__ == "__main__":
    sys.argv = sys.argv[1:]
    bend()
    main()
