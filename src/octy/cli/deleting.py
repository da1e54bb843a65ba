"""`octy-cli delete eventtypes|segments|datasets ID...`, `octy-cli restore segments ID...`"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from octy.cli.output import complain, counted, say
from octy.client import Octy, SomeFailed


class Fate(NamedTuple):
    """What can be done to a kind of resource: its name, in two forms what it is, how, and what is to be known then."""

    noun: str
    verb: str
    done: str
    carry_out: Callable[[Octy, Sequence[str]], list[str]]
    afterwards: str = ""


EVENT_TYPES = Fate("event type", "delete", "Deleted", lambda server, ids: server.delete_event_types(ids))
REPLACED_SEGMENTS = Fate("segment", "delete", "Deleted", lambda server, ids: server.delete_segments(ids))
SEGMENTS = REPLACED_SEGMENTS._replace(
    afterwards="They make no tag any more. Tags that there are go with the next training, in 72 hours at the latest;"
    " until then `octy-cli restore segments` cancels that."
)
DATASETS = Fate("dataset", "delete", "Deleted", lambda server, ids: server.delete_datasets(ids))
RESTORED_SEGMENTS = Fate("segment", "restore", "Restored", lambda server, ids: server.restore_segments(ids))


def carry_out(server: Octy, fate: Fate, ids: Sequence[str]) -> bool:
    """Does it and tells of each; False if it could not be done to any."""
    unique = list(dict.fromkeys(ids))
    try:
        done, failed = fate.carry_out(server, unique), []
    except SomeFailed as some:
        done, failed = some.done, some.failed
    for one in done:
        say(f"{fate.done} {fate.noun} with ID: {one}")
    for failure in failed:
        complain(f"Failed to {fate.verb} {fate.noun} with ID: {unique[failure.index]}: {failure.reason}")
    say(f"{fate.done} a total of {counted(len(done), fate.noun)}")
    if done and fate.afterwards:
        say(fate.afterwards)
    return not failed
