"""What a tag change leaves behind: the tag itself, a line of history (G5), and a webhook for a live match (H1, H3)."""

from collections.abc import Sequence

import numpy as np
from sqlalchemy import Connection

from octy.engine.batch import Changes
from octy.model.segments import SegmentType
from octy.model.tags import Cause, ChangeKind
from octy.service.ids import new_id
from octy.service.tenant import Tenant
from octy.service.world import World
from octy.store import outbox, tags
from octy.store.outbox import NewDelivery
from octy.store.tags import ChangeColumns
from octy.webhooks.message import match_body


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
    deliveries = _deliveries(tenant, columns, live)
    if deliveries:
        outbox.add(connection, deliveries)
    return bool(deliveries)


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
    )


def _deliveries(tenant: Tenant, changes: ChangeColumns, live: Sequence[int]) -> list[NewDelivery]:
    """A webhook for each live match, where the account wants them."""
    if not tenant.account.configuration.webhook_url or not live:
        return []
    matches = np.flatnonzero((changes.kind != ChangeKind.REMOVED) & np.isin(changes.segment, live))
    names = ("profile", "segment", "kind", "effective_us", "recorded_us")
    columns = (getattr(changes, name)[matches].tolist() for name in names)
    return [
        NewDelivery(
            webhook_id=new_id("msg", 16),
            account_id=tenant.account_id,
            profile_key=profile,
            segment_key=segment,
            body=match_body(
                profile_id=tenant.profile_ids[profile],
                segment_id=tenant.segments[segment].segment_id,
                segment_tag=tenant.segments[segment].definition.name,
                updated=kind == ChangeKind.UPDATED,
                matched_us=effective_us,
            ),
            created_us=recorded_us,
        )
        for profile, segment, kind, effective_us, recorded_us in zip(*columns, strict=True)
    ]
