"""The event log (T2): how it grows, and how it is read back, as columns, in the order in which it is wanted.

Reading is what a backfill, a restart and a late event wait for, so rows become arrays in blocks (`_ROWS_PER_BLOCK`).
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection, CursorResult, Select, desc, select

from octy.engine.batch import Ints, Longs
from octy.store.log import Log
from octy.store.rows import in_chunks
from octy.store.schema import event_places, events, message_ids

EventRow: TypeAlias = tuple[int, int, int, int, int, int, str | None]
"""seq, account_id, profile_key, type_id, created_us, accepted_us, properties as JSON."""

_ROWS_PER_BLOCK = 512
"""So few rows at a time that the garbage collector (threshold: 700) never looks through them: twice as fast as all."""

_LOG = Log(events, event_places)
_COLUMNS = select(
    events.c.profile_key,
    events.c.type_id,
    events.c.created_us,
    events.c.accepted_us,
    events.c.seq,
    events.c.properties,
)


class EventColumns(Struct, frozen=True, eq=False):
    """Events as columns of equal length."""

    profile: Ints
    type_id: Ints
    created_us: Longs
    accepted_us: Longs
    seq: Longs
    properties: list[str | None]
    """JSON, undecoded."""


class StoredEvent(Struct, frozen=True):
    """One event, to be looked at."""

    seq: int
    type_id: int
    created_us: int
    accepted_us: int
    properties: str | None
    """JSON, undecoded."""


def insert(connection: Connection, rows: Sequence[EventRow]) -> None:
    """Appends events, each with a `seq` greater than `last_seq`."""
    _LOG.append(connection, rows)


def last_seq(connection: Connection) -> int:
    """The greatest seq that was ever given, though its event may be gone; 0 before the first event."""
    return _LOG.last_number(connection)


def read_in_order(
    connection: Connection,
    account_id: int,
    type_ids: Sequence[int],
    after_seq: int,
    through_seq: int,
    chunk_rows: int,
) -> Iterator[EventColumns]:
    """The account's events of some types with `after_seq` < seq <= `through_seq`, by seq, in chunks."""
    rows_read = chunk_rows
    while type_ids and rows_read == chunk_rows:
        question = (
            _COLUMNS.where(events.c.account_id == account_id, events.c.type_id.in_(type_ids))
            .where(events.c.seq > after_seq, events.c.seq <= through_seq)
            .order_by(events.c.seq)
            .limit(chunk_rows)
        )
        chunk = _columns(connection.execute(question))
        rows_read = len(chunk.seq)
        if rows_read:
            after_seq = int(chunk.seq[-1])
            yield chunk


def read_profiles(
    connection: Connection,
    account_id: int,
    profile_keys: Sequence[int],
    type_ids: Sequence[int],
    created_after_us: int,
) -> EventColumns:
    """Some profiles' events of some types later than an instant, ordered by (profile, created_us, seq)."""
    question = _COLUMNS.where(events.c.type_id.in_(type_ids), events.c.created_us > created_after_us)

    def asked(keys: Sequence[int]) -> CursorResult[Any]:
        rows = _LOG.of_profiles(connection, question, account_id, keys, later)
        return connection.execute(rows.order_by("profile_key", "created_us", "seq"))

    def later(places: Select[Any]) -> Select[Any]:
        return places.where(event_places.c.created_us > created_after_us)

    keys = sorted(set(profile_keys)) if type_ids else []
    return _columns(*(asked(chunk) for chunk in in_chunks(keys)))


def of_profile(connection: Connection, account_id: int, profile_key: int, limit: int) -> list[StoredEvent]:
    """A profile's latest events, newest first (T2's order)."""
    question = select(events.c.seq, events.c.type_id, events.c.created_us, events.c.accepted_us, events.c.properties)

    def latest(places: Select[Any]) -> Select[Any]:
        return places.order_by(event_places.c.created_us.desc(), event_places.c.seq.desc()).limit(limit)

    rows = _LOG.of_profiles(connection, question, account_id, [profile_key], latest)
    newest_first = rows.order_by(desc("created_us"), desc("seq")).limit(limit)
    return [StoredEvent(*row) for row in connection.execute(newest_first)]


def delete_of_profile(connection: Connection, account_id: int, profile_key: int) -> None:
    """Removes a profile's events, and forgets their message ids. The numbers are not given again (T2)."""
    seqs = _LOG.numbers_of(connection, account_id, profile_key)
    connection.execute(message_ids.delete().where(message_ids.c.seq.in_(seqs)))
    _LOG.delete_of_profile(connection, account_id, profile_key)


def _columns(*results: CursorResult[Any]) -> EventColumns:
    """The rows of questions that select `_COLUMNS`."""
    blocks: list[Longs] = [np.empty((5, 0), np.int64)]
    texts: list[str | None] = []
    for result in results:
        while rows := result.fetchmany(_ROWS_PER_BLOCK):
            *numbers, properties = zip(*rows, strict=True)
            blocks.append(np.array(numbers, np.int64))
            texts += properties
    profile, type_id, created_us, accepted_us, seq = np.concatenate(blocks, axis=1)
    return EventColumns(profile.astype(np.int32), type_id.astype(np.int32), created_us, accepted_us, seq, texts)
