"""Which number has the next webhook about a profile in a segment? From 1, without gaps, whatever is forgotten."""

from collections.abc import Sequence

from sqlalchemy import Connection, select, tuple_

from octy.store.rows import in_chunks, insert_rows
from octy.store.schema import webhook_sequences
from octy.store.sqlite import upsert

Pair = tuple[int, int]
"""A segment's key and a profile's."""

PAIRS_PER_STATEMENT = 400

_PUT = upsert(webhook_sequences, ["last_number"])


def take(connection: Connection, pairs: Sequence[Pair]) -> list[int]:
    """The next number of each pair, in their order; a pair that comes several times gets several."""
    last: dict[Pair, int] = dict.fromkeys(pairs, 0)
    key = tuple_(webhook_sequences.c.segment_key, webhook_sequences.c.profile_key)
    for chunk in in_chunks(list(last), PAIRS_PER_STATEMENT):
        for segment_key, profile_key, number in connection.execute(select(webhook_sequences).where(key.in_(chunk))):
            last[segment_key, profile_key] = number
    numbers = []
    for pair in pairs:
        last[pair] += 1
        numbers.append(last[pair])
    insert_rows(connection, _PUT, [(*pair, number) for pair, number in last.items()])
    return numbers


def forget_profiles(connection: Connection, segment_keys: Sequence[int], profile_keys: Sequence[int]) -> None:
    """The profiles are deleted (X3)."""
    mine = webhook_sequences.delete().where(webhook_sequences.c.segment_key.in_(segment_keys))
    for chunk in in_chunks(profile_keys):
        connection.execute(mine.where(webhook_sequences.c.profile_key.in_(chunk)))


def forget_segment(connection: Connection, segment_key: int) -> None:
    """The segment is gone (X2)."""
    connection.execute(webhook_sequences.delete().where(webhook_sequences.c.segment_key == segment_key))
