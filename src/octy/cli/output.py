"""What reaches the terminal: results on stdout, problems on stderr, and never a byte that a terminal would obey.

Names and messages come from servers and files. Whatever is not printable (escape sequences, NUL, bidirectional
controls, lone surrogates) is shown as its code point.
"""

import io
import sys
from collections.abc import Iterable


def plain(text: object) -> str:
    """The text on one line, without control characters."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in str(text))


def say(text: object) -> None:
    """A line of the result."""
    print(plain(text))


def complain(text: object) -> None:
    """A line about a problem."""
    sys.stdout.flush()  # so that both streams, where they go to one place, stay in order
    print(plain(text), file=sys.stderr)


def complain_all(lines: Iterable[object]) -> None:
    """A line for each."""
    for line in lines:
        complain(line)


def counted(number: int, noun: str) -> str:
    """`1 profile`, `2,000 profiles`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def survive_narrow_encodings() -> None:
    """A terminal that cannot show a character gets its escape instead of a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
