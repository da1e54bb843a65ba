"""What became of a request for several objects: one bad object never voids the others (wire.md 1.2)."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Failure(Struct, frozen=True):
    """Why the object at `index` (from 0) of the request was not accepted."""

    index: int
    message: str


class Outcome(Struct, Generic[T], frozen=True):
    """The accepted objects in the request's order, and the failures."""

    done: Sequence[T]
    failed: list[Failure]
