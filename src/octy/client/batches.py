"""How do many objects reach the server, and what became of each? (wire.md 1.2)

They are sent in their order, as many in a request as fit. One that is refused does not stop the others; in the end all
that failed are told at once.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from octy.client.answers import Several
from octy.client.envelope import FailedObject
from octy.client.errors import FailedOne, RequestRefused, SomeFailed
from octy.client.requests import Requests
from octy.client.steps import Steps
from octy.model import limits
from octy.model.errors import Problem, Refused

Row = TypeVar("Row")

ENVELOPE_BYTES = 100
"""What stands around the objects of a request, at most."""

_encode = msgspec.json.Encoder().encode


def sent(
    requests: Requests, path: str, key: str, objects: Iterable[Any], batch_max: int, answer: type[Several[Row]]
) -> Steps[list[Row]]:
    """What the server made of all objects, in their order; SomeFailed, once all are sent, if it refused any."""
    bodies = [encoded(one, f"{key}[{index}]") for index, one in enumerate(objects)]
    done: list[Row] = []
    failed: list[FailedOne] = []
    for start, end in ranges(bodies, batch_max):
        some = bodies[start:end]
        try:
            came = yield from requests.post(path, joined(key, some), answer)
        except RequestRefused as refused:
            failures = failures_of(refused, len(some))
        else:
            done += came.done
            failures = came.failed
        failed += [FailedOne(start + (one.index or 0), one.error_message) for one in failures]
    if failed:
        raise SomeFailed(done, failed)
    return done


def encoded(one: object, path: str) -> bytes:
    """The object as JSON. Refused where it has no JSON form, so that it cannot spoil a request for others."""
    try:
        return _encode(one)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:  # UnicodeEncodeError is a ValueError
        raise Refused(f"{path} cannot be sent: {error}", [Problem(path, str(error), "values that JSON has")]) from None


def joined(key: str, bodies: Sequence[bytes]) -> bytes:
    """The body of a request."""
    return b'{"%s":[%s]}' % (key.encode(), b",".join(bodies))


def ranges(bodies: Sequence[bytes], batch_max: int) -> Iterator[tuple[int, int]]:
    """Ranges of objects that fit into one request: by their number, and by the bytes that a server takes."""
    start = size = 0
    for index, body in enumerate(bodies):
        size += len(body) + 1
        if index > start and (index - start == batch_max or size > limits.BODY_BYTES_MAX - ENVELOPE_BYTES):
            yield start, index
            start, size = index, len(body) + 1
    if bodies:
        yield start, len(bodies)


def failures_of(refused: RequestRefused, count: int) -> list[FailedObject]:
    """The failures of a request of `count` objects that was refused as a whole, one for each object.

    Where all objects failed, each for its own reason, the error tells them one by one; any other reason is everyone's.
    """
    if names_objects(refused):
        return [FailedObject(line.error_message, line.index) for line in refused.lines]
    if len(refused.lines) == count:
        return [FailedObject(line.error_message, index) for index, line in enumerate(refused.lines)]
    reason = "; ".join(refused.messages)
    return [FailedObject(reason, index) for index in range(count)]


def names_objects(refused: RequestRefused) -> bool:
    """Whether it speaks of each object, rather than of the request."""
    return all(line.index is not None for line in refused.lines)
