"""When is there colour? On a terminal, unless NO_COLOR is set (no-color.org) or the terminal is a dumb one."""

import os
import sys
from enum import Enum

from octy.cli.output import plain


class Style(Enum):
    """What a text says, whatever colour that is; the values are SGR codes."""

    GOOD = 32
    NOTABLE = 33
    BAD = 31
    HEADING = 1
    QUIET = 2


Part = str | tuple[str, Style]


def say_styled(*parts: Part) -> None:
    """A line of the result, whose parts may have styles."""
    print("".join(map(_shown, parts)))


def has_colours() -> bool:
    """Whether standard output shows them."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _shown(part: Part) -> str:
    if isinstance(part, str):
        return plain(part)
    text, style = part
    return f"\x1b[{style.value}m{plain(text)}\x1b[0m" if has_colours() else plain(text)
