"""Things to store, with all that a test does not care about filled in."""

from typing import Any

from octy.model.definitions import from_wire
from octy.model.profiles import Profile
from octy.model.segments import SegmentDefinition, SegmentStatus
from octy.model.tags import Cause, ChangeKind
from octy.model.values import Scalar
from octy.store.events import EventRow
from octy.store.outbox import NewDelivery
from octy.store.profiles import StoredProfile
from octy.store.segments import StoredSegment
from octy.store.tags import ChangeRow

NOON_US = 1_704_110_400_000_000
MINUTE_US = 60_000_000


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
    return seq, account, profile, type_id, created_us, created_us + 60 * MINUTE_US, properties


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
        status=SegmentStatus.ACTIVE,
        created_us=NOON_US,
        created_seq=7,
        delete_requested_us=None,
    )


def change(kind: ChangeKind, profile: int = 0, segment: int = 1, *, at: int = 0, seq: int | None = None) -> ChangeRow:
    """Took effect `at` minutes after noon, and was recorded a minute later."""
    at_us = NOON_US + at * MINUTE_US
    return ChangeRow(
        profile_key=profile,
        segment_key=segment,
        segment_id=f"segment_{segment}",
        segment_tag=f"tag {segment}",
        kind=kind,
        effective_us=at_us,
        tag_created_us=at_us,
        recorded_us=at_us + MINUTE_US,
        cause=Cause.TIME if seq is None else Cause.EVENT,
        event_seq=seq,
    )


def delivery(account: int, number: int, profile: int = 0, *, at: int = 0) -> NewDelivery:
    """Made `at` minutes after noon."""
    return NewDelivery(f"msg_{number}", account, profile, 1, b'{"number":%d}' % number, NOON_US + at * MINUTE_US)
