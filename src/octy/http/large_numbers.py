"""Where in a body is the number that its decoder could not hold? The decoder names neither the place nor the number."""

import json
from math import isinf

from octy.model.values import in_path, shown


class _TooLarge(str):
    """A number as it was written."""


def number_out_of_range(body: bytes) -> tuple[str, str] | None:
    """Path and text of the first number that nothing of 64 bits comes near to; None if there is none, or no JSON."""
    try:
        root = json.loads(bytes(body), parse_float=_float, parse_int=_integer)
    except (ValueError, RecursionError):  # what is no JSON after that number
        return None
    waiting: list[tuple[str, object]] = [("", root)]
    while waiting:
        path, value = waiting.pop()
        match value:
            case _TooLarge():
                return path.removeprefix("."), shown(value).strip('"')
            case dict():
                waiting += reversed([(f"{path}.{in_path(key)}", inner) for key, inner in value.items()])
            case list():
                waiting += reversed([(f"{path}[{index}]", inner) for index, inner in enumerate(value)])
    return None


def _float(text: str) -> float | _TooLarge:
    number = float(text)
    return _TooLarge(text) if isinf(number) else number


def _integer(text: str) -> int | _TooLarge:
    try:
        return int(text)
    except ValueError:  # more digits than Python reads
        return _TooLarge(text)
