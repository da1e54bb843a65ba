"""What must a customer's tags be? The reference model lives the customer's life again, from the events in the store."""

import json
import sqlite3
from typing import Any

from octy.model.definitions import from_wire
from octy.model.segments import SegmentDefinition, SegmentType
from tests.reference.life import Occurrence
from tests.reference.model import Model

EVENTS = """
SELECT name, events.created_us, accepted_us, events.properties FROM events JOIN store.event_types USING (type_id)
WHERE events.account_id = ? AND profile_key = ? ORDER BY seq
"""
SETTLED = "created_seq = 0 AND segments.name NOT LIKE 'campaign%'"
"""Segments that were at work before the account's first event. A campaign of then may have been backfilled since."""
ONLY = 0
"""The model's key of the one profile that it has."""


def check_tags(connection: sqlite3.Connection, account_id: int, profile_key: int) -> int:
    """Of the segments that were at work before the account's first event; how many tags there are."""
    definitions = _definitions(connection, account_id)
    (now_us,) = connection.execute("SELECT CAST(value AS INTEGER) FROM store.meta WHERE name = 'now_us'").fetchone()
    (data,) = _row(connection, "profile_data FROM store.profiles", account_id, profile_key)
    demanded = _lived(connection, account_id, profile_key, definitions, json.loads(data), now_us)
    stored = dict(
        connection.execute(
            "SELECT segment_key, tags.created_us FROM store.tags JOIN store.segments USING (segment_key)"
            f" WHERE account_id = ? AND profile_key = ? AND {SETTLED}",
            (account_id, profile_key),
        )
    )
    assert stored == demanded
    return len(stored)


def _lived(
    connection: sqlite3.Connection,
    account_id: int,
    profile_key: int,
    definitions: dict[int, tuple[int, SegmentDefinition]],
    data: dict[str, Any],
    now_us: int,
) -> dict[int, int]:
    model = Model(0)
    model.change_data(model.add_profile(), data)
    for key, (created_us, definition) in sorted(definitions.items(), key=lambda pair: pair[1][0]):
        model.advance(created_us)
        if definition.segment_type is SegmentType.LIVE:
            model.create_live(key, definition)
        else:
            model.begin_backfill(key, definition)
            model.finish_backfill(key)
    for name, created_us, accepted_us, properties in connection.execute(EVENTS, (account_id, profile_key)):
        model.accept([Occurrence(ONLY, name, created_us, accepted_us, json.loads(properties or "{}"))])
    model.advance(now_us)
    return {segment: created_us for (segment, _), created_us in model.tags().items()}


def _definitions(connection: sqlite3.Connection, account_id: int) -> dict[int, tuple[int, SegmentDefinition]]:
    question = (
        "SELECT segment_key, created_us, definition FROM store.segments"
        f" WHERE account_id = ? AND {SETTLED} AND status = 'active'"
    )
    rows = connection.execute(question, (account_id,))
    return {key: (created_us, from_wire(json.loads(text))[0]) for key, created_us, text in rows}


def _row(connection: sqlite3.Connection, what: str, account_id: int, profile_key: int) -> Any:
    where = f"SELECT {what} WHERE account_id = ? AND profile_key = ?"
    return connection.execute(where, (account_id, profile_key)).fetchone()
