"""Things to store, with all that a test does not care about filled in."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, select

from octy.engine.batch import Ints, Longs
from octy.model.definitions import from_wire
from octy.model.lifetimes import Lifetime
from octy.model.profiles import Profile
from octy.model.segments import SegmentDefinition
from octy.model.tags import Cause, ChangeKind
from octy.model.values import Scalar
from octy.store import events, tags
from octy.store.log_shape import EVENTS, PROFILE, Column
from octy.store.outbox import NewDelivery
from octy.store.profiles import StoredProfile
from octy.store.schema import segment_names
from octy.store.segments import StoredSegment
from octy.store.tags import ChangeColumns

NOON_US = 1_704_110_400_000_000
MINUTE_US = 60_000_000


class EventRow(NamedTuple):
    """An event as a person would write it down."""

    seq: int
    account_id: int
    profile_key: int
    type_id: int
    created_us: int
    accepted_us: int
    properties: str | None
    """JSON."""


class ChangeRow(NamedTuple):
    """A change of a tag as a person would write it down."""

    profile_key: int
    segment_key: int
    kind: ChangeKind
    effective_us: int
    tag_created_us: int
    recorded_us: int
    cause: Cause
    event_seq: int | None


def profile(key: int, name: str = "", *, data: dict[str, Scalar] | None = None, prefix: str = "") -> StoredProfile:
    """Of a customer called `name`, or by the key."""
    customer = prefix + (name or f"customer {key}")
    return StoredProfile(
        key, Profile(f"profile_of {customer}", customer, False, data or {}, {}, "active", NOON_US, NOON_US)
    )


def event(
    seq: int, account: int, profile: int = 0, type_id: int = 1, *, at: int = 0, properties: str | None = None
) -> EventRow:
    """Happened `at` minutes after noon, accepted an hour later."""
    created_us = NOON_US + at * MINUTE_US
    return EventRow(seq, account, profile, type_id, created_us, created_us + 60 * MINUTE_US, properties)


def event_columns(rows: Sequence[EventRow]) -> dict[str, Column]:
    """The integers of one account's events."""
    return EVENTS.columns(
        {
            "seq": [row.seq for row in rows],
            "created_us": [row.created_us for row in rows],
            "accepted_us": [row.accepted_us for row in rows],
            PROFILE: [row.profile_key for row in rows],
            "type_id": [row.type_id for row in rows],
        }
    )


def lines(rows: Sequence[EventRow]) -> bytes:
    """Their properties, a line each."""
    return b"".join((row.properties or "null").encode() + b"\n" for row in rows)


def insert_events(connection: Connection, rows: Sequence[EventRow]) -> None:
    """Stores events of any accounts, as one commit does."""
    for account, mine in _by_account(rows):
        events.append(connection, account, event_columns(mine), lines(mine))


def _by_account(rows: Sequence[EventRow]) -> Iterator[tuple[int, list[EventRow]]]:
    for account, mine in groupby(sorted(rows, key=lambda row: row.account_id), key=lambda row: row.account_id):
        yield account, list(mine)


def definition(name: str) -> SegmentDefinition:
    """A live one, of whoever views shoes."""
    step: dict[str, Any] = {"event_type": "view", "exp_timeframe": 0, "action_inaction": "action"}
    found, _ = from_wire(
        {
            "segment_name": name,
            "segment_type": "live",
            "segment_sub_type": 1,
            "segment_timeframe": 0,
            "event_sequence": [step | {"event_properties": {"product": "Schuhe", "price": 30.5, "new": True}}],
        }
    )
    return found


def segment(account: int, name: str, *, wanted: SegmentDefinition | None = None) -> StoredSegment:
    """Active since noon."""
    return StoredSegment(
        segment_key=0,
        account_id=account,
        segment_id=f"segment_{name}_of_{account}",
        definition=wanted or definition(name),
        created_us=NOON_US,
        created_seq=7,
        lifetime=Lifetime.begun(is_live=True),
    )


def change(kind: ChangeKind, profile: int = 0, segment: int = 1, *, at: int = 0, seq: int | None = None) -> ChangeRow:
    """Took effect `at` minutes after noon, and was recorded a minute later."""
    at_us = NOON_US + at * MINUTE_US
    return ChangeRow(
        profile_key=profile,
        segment_key=segment,
        kind=kind,
        effective_us=at_us,
        tag_created_us=at_us,
        recorded_us=at_us + MINUTE_US,
        cause=Cause.TIME if seq is None else Cause.EVENT,
        event_seq=seq,
    )


def change_columns(rows: Sequence[ChangeRow]) -> ChangeColumns:
    """The same changes as the store takes them."""

    def ints(values: Sequence[int]) -> Ints:
        return np.array(values, np.int32)

    def longs(values: Sequence[int]) -> Longs:
        return np.array(values, np.int64)

    return ChangeColumns(
        profile=ints([row.profile_key for row in rows]),
        segment=longs([row.segment_key for row in rows]),
        kind=ints([row.kind for row in rows]),
        cause=ints([row.cause for row in rows]),
        effective_us=longs([row.effective_us for row in rows]),
        tag_created_us=longs([row.tag_created_us for row in rows]),
        recorded_us=longs([row.recorded_us for row in rows]),
        event_seq=longs([row.event_seq or 0 for row in rows]),
        opener_seq=longs([0] * len(rows)),
    )


def apply_changes(connection: Connection, account: int, rows: Sequence[ChangeRow]) -> None:
    """Stores changes with the next numbers. Of segments that there never were, the history gets names first."""
    known = set(connection.scalars(select(segment_names.c.segment_key)))
    for key in {row.segment_key for row in rows} - known:
        name = {"segment_key": key, "segment_id": f"segment_{key}", "name": f"tag {key}"}
        connection.execute(segment_names.insert(), name)
    tags.apply(connection, account, tags.last_change_id(connection) + 1, change_columns(rows))


def delivery(account: int, number: int, profile: int = 0, *, at: int = 0, segment: int = 1) -> NewDelivery:
    """Made `at` minutes after noon."""
    body = b'{"number":%d}' % number
    event = "live_segment.matched"
    return NewDelivery(f"msg_{number}", account, profile, segment, event, body, NOON_US + at * MINUTE_US)
