"""`octy-cli apply -f FILE`: which kind of file is it, and what becomes of what it defines? (wire.md 5)

A file is judged whole before anything is sent; whatever is wrong with it is told with file, line and column.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from octy.cli.apply_configurations import apply_account, apply_algorithms
from octy.cli.apply_event_types import apply_event_types
from octy.cli.apply_segments import apply_segments
from octy.cli.documents import Document, read_document
from octy.cli.failures import LinesRefused
from octy.client import Octy
from octy.model.values import shown

Prepared = Callable[[Octy], bool]
"""What is left to do once the file has been found right; False if the server refused any of it."""

_KINDS: Mapping[str, Callable[[Document], Prepared]] = {
    "accountConfigurations": apply_account,
    "algorithmConfigurations": apply_algorithms,
    "eventTypes": apply_event_types,
    "segments": apply_segments,
}


def prepare(path: Path) -> Prepared:
    """Reads and judges the file, without a server."""
    document = read_document(path)
    kind = document.root.get("kind") if isinstance(document.root, Mapping) else None
    accepted = ", ".join(_KINDS)
    if kind is None:
        raise LinesRefused([f"{document.place(())}: the key 'kind' is missing: one of {accepted}"])
    place = document.place(("kind",))
    if kind == "templates":
        raise LinesRefused([f"{place}: templates belong to Octy's messaging, which is not part of this server"])
    if not isinstance(kind, str) or kind not in _KINDS:
        raise LinesRefused([f"{place}: kind: expected one of {accepted}; found {shown(kind)}"])
    return _KINDS[kind](document)
