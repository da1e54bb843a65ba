"""How the operator's commands speak: numbers in columns on standard output, progress on a terminal's standard error."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence

from msgspec import to_builtins

from octy.server.settings import Value

_CLEAR_LINE = "\r\x1b[K"


class Progress:
    """Says what is done now, on one line that is gone afterwards; nothing where nobody looks."""

    def __init__(self) -> None:
        self._is_seen = sys.stderr.isatty()

    def __call__(self, doing: str) -> None:
        """Something else is done now."""
        if self._is_seen:
            print(f"{_CLEAR_LINE}{plain(doing)} …", end="", file=sys.stderr, flush=True)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_seen:
            print(_CLEAR_LINE, end="", file=sys.stderr, flush=True)


def plain(text: object) -> str:
    """The text on one line, without control characters: names come from accounts."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in str(text))


def tell(lines: Iterable[object]) -> None:
    """Lines on standard output."""
    for line in lines:
        print(plain(line))


def tell_numbers(numbers: Mapping[str, int]) -> None:
    """A line for each, the figures below each other."""
    names = max(map(len, numbers), default=0)
    figures = max((len(f"{count:,}") for count in numbers.values()), default=0)
    for name, count in numbers.items():
        print(f"  {name:<{names}}  {count:>{figures},}")


def counted(count: int, noun: str) -> str:
    """`1 difference`, `1,234 differences`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def tell_settings(values: Sequence[Value], *, as_json: bool) -> None:
    """A line for each, with where it comes from."""
    if as_json:
        print(json.dumps({"settings": to_builtins(values)}, indent=2))
        return
    rows = [(one.setting, "" if one.value is None else json.dumps(one.value), one.source) for one in values]
    widths = [max(len(row[place]) for row in rows) for place in (0, 1)]
    tell(f"{name:<{widths[0]}}  {value:<{widths[1]}}  {source}" for name, value, source in rows)
