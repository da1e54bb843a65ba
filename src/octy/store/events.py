"""The event log (T2): how it grows, and how it is read back: in blocks, its newest part, and in the archive's files.

A profile's events are looked up in both. Nothing here keeps anything in memory.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection

from octy.store import message_ids
from octy.store.archive import ledger
from octy.store.archive.archive import Archive
from octy.store.archive.parquet import NOTHING
from octy.store.blocks import EVENT_BLOCKS
from octy.store.log_shape import EVENTS, PROFILE, Columns


class StoredEvent(Struct, frozen=True):
    """One event, to be looked at."""

    seq: int
    type_id: int
    created_us: int
    accepted_us: int
    properties: str | None
    """JSON, undecoded."""


def append(connection: Connection, account_id: int, columns: Columns, lines: bytes) -> None:
    """Appends an account's events: integers as in `EVENTS`, properties as a line of JSON each."""
    EVENT_BLOCKS.append(connection, account_id, columns, lines)


def last_seq(connection: Connection) -> int:
    """The greatest seq that was ever given, though its event may be gone; 0 before the first event."""
    return max(EVENT_BLOCKS.last_number(connection), ledger.last_number(connection, EVENTS))


def of_profile(
    connection: Connection, archive: Archive, account_id: int, profile_key: int, limit: int | None = None
) -> list[StoredEvent]:
    """A profile's latest events, or all, newest first (T2's order)."""
    found = _newest(connection, account_id, profile_key)
    for archived in _archived(connection, archive, account_id, profile_key, limit):
        found += archived
    return sorted(found, key=lambda event: (event.created_us, event.seq), reverse=True)[:limit]


def has_type(connection: Connection, account_id: int, type_id: int) -> bool:
    """Whether an event of the type is stored (E7)."""
    if any(type_id in run.type_ids for run in ledger.runs(connection, EVENTS, account_id)):
        return True
    return bool(np.any(EVENT_BLOCKS.read_columns(connection, account_id)["type_id"] == type_id))


def delete_of_profiles(connection: Connection, archive: Archive, account_id: int, profile_keys: Sequence[int]) -> int:
    """Removes profiles' events from the blocks, and forgets all their message ids. The archive follows.

    Returns how many events they had.
    """
    blocks = EVENT_BLOCKS.read_columns(connection, account_id)
    newest = blocks["seq"][np.isin(blocks[PROFILE], profile_keys)]
    archived = [
        file.column("seq", first, last)
        for _, file in archive.runs(connection, EVENTS, account_id)
        for first, last in file.rows_of(profile_keys)
    ]
    seqs = np.concatenate([newest, *archived])
    message_ids.forget(connection, seqs.tolist())
    if len(newest):
        EVENT_BLOCKS.drop_profiles(connection, account_id, profile_keys)
    return len(seqs)


def text(line: bytes) -> str | None:
    """A line of a block as JSON; None where it says nothing."""
    return None if line in NOTHING else line.decode()


def _archived(
    connection: Connection, archive: Archive, account_id: int, profile_key: int, limit: int | None
) -> Iterator[list[StoredEvent]]:
    for _, file in archive.runs(connection, EVENTS, account_id):
        first, last = file.rows_before(profile_key), file.rows_before(profile_key + 1)
        if limit is not None:
            first = max(first, last - limit)
        if first < last:
            yield _events(file.columns(first, last), file.properties(first, last))


def _newest(connection: Connection, account_id: int, profile_key: int) -> list[StoredEvent]:
    rows = EVENT_BLOCKS.of_profiles(connection, account_id, [profile_key])
    return _events(rows.columns, list(map(text, rows.properties)))


def _events(columns: Columns, properties: Sequence[str | None]) -> list[StoredEvent]:
    names = ("seq", "type_id", "created_us", "accepted_us")
    return list(map(StoredEvent, *(columns[name].tolist() for name in names), properties))
