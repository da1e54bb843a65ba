"""Segments: their definitions, and where each is in its life (P6, X1, X2)."""

from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, Select, func, select

from octy.model.definitions import from_wire, to_wire
from octy.model.lifetimes import Lifetime, Pause
from octy.model.segments import SegmentDefinition, SegmentStatus
from octy.store.json_text import to_object, to_text
from octy.store.rows import new_key
from octy.store.schema import segment_names, segments, tags

_decode_pauses = msgspec.json.Decoder(tuple[Pause, ...]).decode


class StoredSegment(Struct, frozen=True):
    """A segment, its owner, and the number by which its tags refer to it."""

    segment_key: int
    account_id: int
    segment_id: str
    definition: SegmentDefinition
    created_us: int
    created_seq: int
    """The last event's seq at its creation."""
    lifetime: Lifetime

    @property
    def status(self) -> SegmentStatus:
        """Where it is in its life."""
        return self.lifetime.status


def insert(connection: Connection, segment: StoredSegment) -> int:
    """Stores a new one, whatever its `segment_key` says; the key that it gets, which is never given again."""
    row = {
        "account_id": segment.account_id,
        "segment_id": segment.segment_id,
        "name": segment.definition.name,
        "definition": to_text(to_wire(segment.definition)),
        "created_us": segment.created_us,
        "created_seq": segment.created_seq,
        **_stage(segment.lifetime),
    }
    key = new_key(connection.execute(segments.insert(), row))
    name = {"segment_key": key, "segment_id": segment.segment_id, "name": segment.definition.name}
    connection.execute(segment_names.insert(), name)
    return key


def all_segments(connection: Connection) -> list[StoredSegment]:
    """Every account's, in the order of their creation."""
    return _found(connection, select(segments))


def of_account(connection: Connection, account_id: int) -> list[StoredSegment]:
    """An account's, in the order of their creation."""
    return _found(connection, select(segments).where(segments.c.account_id == account_id))


def set_lifetime(connection: Connection, segment_key: int, lifetime: Lifetime) -> None:
    """Moves it on in its life."""
    connection.execute(segments.update().where(segments.c.segment_key == segment_key), _stage(lifetime))


def remove(connection: Connection, segment_key: int) -> None:
    """Removes it with its tags (X2); their history stays."""
    connection.execute(tags.delete().where(tags.c.segment_key == segment_key))
    connection.execute(segments.delete().where(segments.c.segment_key == segment_key))


def counts(connection: Connection, account_id: int) -> dict[int, int]:
    """How many profiles bear the tag, by segment key; a segment without any is left out."""
    keys = select(segments.c.segment_key).where(segments.c.account_id == account_id)
    question = select(tags.c.segment_key, func.count()).where(tags.c.segment_key.in_(keys)).group_by(tags.c.segment_key)
    return {row[0]: row[1] for row in connection.execute(question)}


def names(connection: Connection, account_id: int) -> dict[int, str]:
    """By segment key: what an account's segments, and all that there ever were of others, are called."""
    mine = {one.segment_key: one.definition.name for one in of_account(connection, account_id)}
    return {row.segment_key: row.name for row in connection.execute(select(segment_names))} | mine


def _found(connection: Connection, question: Select[Any]) -> list[StoredSegment]:
    return [_stored(row) for row in connection.execute(question.order_by(segments.c.segment_key))]


def _stored(row: Row[Any]) -> StoredSegment:
    definition, _ = from_wire(to_object(row.definition))
    return StoredSegment(
        segment_key=row.segment_key,
        account_id=row.account_id,
        segment_id=row.segment_id,
        definition=definition,
        created_us=row.created_us,
        created_seq=row.created_seq,
        lifetime=Lifetime(
            status=SegmentStatus(row.status),
            requested_us=row.delete_requested_us,
            requested_seq=row.delete_requested_seq,
            pauses=_decode_pauses(row.pauses),
        ),
    )


def _stage(lifetime: Lifetime) -> dict[str, Any]:
    return {
        "status": lifetime.status.value,
        "delete_requested_us": lifetime.requested_us,
        "delete_requested_seq": lifetime.requested_seq,
        "pauses": msgspec.json.encode(lifetime.pauses).decode(),
    }
