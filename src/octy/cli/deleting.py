"""`octy-cli delete eventtypes|segments ID...`"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from octy.cli.output import complain, counted, say
from octy.client import Octy, SomeFailed


class Deletable(NamedTuple):
    """A kind of resource that can be deleted: its name, and how."""

    noun: str
    delete: Callable[[Octy, Sequence[str]], list[str]]


EVENT_TYPES = Deletable("event type", lambda server, ids: server.delete_event_types(ids))
SEGMENTS = Deletable("segment", lambda server, ids: server.delete_segments(ids))


def delete(server: Octy, kind: Deletable, ids: Sequence[str]) -> bool:
    """Deletes them and tells of each; False if any could not be deleted."""
    unique = list(dict.fromkeys(ids))
    try:
        deleted, failed = kind.delete(server, unique), []
    except SomeFailed as some:
        deleted, failed = some.done, some.failed
    for one in deleted:
        say(f"Deleted {kind.noun} with ID: {one}")
    for failure in failed:
        complain(f"Failed to delete {kind.noun} with ID: {unique[failure.index]}: {failure.reason}")
    say(f"Deleted a total of {counted(len(deleted), kind.noun)}")
    return not failed
