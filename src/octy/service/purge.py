"""The end of a deleted segment: 72 hours after the request at the latest, it and all its tags go (X2)."""

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection

from octy.model.tags import Cause, ChangeKind
from octy.service.tenant import Tenant, purge_due_us
from octy.store import tags
from octy.store.segments import StoredSegment
from octy.store.tags import ChangeColumns


class Purged(Struct, frozen=True):
    """A segment that is gone, and the removals of its tags."""

    segment: StoredSegment
    removals: ChangeColumns
    recorded_us: int


def purge_due(connection: Connection, tenant: Tenant, now_us: int, noticed_us: int | None) -> list[Purged]:
    """Takes the segments that go at or before `now_us` out of memory; they and their tags are the caller's to remove.

    In order, at their due instants, or at `noticed_us` after downtime (T6).
    """
    due = [segment for segment in tenant.segments.values() if purge_due_us(segment) <= now_us]
    purged: list[Purged] = []
    for segment in sorted(due, key=purge_due_us):
        at_us = purge_due_us(segment)
        recorded_us = at_us if noticed_us is None else noticed_us
        purged.append(Purged(segment, _removals(connection, segment, at_us, recorded_us), recorded_us))
        del tenant.segments[segment.segment_key]
    return purged


def _removals(connection: Connection, segment: StoredSegment, at_us: int, recorded_us: int) -> ChangeColumns:
    profiles = tags.tagged_profiles(connection, segment.segment_key)
    count = len(profiles)
    return ChangeColumns(
        profile=profiles,
        segment=np.full(count, segment.segment_key, np.int64),
        kind=np.full(count, ChangeKind.REMOVED, np.int32),
        cause=np.full(count, Cause.DELETION, np.int32),
        effective_us=np.full(count, at_us, np.int64),
        tag_created_us=np.full(count, at_us, np.int64),
        recorded_us=np.full(count, recorded_us, np.int64),
        event_seq=np.zeros(count, np.int64),
        opener_seq=np.zeros(count, np.int64),
    )
