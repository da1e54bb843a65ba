"""`octy-cli delete eventtypes|segments ID...`"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec

from octy.cli.answers import DeletionAnswer
from octy.cli.batches import failures_of, slices
from octy.cli.output import complain, counted, say
from octy.cli.reading import IDS_PER_REQUEST_MAX
from octy.cli.transport import RequestRefused, Server


class Deletable(NamedTuple):
    """A kind of resource that can be deleted: its name, its route and the words of its request and answer."""

    noun: str
    path: str
    request_key: str
    deleted: Callable[[DeletionAnswer], Iterable[str]]


EVENT_TYPES = Deletable(
    "event type",
    "/v1/retention/events/types/delete",
    "event_type_ids",
    lambda answer: [one.event_type_id for one in answer.deleted_event_types],
)
SEGMENTS = Deletable(
    "segment",
    "/v1/retention/segments/delete",
    "segments",  # not segment_ids (wire.md 3.5)
    lambda answer: [one.segment_id for one in answer.deleted_segments],
)


def delete(server: Server, kind: Deletable, ids: Sequence[str]) -> bool:
    """Deletes them and tells of each; False if any could not be deleted."""
    unique = list(dict.fromkeys(ids))
    deleted_count = 0
    for _, some in slices(unique, IDS_PER_REQUEST_MAX):
        try:
            answer = server.post(kind.path, msgspec.json.encode({kind.request_key: some}), DeletionAnswer)
        except RequestRefused as refused:
            answer = DeletionAnswer(failed_to_delete=failures_of(refused, len(some)))
        for deleted in kind.deleted(answer):
            say(f"Deleted {kind.noun} with ID: {deleted}")
            deleted_count += 1
        for failed in answer.failed_to_delete:
            is_named = failed.index is not None and 0 <= failed.index < len(some)
            named = f" with ID: {some[failed.index or 0]}" if is_named else ""
            complain(f"Failed to delete {kind.noun}{named}: {failed.error_message}")
    say(f"Deleted a total of {counted(deleted_count, kind.noun)}")
    return deleted_count == len(unique)
