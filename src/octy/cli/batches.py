"""What became of each object of a request that held several? (wire.md 1.2)"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from octy.cli.answers import FailedObject
from octy.cli.transport import RequestRefused

T = TypeVar("T")


def slices(objects: Sequence[T], length: int) -> Iterator[tuple[int, Sequence[T]]]:
    """Consecutive parts of at most `length`, each with the index of its first object."""
    for start in range(0, len(objects), length):
        yield start, objects[start : start + length]


def failures_of(refused: RequestRefused, count: int) -> list[FailedObject]:
    """The failures of a request of `count` objects that was refused as a whole, one for each object.

    Where all objects failed, each for its own reason, the error tells them one by one; any other reason is everyone's.
    """
    if all(line.index is not None for line in refused.lines):
        return [FailedObject(line.error_message, line.index) for line in refused.lines]
    if len(refused.lines) == count:
        return [FailedObject(line.error_message, index) for index, line in enumerate(refused.lines)]
    reason = "; ".join(refused.messages)
    return [FailedObject(reason, index) for index in range(count)]
