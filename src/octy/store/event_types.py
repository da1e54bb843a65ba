"""Event types (E1): which there are, and whether one is in use (E7)."""

from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, Select, select

from octy.model.events import EventType
from octy.store.json_text import to_names, to_text
from octy.store.rows import new_key
from octy.store.schema import event_types


class StoredEventType(Struct, frozen=True):
    """An event type, its owner, and the number by which stored events refer to it."""

    type_id: int
    account_id: int
    event_type: EventType


def all_types(connection: Connection) -> list[StoredEventType]:
    """Every account's, in the order of their creation."""
    return _found(connection, select(event_types))


def of_account(connection: Connection, account_id: int) -> list[StoredEventType]:
    """An account's, in the order of their creation."""
    return _found(connection, select(event_types).where(event_types.c.account_id == account_id))


def insert(connection: Connection, account_id: int, event_type: EventType) -> int:
    """Stores a new one; its type id, which is never given again."""
    row = {
        "account_id": account_id,
        "event_type_id": event_type.event_type_id,
        "name": event_type.event_type,
        "properties": to_text(event_type.event_properties),
        "is_system": event_type.is_system,
        "created_us": event_type.created_us,
    }
    return new_key(connection.execute(event_types.insert(), row))


def delete(connection: Connection, type_id: int) -> None:
    """Removes one that nothing uses."""
    connection.execute(event_types.delete().where(event_types.c.type_id == type_id))


def _found(connection: Connection, question: Select[Any]) -> list[StoredEventType]:
    return [_stored(row) for row in connection.execute(question.order_by(event_types.c.type_id))]


def _stored(row: Row[Any]) -> StoredEventType:
    properties = to_names(row.properties)
    event_type = EventType(row.event_type_id, row.name, properties, row.created_us, row.is_system)
    return StoredEventType(row.type_id, row.account_id, event_type)
