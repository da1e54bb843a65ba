"""What a client asked for and what it was told, on the disk: a request before it is sent, its outcome after that."""

import json
import os
from pathlib import Path
from typing import Any, NamedTuple


class Told(NamedTuple):
    """What a diary says of requests, by the key that a client gives to each."""

    sent: dict[str, Any]
    answered: dict[str, Any]


class Diary:
    """One client's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("ab", buffering=0)

    def will_send(self, key: str, request: object) -> None:
        """Before the first attempt."""
        self._write("sent", key, request)

    def is_unknown(self, key: str, why: str) -> None:
        """An attempt came to nothing that its sender could know; it will be repeated."""
        self._write("unknown", key, why)

    def is_answered(self, key: str, outcome: object) -> None:
        """The server has acknowledged it."""
        self._write("answered", key, outcome)

    def _write(self, what: str, key: str, said: object) -> None:
        self._file.write(json.dumps([what, key, said]).encode() + b"\n")
        os.fsync(self._file.fileno())


def told(path: Path) -> Told:
    """What a diary says in the end."""
    found = Told({}, {})
    for line in path.read_text(encoding="utf-8").splitlines():
        what, key, said = json.loads(line)
        if what == "sent":
            found.sent[key] = said
        elif what == "answered":
            found.answered[key] = said
    return found
