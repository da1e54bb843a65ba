"""How does a client fail? Beside the kinds of `octy.model.errors`, those that only its side of the wire knows."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from octy.client.envelope import ErrorLine
from octy.model.errors import NotFound, OctyError, Refused, Unavailable


class RequestRefused(Refused):
    """The server says that the request is wrong; `lines` hold what it says, and `status` its answer's status."""

    def __init__(self, lines: Sequence[ErrorLine], status: int) -> None:
        self._messages = list(dict.fromkeys(line.error_message for line in lines))
        super().__init__("; ".join(self._messages))
        self.lines = list(lines)
        self.status = status

    @property
    def messages(self) -> list[str]:
        """A line for each reason."""
        return self._messages


class NotThere(RequestRefused, NotFound):
    """The server does not have what the request names (404)."""


class FailedOne(Struct, frozen=True, order=True):
    """An object of several that the server did not accept."""

    index: int
    """Its position in what was given, from 0."""
    reason: str


class SomeFailed(Refused):
    """Of several objects the server did not accept all: `done` were accepted, `failed` were not."""

    def __init__(self, done: Sequence[Any], failed: Sequence[FailedOne]) -> None:
        self.done = list(done)
        self.failed = sorted(failed)
        super().__init__(f"{len(self.failed)} of {len(self.done) + len(self.failed)} failed. {self.messages[0]}")

    @property
    def messages(self) -> list[str]:
        """A line for each that failed."""
        return [f"[{one.index}]: {one.reason}" for one in self.failed]


class Unreached(Unavailable):
    """The server could not even be connected to, so it has seen nothing."""


class BufferFull(OctyError):
    """So many tracked events wait for an answer that this one was not accepted."""


def refusal(lines: Sequence[ErrorLine], status: int) -> RequestRefused:
    """The error for an answer that says that the request is wrong."""
    return NotThere(lines, status) if status == 404 else RequestRefused(lines, status)
