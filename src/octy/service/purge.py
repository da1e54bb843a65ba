"""The end of a deleted segment: 72 hours after the request at the latest, it and all its tags go (X2)."""

from sqlalchemy import Connection

from octy.model.tags import Cause, ChangeKind
from octy.service.tenant import Tenant, purge_due_us
from octy.store import segments, tags
from octy.store.segments import StoredSegment
from octy.store.tags import ChangeRow


def purge_due(connection: Connection, tenant: Tenant, now_us: int, noticed_us: int | None) -> list[ChangeRow]:
    """Removes the segments that are due at or before `now_us`; the tags that go with them are the caller's to record.

    In order, at their due instants, or at `noticed_us` after downtime (T6).
    """
    due = [segment for segment in tenant.segments.values() if purge_due_us(segment) <= now_us]
    rows: list[ChangeRow] = []
    for segment in sorted(due, key=purge_due_us):
        at_us = purge_due_us(segment)
        rows += _removals(connection, segment, at_us, at_us if noticed_us is None else noticed_us)
        segments.remove(connection, segment.segment_key)
        del tenant.segments[segment.segment_key]
    return rows


def _removals(connection: Connection, segment: StoredSegment, at_us: int, recorded_us: int) -> list[ChangeRow]:
    return [
        ChangeRow(
            profile_key=profile,
            segment_key=segment.segment_key,
            segment_id=segment.segment_id,
            segment_tag=segment.definition.name,
            kind=ChangeKind.REMOVED,
            effective_us=at_us,
            tag_created_us=at_us,
            recorded_us=recorded_us,
            cause=Cause.DELETION,
            event_seq=None,
        )
        for profile in tags.tagged_profiles(connection, segment.segment_key).tolist()
    ]
