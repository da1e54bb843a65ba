"""A command on a terminal, as a person sees it: what it shows there, and what is typed."""

import os
import pty
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

BYTES_PER_READ = 65_536


def on_a_terminal(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, typed: str = "", columns: int = 100
) -> tuple[int, str]:
    """The exit code, and all that the terminal showed. What is typed is there from the beginning."""
    mine, theirs = pty.openpty()
    shown = b""
    os.write(mine, typed.encode())
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**environment, "TERM": "xterm", "COLUMNS": str(columns)},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as running:
        os.close(theirs)
        while part := _read(mine):
            shown += part
    os.close(mine)
    return running.returncode, shown.decode(errors="replace").replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    """Empty at its end, of which Linux tells by an error."""
    try:
        return os.read(terminal, BYTES_PER_READ)
    except OSError:
        return b""
