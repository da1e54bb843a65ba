"""Where in a file is what an error speaks of?

An error names a field by its path, in the words of the wire (`event_sequence[1].exp_timeframe`) or of the YAML file
(`eventSequence[1].expTimeframe`). The path is followed through the data, as far as it leads.
"""

import re
from collections.abc import Mapping

from msgspec.structs import replace

from octy.cli.documents import Document, Trail
from octy.model.errors import Violation

WHOLE = "(body)"
"""How a violation names the definition itself."""

_INDEX = re.compile(r"\[(\d{1,6})\]")


def follow(value: object, path: str) -> Trail:
    """The keys and indices that the path names, up to the first that is not there.

    A property's key may itself contain dots and brackets, so the longest key that fits is taken.
    """
    trail: list[str | int] = []
    while path:
        path = path.removeprefix(".")
        index = _INDEX.match(path)
        if index and isinstance(value, list) and int(index[1]) < len(value):
            trail.append(int(index[1]))
            value, path = value[int(index[1])], path[index.end() :]
        elif isinstance(value, Mapping) and (keys := [key for key in value if _leads(path, key)]):
            key = max(keys, key=len)
            trail.append(key)
            value, path = value[key], path[len(key) :]
        else:
            break
    return tuple(trail)


def placed(document: Document, base: Trail, definition: object, violation: Violation) -> Violation:
    """The violation with its path from the root and its place. `definition` is what stands at `base`."""
    path = violation.path if violation.path != WHOLE else ""
    return replace(
        violation,
        path=f"{path_of(base)}.{path}".rstrip("."),
        place=document.place((*base, *follow(definition, path))),
    )


def path_of(trail: Trail) -> str:
    """`configurations[1].algorithmName`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in trail)
    return "".join(steps).removeprefix(".") or "(file)"


def _leads(path: str, key: str) -> bool:
    return path == key or path.startswith((key + ".", key + "["))
