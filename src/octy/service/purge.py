"""The end of a deleted segment, once and whole: it and all its tags go, and a receipt stays (X2).

That is when a training job has completed whose dataset was built after the request, and 72 hours after the request at
the latest. All of it is in the transaction of whatever brings it: a crash leaves all of the segment, or its receipt.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection

from octy.engine.batch import Ints
from octy.model.instants import NEVER
from octy.model.lifetimes import PurgeCause
from octy.model.receipts import Receipt, tags_sha256
from octy.model.tags import Cause, ChangeKind
from octy.service.ids import new_id
from octy.service.tenant import Going, Tenant
from octy.store import receipts, tags, training_uses
from octy.store.segments import StoredSegment
from octy.store.tags import ChangeColumns
from octy.store.training_uses import Uses


class Purged(Struct, frozen=True):
    """A segment that is gone, and the removals of its tags."""

    segment: StoredSegment
    removals: ChangeColumns
    recorded_us: int


def purge_due(connection: Connection, tenant: Tenant, now_us: int, noticed_us: int | None) -> list[Purged]:
    """Takes the segments that go at or before `now_us` out of memory; they and their tags are the caller's to remove.

    In order, at their due instants, or at `noticed_us` after downtime (T6).
    """
    due = [segment for segment in tenant.segments.values() if segment.lifetime.purge_us <= now_us]
    purged = []
    for segment in sorted(due, key=lambda one: one.lifetime.purge_us):
        at_us = segment.lifetime.purge_us
        purged.append(_purge(connection, tenant, segment, at_us, at_us if noticed_us is None else noticed_us, None))
    return purged


def purge_trained(
    connection: Connection, tenant: Tenant, job_id: str, left_out: Mapping[str, int], now_us: int
) -> Sequence[Purged]:
    """The same of those that go because a training job has completed, whose dataset left these deletions' tags out."""
    going = [one for one in tenant.segments.values() if one.lifetime.goes_with(left_out.get(one.segment_id))]
    return [_purge(connection, tenant, segment, now_us, now_us, job_id) for segment in going]


def _purge(
    connection: Connection, tenant: Tenant, segment: StoredSegment, at_us: int, recorded_us: int, job_id: str | None
) -> Purged:
    key, requested_us = segment.segment_key, segment.lifetime.requested_us
    assert requested_us is not None, "it is pending deletion"
    assert requested_us <= at_us < NEVER, "nothing is purged before it was asked for"
    going = _going(connection, tenant, segment)
    receipt = Receipt(
        receipt_id=new_id("receipt"),
        segment_id=segment.segment_id,
        definition=segment.definition,
        created_us=segment.created_us,
        requested_us=requested_us,
        purged_us=at_us,
        recorded_us=recorded_us,
        cause=PurgeCause.ELAPSED if job_id is None else PurgeCause.TRAINING,
        job_id=job_id,
        models=training_uses.of_segments(connection, [key]).get(key, Uses()).models,
        tags_removed=len(going.profiles),
        tags_sha256=going.tags_sha256,
    )
    receipts.add(connection, tenant.account_id, receipt)
    training_uses.forget(connection, key)
    tenant.engine.remove_segment(key)
    del tenant.segments[key]
    return Purged(segment, _removals(going.profiles, key, at_us, recorded_us), recorded_us)


def _going(connection: Connection, tenant: Tenant, segment: StoredSegment) -> Going:
    """Which tags go: as it was found out beforehand, where that holds yet."""
    key, deletion = segment.segment_key, segment.lifetime.deletion
    assert deletion is not None, "it is pending deletion"
    known = tenant.going.pop(key, None)
    if known is not None and known.holds(deletion, tags.count(connection, key)):
        return known
    borne = tags.borne_since(connection, key)
    checksum = tags_sha256((tenant.profile_ids[profile], since_us) for profile, since_us in borne)
    return Going(deletion, np.array([profile for profile, _ in borne], np.int32), checksum)


def _removals(profiles: Ints, key: int, at_us: int, recorded_us: int) -> ChangeColumns:
    count = len(profiles)
    return ChangeColumns(
        profile=profiles,
        segment=np.full(count, key, np.int64),
        kind=np.full(count, ChangeKind.REMOVED, np.int32),
        cause=np.full(count, Cause.DELETION, np.int32),
        effective_us=np.full(count, at_us, np.int64),
        tag_created_us=np.full(count, at_us, np.int64),
        recorded_us=np.full(count, recorded_us, np.int64),
        event_seq=np.zeros(count, np.int64),
        opener_seq=np.zeros(count, np.int64),
    )
