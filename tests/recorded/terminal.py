"""A shell that a reader of the tutorial would have open: lines are typed into it, and what it shows is read."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.acceptance.processes import Machine, wait_for

COLUMNS = "100"
_DONE = "--- that was all ---\n"


class Terminal:
    """A bash in the machine's folder, with the commands of this checkout."""

    def __init__(self, machine: Machine, name: str) -> None:
        self._notes = machine.folder / "notes" / name
        self._notes.mkdir(parents=True)
        self._out = self._notes / "out"
        path = f"{Path(sys.executable).parent}:{machine.environment['PATH']}"
        environment = machine.environment | {"COLUMNS": COLUMNS, "PATH": path, "PYTHONUNBUFFERED": "1"}
        with self._out.open("w") as out:
            self._bash = subprocess.Popen(
                ["bash"],
                cwd=machine.folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,  # its group is what Ctrl-C goes to
            )
        self._typed = 0
        self._read = 0

    def type(self, lines: str) -> None:
        """Runs lines, in this very shell."""
        self._typed += 1
        script = self._notes / f"{self._typed}.sh"
        script.write_text(lines, encoding="utf-8")
        stdin = self._bash.stdin
        assert stdin is not None
        stdin.write(f". '{script}' </dev/null; echo '{_DONE[:-1]}'\n")
        stdin.flush()

    def ctrl_c(self) -> None:
        """To what runs in it; waits for its end."""
        os.killpg(self._bash.pid, signal.SIGINT)
        self.wait_until_done()

    def wait_until_done(self) -> None:
        """Waits for the end of the lines that were typed last."""
        wait_for("the lines to end", lambda: self._is_done() or self._bash.poll() is not None)

    def _is_done(self) -> bool:
        return self._out.read_text(encoding="utf-8").count(_DONE) == self._typed

    def unread(self) -> str:
        """What it has shown since it was last read."""
        return self._out.read_text(encoding="utf-8")[self._read :]

    def read(self) -> str:
        """The same; from now on it is read."""
        shown = self.unread()
        self._read += len(shown)
        return shown.replace(_DONE, "")
