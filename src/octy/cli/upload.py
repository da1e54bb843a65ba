"""`octy-cli upload profiles|items|events -f FILE.csv`: how do the rows reach the server, and what became of each?

They are sent in the file's order, one batch after the other, because a sandbox's clock follows the events (T4). A batch
is carried out once, however often it has to be sent (E5). Rows that the server refuses do not stop the others; a server
that is gone, or refuses the keys, does.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from octy.cli.answers import UploadAnswer
from octy.cli.columns import EVENTS, ITEMS, PROFILES, Form
from octy.cli.csv_objects import Objects, read_objects
from octy.cli.failures import Interrupted, Stopped
from octy.cli.progress import progress
from octy.cli.tally import Tally
from octy.client import Octy, RequestRefused, Unreached
from octy.client.batches import failures_of
from octy.model import limits
from octy.model.errors import OctyError, Unauthorized

ENVELOPE_BYTES = 100
"""What stands around the objects of a request, at most."""


class Uploadable(NamedTuple):
    """A kind of object: its name, the columns of its files, its route and the word for several in a request."""

    noun: str
    form: Form
    path: str
    request_key: str
    batch_max: int


KINDS = {
    "profiles": Uploadable(
        "profile", PROFILES, "/v1/retention/profiles/create", "profiles", limits.PROFILES_PER_BATCH_MAX
    ),
    "items": Uploadable("item", ITEMS, "/v1/retention/items/create", "items", limits.ITEMS_PER_BATCH_MAX),
    "events": Uploadable("event", EVENTS, "/v1/retention/events/create/batch", "events", limits.EVENTS_PER_BATCH_MAX),
}


def read(kind: Uploadable, path: Path) -> Objects:
    """Reads and judges the file, without a server."""
    return read_objects(path, kind.form)


def upload(server: Octy, kind: Uploadable, objects: Objects) -> bool:
    """Sends all rows and tells what became of them; False if any failed."""
    tally = Tally(kind.noun, objects)
    start = end = 0
    try:
        with progress(kind.noun, len(objects.bodies)) as advance:
            for start, end in _batches(objects, kind.batch_max):
                tally.add(start, end, _send(server, kind, objects.bodies[start:end]))
                advance(end - start)
    except (KeyboardInterrupt, OctyError) as reason:
        tally.report()
        raise _stopped(reason, tally, start, end) from None
    tally.report()
    return tally.failed_count == 0


def _batches(objects: Objects, batch_max: int) -> Iterator[tuple[int, int]]:
    """Ranges of rows that fit into one request: by their number, and by the bytes that a server takes."""
    start = size = 0
    for index, body in enumerate(objects.bodies):
        size += len(body) + 1
        if index > start and (index - start == batch_max or size > limits.BODY_BYTES_MAX - ENVELOPE_BYTES):
            yield start, index
            start, size = index, len(body) + 1
    yield start, len(objects.bodies)


def _send(server: Octy, kind: Uploadable, bodies: list[bytes]) -> UploadAnswer:
    body = b'{"%s":[%s]}' % (kind.request_key.encode(), b",".join(bodies))
    try:
        return server.post(kind.path, body, UploadAnswer)
    except RequestRefused as refused:
        return UploadAnswer(failed_to_create=failures_of(refused, len(bodies)))


def _stopped(reason: BaseException, tally: Tally, start: int, end: int) -> OctyError:
    """The error that ends the upload early: why, which rows are uncertain, and which were not sent."""
    lines = tally.objects.lines
    words = ["Interrupted." if isinstance(reason, KeyboardInterrupt) else str(reason)]
    untouched = tally.settled
    if tally.settled < end and not isinstance(reason, Unauthorized | Unreached):
        words.append(f"Lines {lines[start]} to {lines[end - 1]} may or may not have been stored.")
        untouched = end
    if untouched < len(lines):
        words.append(f"Nothing from line {lines[untouched]} on was stored.")
    kind = Interrupted if isinstance(reason, KeyboardInterrupt) else Stopped
    return kind(" ".join(words))
