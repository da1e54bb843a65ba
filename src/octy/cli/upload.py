"""`octy-cli upload profiles|items|events -f FILE`: how do the rows reach the server, and what became of each?

They are sent in batches, several at a time (`octy.cli.lanes`). What came of each is noted at once, so that an upload
that was interrupted goes on where it was (`octy.cli.resuming`). No row is stored twice: a batch is carried out once,
under the key made of the file and its rows (E5), and an event is known by the file's digest and its row (E8). Rows
that the server refuses do not stop the others; a server that is gone, or refuses the keys, does.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import NamedTuple

import msgspec

from octy.cli.answers import UploadAnswer
from octy.cli.columns import EVENTS, ITEMS, PROFILES, Form
from octy.cli.failed_rows import write_failed_rows
from octy.cli.failures import Interrupted, Stopped
from octy.cli.lanes import Batch, Lanes, Sent, batches_of, lanes_for
from octy.cli.objects import Objects
from octy.cli.output import complain, counted
from octy.cli.progress import Advance, progress
from octy.cli.reading_files import read_objects
from octy.cli.resuming import Journal, Settled
from octy.cli.tally import Tally
from octy.client import Octy, RequestRefused
from octy.client.batches import failures_of
from octy.model import limits
from octy.model.errors import OctyError, Refused

SANDBOX = "/v1/sandbox/clock"
PATIENCE_SECONDS = 5
"""How long to wait, after Ctrl-C, for answers to what is under way."""


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


def upload(server: Octy, kind: Uploadable, objects: Objects, destination: str) -> bool:
    """Sends all rows that have not been sent and tells what became of them; False if any failed.

    `destination` names the server and the account.
    """
    is_in_order = kind.form.owner is not None and _is_sandbox(server)
    lanes = 1 if is_in_order else lanes_for(objects, kind.batch_max)
    batches = batches_of(objects, kind.batch_max, lanes)
    journal = Journal(objects.source, kind.noun, destination)
    upload_id, before = journal.begin(len(batches), lanes)
    tally = _tally_of(kind, objects, before)
    if before:
        rows = f"{tally.settled:,} of {counted(len(objects.bodies), 'row')}"
        complain(f"Going on after {rows}, as {journal.path} says.")
    settled = {one.number for one in before}
    left = [batch for batch in batches if batch.number not in settled]
    with Lanes(left, lambda batch: _send(server, kind, objects, batch, upload_id)) as sending:
        _send_all(sending, tally, journal)
    tally.report()
    if _hand_out_failed(objects, kind.form, tally):
        journal.end()
    return tally.is_all_created


def _is_sandbox(server: Octy) -> bool:
    try:
        server.get(SANDBOX, msgspec.Raw)
    except Refused:
        return False
    return True


def _tally_of(kind: Uploadable, objects: Objects, before: Sequence[Settled]) -> Tally:
    tally = Tally(kind.noun, objects)
    for settled in before:
        tally.add(settled)
    return tally


def _send_all(lanes: Lanes[Settled], tally: Tally, journal: Journal) -> None:
    """Until all are answered for. What ends it early ends it with what is certain, and how to go on."""
    try:
        with progress(tally.noun, len(tally.objects.bodies), tally.settled) as advance:
            for sent in lanes.results():
                if sent.failed is not None:
                    raise sent.failed
                _note(sent, tally, journal, advance)
    except (KeyboardInterrupt, OctyError) as reason:
        lanes.stop()
        with suppress(Empty, KeyboardInterrupt):
            for sent in lanes.results(PATIENCE_SECONDS):
                _note(sent, tally, journal, lambda _: None)
        tally.report()
        raise _stopped(reason, tally, journal) from None


def _note(sent: Sent[Settled], tally: Tally, journal: Journal, advance: Advance) -> None:
    if sent.answer is not None:
        journal.note(sent.answer)
        tally.add(sent.answer)
        advance(len(sent.batch.rows))


def _send(server: Octy, kind: Uploadable, objects: Objects, batch: Batch, upload_id: str) -> Settled:
    body = b'{"%s":[%s]}' % (kind.request_key.encode(), b",".join([objects.bodies[row] for row in batch.rows]))
    whole = f"{upload_id} {objects.source.digest} {batch.number} ".encode() + hashlib.sha256(body).digest()
    try:
        answer = server.post(kind.path, body, UploadAnswer, hashlib.sha256(whole).hexdigest())
    except RequestRefused as refused:
        answer = UploadAnswer(failed_to_create=failures_of(refused, len(batch.rows)))
    return _settled(batch, answer)


def _settled(batch: Batch, answer: UploadAnswer) -> Settled:
    """What the answer says of each row, and of how many it says nothing."""
    failed = {
        batch.rows[one.index]: one.error_message
        for one in answer.failed_to_create
        if one.index is not None and 0 <= one.index < len(batch.rows)
    }
    return Settled(
        number=batch.number,
        created=len(answer.created),
        duplicates=sum(one.duplicate for one in answer.created),
        failed=sorted(failed.items()),
        untold=max(0, len(batch.rows) - len(answer.created) - len(failed)),
        between=(batch.rows[0], batch.rows[-1]),
    )


def _hand_out_failed(objects: Objects, form: Form, tally: Tally) -> bool:
    """Writes the rows that failed; False where that cannot be done, and is to be tried again by the same command."""
    if not tally.failed:
        return True
    try:
        path = write_failed_rows(objects, form, tally.failed)
    except OSError as error:
        complain(f"The rows that failed could not be written beside the file: {error.strerror or error}")
        return False
    complain(f"The rows that failed are in {path}, with the reasons: mend them there, and upload it.")
    return True


def _stopped(reason: BaseException, tally: Tally, journal: Journal) -> OctyError:
    """The error that ends the upload early: why, what is settled, and how to go on."""
    total = len(tally.objects.bodies)
    words = ["Interrupted." if isinstance(reason, KeyboardInterrupt) else str(reason)]
    words.append(f"{tally.settled:,} of {counted(total, 'row')} are settled, as {journal.path} keeps;")
    words.append("the same command goes on from there, and stores nothing twice.")
    kind = Interrupted if isinstance(reason, KeyboardInterrupt) else Stopped
    return kind(" ".join(words))
