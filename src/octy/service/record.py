"""What a tag change leaves behind: the tag itself, a line of history (G5), and where one is due a webhook (H1, H3)."""

from collections.abc import Sequence

import numpy as np
from sqlalchemy import Connection

from octy.engine.batch import Changes
from octy.model.tags import Cause
from octy.service.notifying import Audience, notify, tell_gone
from octy.service.purge import Purged
from octy.service.tenant import Tenant
from octy.service.world import World
from octy.store import segments, storms, tags, told_matches, webhook_sequences
from octy.store.tags import ChangeColumns


def record_changes(
    connection: Connection,
    world: World,
    tenant: Tenant,
    changes: Changes,
    seqs: Sequence[int],
    purged: Sequence[Purged] = (),
) -> bool:
    """Stores the changes in their order; true where a webhook was added. `seqs` are those of the batch's events.

    `purged` are segments that go: the removals of their tags take their places among the others (T6, T7).
    """
    audience = audience_of(world, tenant, purged)
    live = audience.live()
    columns = _columns(changes, seqs, live)
    if purged:
        columns = ChangeColumns.joined([*(one.removals for one in purged), columns])
        columns = columns.chosen(np.argsort(columns.recorded_us, kind="stable"))
    added = notify(connection, audience, columns, live)
    gone = [one.segment.segment_key for one in purged]
    for key in gone:
        segments.remove(connection, key)  # with all its tags: one by one, a million take long
    world.counts.add_changes(columns, live, None if world.clock.is_sandbox else world.clock.now_us())
    tags.apply(connection, tenant.account_id, world.last_change_id + 1, columns, gone)
    world.last_change_id += len(columns)
    tenant.unarchived_changes += len(columns)
    for one in purged:
        added |= tell_gone(connection, audience, one.segment.segment_key, one.recorded_us)
        storms.drop_stop(connection, one.segment.segment_key)
        webhook_sequences.forget_segment(connection, one.segment.segment_key)
        told_matches.forget_segment(connection, one.segment.segment_key)
    return added


def audience_of(world: World, tenant: Tenant, purged: Sequence[Purged] = ()) -> Audience:
    """Whom webhooks are made for; `purged` are segments that go."""
    segments = tenant.segments | {one.segment.segment_key: one.segment for one in purged} if purged else tenant.segments
    return Audience(
        account_id=tenant.account_id,
        choice=tenant.choice,
        storm=tenant.storm,
        profile_count=len(tenant.profile_keys),
        segments=segments,
        profile_ids=tenant.profile_ids,
        event_ids=world.event_ids,
        traces=world.traces,
    )


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
