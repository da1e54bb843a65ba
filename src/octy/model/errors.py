"""What can go wrong, as a small family: each kind is something that a caller can act upon differently.

An error holds data (`Problem`, `Violation`); it becomes text here and a status code at the rim, in `octy.http.errors`.
"""

from collections.abc import Sequence

from msgspec import Struct


class Problem(Struct, frozen=True):
    """One thing wrong with an input: where it is, what was found there, and what would be right."""

    path: str
    found: str
    wanted: str

    def __str__(self) -> str:
        return f"{self.path}: expected {self.wanted}; found {self.found}"


class Violation(Struct, frozen=True):
    """One broken rule of a segment definition: enough to mend it without reading the docs."""

    rule: str
    """The rule's number in the semantics: `D7`."""
    path: str
    """The field: `event_sequence[0].exp_timeframe`."""
    found: str
    wanted: str
    place: str | None = None
    """`segments.yml:12:7` where the definition came from a file."""

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        return f"{where}{self.rule} {self.path}: expected {self.wanted}; found {self.found}"


class OctyError(Exception):
    """The base of every error that Octy raises on purpose. Its text is for the user."""


class Refused(OctyError):
    """The input is wrong; the same request will be refused again."""

    def __init__(self, reason: str, problems: Sequence[Problem | Violation] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.problems = tuple(problems)

    @property
    def messages(self) -> list[str]:
        """A line for each problem, or the reason where there are none: never empty."""
        return [str(problem) for problem in self.problems] or [self.reason]


class Conflicting(Refused):
    """The request contradicts an earlier one, such as an `Idempotency-Key` that comes back with another body (E5)."""


class TooMany(Refused):
    """There is one more than there may be; the request is right in itself."""


class NotFound(OctyError):
    """The named thing is not there, or belongs to another account."""


class Unauthorized(OctyError):
    """The credentials are missing or wrong."""


class Forbidden(OctyError):
    """The credentials are right, and not for this."""


class TooManyFailures(Unauthorized):
    """The credentials are wrong, as many were of late; so many seconds later others are looked at."""

    def __init__(self, reason: str, retry_after_seconds: int) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(OctyError):
    """Nothing is wrong with the request, but it cannot be served now."""

    def __init__(self, reason: str, retry_after_seconds: int = 1) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


class TooManyWaiting(Unavailable):
    """Nothing is wrong with the request, but there is no room for it now."""

    def __init__(self) -> None:
        super().__init__("Too many requests are waiting. Nothing was stored; send the request again.")


class TooMuch(Unavailable):
    """Nothing is wrong with the request, but its account has had its share for now."""


class StoreError(OctyError):
    """The data folder cannot be served: in use, of a newer version, or not a store of ours."""


def raise_any(error: OctyError | None) -> None:
    """Raises the error, if there is one. Pass it without giving it a name.

    A frame that has a name for an error which is raised through it makes a circle of the two, with all frames beneath,
    that stays until the collector comes. Where thousands are refused a second, it then stops the server for a tenth of
    a second.
    """
    try:
        if error is not None:
            raise error
    finally:
        del error
