"""`--watch`: the same again and again, until Ctrl-C.

A terminal shows the latest state in place; elsewhere a state is printed when it differs from the one before.
"""

import io
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout

from octy.cli.output import complain
from octy.model.errors import Unavailable

CLEAR = "\x1b[H\x1b[2J"


def watch(show: Callable[[], bool], every_seconds: float) -> bool:
    """Shows it every so many seconds; a server that is away for a while is told of, and asked again."""
    before = None
    try:
        while True:
            try:
                text = _captured(show)
            except Unavailable as away:
                complain(away)
            else:
                if text != before:
                    sys.stdout.write(f"{CLEAR}{text}" if sys.stdout.isatty() else text)
                    sys.stdout.flush()
                before = text
            time.sleep(every_seconds)
    except KeyboardInterrupt:
        return True


class _Screen(io.StringIO):
    """Takes what is meant for standard output, and is a terminal if that is one."""

    def __init__(self, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        """Whether it will be shown on a terminal."""
        return self._is_terminal


def _captured(show: Callable[[], bool]) -> str:
    with redirect_stdout(_Screen(sys.stdout.isatty())) as screen:
        show()
    return screen.getvalue()
