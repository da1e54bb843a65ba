"""E8: which event came first under each `message_id`."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

from octy.store.rows import in_chunks, insert_rows
from octy.store.schema import message_ids

_FIND = select(message_ids.c.message_id, message_ids.c.seq).where(
    message_ids.c.account_id == bindparam("account"),
    message_ids.c.message_id.in_(bindparam("ids", expanding=True)),
)
_INSERT = message_ids.insert()


def find_many(connection: Connection, account_id: int, ids: Sequence[str]) -> dict[str, int]:
    """The seq of the event of each id that is remembered."""
    asked = (connection.execute(_FIND, {"account": account_id, "ids": chunk}) for chunk in in_chunks(ids))
    return {message_id: seq for rows in asked for message_id, seq in rows}


def of_events(connection: Connection, account_id: int, seqs: Sequence[int]) -> dict[int, str]:
    """The message id of each of those events that has one which is remembered, by seq."""
    question = select(message_ids.c.seq, message_ids.c.message_id).where(message_ids.c.account_id == account_id)
    asked = (connection.execute(question.where(message_ids.c.seq.in_(chunk))) for chunk in in_chunks(seqs))
    return {seq: message_id for rows in asked for seq, message_id in rows}


def add_many(connection: Connection, account_id: int, new: Sequence[tuple[str, int]], now_us: int) -> None:
    """Remembers new ids, each with its event's seq."""
    insert_rows(connection, _INSERT, [(account_id, message_id, seq, now_us) for message_id, seq in new])


def forget(connection: Connection, seqs: Sequence[int]) -> None:
    """Forgets those of some events."""
    for chunk in in_chunks(seqs):
        connection.execute(message_ids.delete().where(message_ids.c.seq.in_(chunk)))


def expire(connection: Connection, before_us: int) -> None:
    """Forgets those that were added before an instant."""
    connection.execute(message_ids.delete().where(message_ids.c.created_us < before_us))
