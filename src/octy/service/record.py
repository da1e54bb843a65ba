"""What a tag change leaves behind: the tag itself, a line of history (G5), and where one is due a webhook (H1, H3)."""

from collections.abc import Sequence

import numpy as np
from sqlalchemy import Connection

from octy.engine.batch import Changes
from octy.model.segments import SegmentType
from octy.model.tags import Cause
from octy.service.notifying import notify
from octy.service.tenant import Tenant
from octy.service.world import World
from octy.store import tags
from octy.store.tags import ChangeColumns


def record_changes(
    connection: Connection,
    world: World,
    tenant: Tenant,
    changes: Changes,
    seqs: Sequence[int],
    purged: Sequence[ChangeColumns] = (),
) -> bool:
    """Stores the changes in their order; true where a webhook was added. `seqs` are those of the batch's events.

    `purged` are removals of tags with their segments, which take their places among the others (T6, T7).
    """
    live = _live_segments(tenant)
    columns = _columns(changes, seqs, live)
    if purged:
        columns = ChangeColumns.joined([*purged, columns])
        columns = columns.chosen(np.argsort(columns.recorded_us, kind="stable"))
    tags.apply(connection, tenant.account_id, world.last_change_id + 1, columns)
    world.last_change_id += len(columns)
    tenant.unarchived_changes += len(columns)
    return notify(connection, world.event_ids, tenant, columns, live)


def _live_segments(tenant: Tenant) -> list[int]:
    return [key for key, one in tenant.segments.items() if one.definition.segment_type is SegmentType.LIVE]


def _columns(changes: Changes, seqs: Sequence[int], live: Sequence[int]) -> ChangeColumns:
    """A past tag dates from its event's acceptance (G2), a live one from its match (G3), any other from its instant."""
    of_event = changes.event >= 0
    event_seq = np.zeros(changes.size, np.int64)
    if of_event.any():
        event_seq[of_event] = np.array(seqs, np.int64)[changes.event[of_event]]
    dates_from_acceptance = (changes.cause == Cause.EVENT) & ~np.isin(changes.segment, live)
    return ChangeColumns(
        profile=changes.profile,
        segment=changes.segment,
        kind=changes.kind.astype(np.int32),
        cause=changes.cause.astype(np.int32),
        effective_us=changes.effective_us,
        tag_created_us=np.where(dates_from_acceptance, changes.recorded_us, changes.effective_us),
        recorded_us=changes.recorded_us,
        event_seq=event_seq,
        opener_seq=changes.opener,
    )
