"""What stands around every answer of the server, and what an error says (wire.md 1 to 1.2)."""

from msgspec import Struct
from msgspec.structs import replace


class Meta(Struct):
    """`request_meta` (wire.md 1)."""

    message: str = ""
    total: int = 0


class Done(Struct):
    """Success, whatever the body says."""


class FailedObject(Struct):
    """An element of `failed_to_create`, `…_update` or `…_delete`: which it was, and why it failed (wire.md 1.2)."""

    error_message: str = "no reason given"
    index: int | None = None
    """The object's position in the request, from 0."""


class ErrorLine(Struct):
    """An element of an error's `errors`: words, and from our own server also their parts."""

    error_message: str = ""
    index: int | None = None
    """Which object of the request, from 0, where all of several failed."""
    rule: str | None = None
    path: str | None = None
    """The field: `event_sequence[0].exp_timeframe`."""
    found: str | None = None
    wanted: str | None = None


class ErrorBody(Struct):
    """`error` (wire.md 1.1)."""

    reason: str = ""
    errors: list[ErrorLine] = []


class ErrorAnswer(Struct):
    """A body of any status from 400."""

    error: ErrorBody

    @property
    def lines(self) -> list[ErrorLine]:
        """At least one, each with a message."""
        reason = self.error.reason or "no reason given"
        lines = self.error.errors or [ErrorLine()]
        return [line if line.error_message else replace(line, error_message=reason) for line in lines]
