"""What the store must add up to: the last numbers that were given, and what has left since, with deleted profiles or
for its age.

Numbers are given in a row, so the rows of a log and those that left it are as many as its last number. The tallies say
so from beside the logs: they are how `octy check` notices that a row is missing which nothing else speaks of.
"""

from collections.abc import Mapping

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection, func, select

from octy.store import erasures, meta
from octy.store.archive import ledger
from octy.store.archive.archive import Archive
from octy.store.blocks import CHANGE_BLOCKS, EVENT_BLOCKS, Blocks
from octy.store.log_shape import CHANGES, EVENTS, PROFILE, LogShape
from octy.store.schema import accounts, profiles

_GONE = ("gone_profiles", "gone_events", "gone_changes")


class Gone(Struct, frozen=True):
    """How much of each kind was stored once and is not any more."""

    profiles: int
    events: int
    changes: int


class Given(Struct, frozen=True):
    """The last numbers that were given."""

    seq: int
    change_id: int


def gone(connection: Connection) -> Gone | None:
    """What has left; None in a store that no version with tallies has served yet."""
    values = [meta.get_value(connection, name) for name in _GONE]
    return None if None in values else Gone(*(int(value or 0) for value in values))


def set_gone(connection: Connection, now: Gone) -> None:
    """What has left."""
    meta.set_values(connection, dict(zip(_GONE, map(str, (now.profiles, now.events, now.changes)), strict=True)))


def add_gone(connection: Connection, more: Gone) -> None:
    """More has left."""
    before = gone(connection)
    if before is not None:
        set_gone(
            connection,
            Gone(before.profiles + more.profiles, before.events + more.events, before.changes + more.changes),
        )


def given(connection: Connection) -> Given | None:
    """The last numbers; None as for `gone`."""
    seq, change_id = meta.get_value(connection, "last_seq"), meta.get_value(connection, "last_change_id")
    return None if seq is None or change_id is None else Given(int(seq), int(change_id))


def as_text(now: Given) -> Mapping[str, str]:
    """The last numbers, by their names in `meta`."""
    return {"last_seq": str(now.seq), "last_change_id": str(now.change_id)}


def begin(connection: Connection, archive: Archive, last: Given) -> None:
    """The first start with tallies: what is not there now has left before."""
    if gone(connection) is None:
        set_gone(connection, missing(connection, archive, last))


def missing(connection: Connection, archive: Archive, last: Given) -> Gone:
    """How much of what was ever stored is not there, or is to leave the archive yet."""
    return Gone(
        profiles=keys_without_profile(connection),
        events=last.seq - _rows_kept(connection, archive, EVENTS),
        changes=last.change_id - _rows_kept(connection, archive, CHANGES),
    )


def keys_without_profile(connection: Connection) -> int:
    """How many profile keys were given to profiles that are not there any more."""
    given_keys: int = connection.scalar(select(func.coalesce(func.sum(accounts.c.next_profile_key), 0))) or 0
    there: int = connection.scalar(select(func.count()).select_from(profiles)) or 0
    return given_keys - there


def are_profiles_lost(connection: Connection) -> bool:
    """Whether a profile may be missing that nobody deleted."""
    left = gone(connection)
    return left is None or keys_without_profile(connection) != left.profiles


def rows_leaving(connection: Connection, archive: Archive, shape: LogShape) -> int:
    """How many rows of a log are to leave the archive with their profiles, which are deleted."""
    found = 0
    for account_id, profile_keys in erasures.requested(connection).items():
        leaving = np.array(sorted(profile_keys), np.int32)
        for _, file in archive.runs(connection, shape, account_id):
            found += int(np.isin(file.column(PROFILE, 0, file.row_count), leaving).sum())
    return found


def _rows_kept(connection: Connection, archive: Archive, shape: LogShape) -> int:
    blocks: Blocks = EVENT_BLOCKS if shape is EVENTS else CHANGE_BLOCKS
    in_blocks = sum(blocks.counts(connection).values())
    in_files = sum(run.row_count for run in ledger.all_runs(connection, shape))
    return in_blocks + in_files - rows_leaving(connection, archive, shape)
