"""What a tag change leaves behind: the tag itself, a line of history (G5), and a webhook for a live match (H1, H3)."""

from collections.abc import Sequence

import numpy as np
from sqlalchemy import Connection

from octy.engine.batch import Changes
from octy.model.segments import SegmentType
from octy.model.tags import Cause, ChangeKind
from octy.service.ids import new_id
from octy.service.tenant import Tenant
from octy.store import outbox, tags
from octy.store.outbox import NewDelivery
from octy.store.tags import ChangeRow
from octy.webhooks.message import match_body


def record_changes(
    connection: Connection, tenant: Tenant, changes: Changes, seqs: Sequence[int], purged: Sequence[ChangeRow] = ()
) -> bool:
    """Stores the changes in their order; true where a webhook was added. `seqs` are those of the batch's events.

    `purged` are removals of tags with their segments, which take their places among the others (T6, T7).
    """
    rows = _rows(tenant, changes, seqs)
    if purged:
        rows = sorted([*purged, *rows], key=lambda row: row.recorded_us)
    tags.apply(connection, tenant.account_id, rows)
    deliveries = _deliveries(tenant, rows)
    if deliveries:
        outbox.add(connection, deliveries)
    return bool(deliveries)


def _rows(tenant: Tenant, changes: Changes, seqs: Sequence[int]) -> list[ChangeRow]:
    """A past tag dates from its event's acceptance (G2), a live one from its match (G3), any other from its instant."""
    segments = [tenant.segments[key] for key in changes.segment.tolist()]
    live = np.array([segment.definition.segment_type is SegmentType.LIVE for segment in segments], np.bool_)
    dates_from_acceptance = (changes.cause == Cause.EVENT) & ~live
    columns = (
        changes.profile.tolist(),
        changes.segment.tolist(),
        [segment.segment_id for segment in segments],
        [segment.definition.name for segment in segments],
        changes.kind.tolist(),
        changes.effective_us.tolist(),
        np.where(dates_from_acceptance, changes.recorded_us, changes.effective_us).tolist(),
        changes.recorded_us.tolist(),
        changes.cause.tolist(),
        [seqs[event] if event >= 0 else None for event in changes.event.tolist()],
    )
    return list(map(ChangeRow._make, zip(*columns, strict=True)))


def _deliveries(tenant: Tenant, rows: Sequence[ChangeRow]) -> list[NewDelivery]:
    """A webhook for each live match, where the account wants them."""
    if not tenant.account.configuration.webhook_url:
        return []
    return [
        NewDelivery(
            webhook_id=new_id("msg", 16),
            account_id=tenant.account_id,
            profile_key=row.profile_key,
            segment_key=row.segment_key,
            body=match_body(
                profile_id=tenant.profile_ids[row.profile_key],
                segment_id=row.segment_id,
                segment_tag=row.segment_tag,
                updated=row.kind == ChangeKind.UPDATED,
                matched_us=row.effective_us,
            ),
            created_us=row.recorded_us,
        )
        for row in rows
        if row.kind != ChangeKind.REMOVED
        and tenant.segments[row.segment_key].definition.segment_type is SegmentType.LIVE
    ]
