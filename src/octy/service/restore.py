"""How a world comes back from its store: at start, and after a commit that failed.

Live segments relive the events that were accepted since their creation, or since it was written where they stand; past
ones fold the whole log; tags stand as they were recorded. Then the world is where its store says that it was
(`meta.now_us`; `settling` where time's changes had not all been made), and the writer moves it to the present, so that
what fell due meanwhile falls due at its own instant (T6).
"""

import os
from collections.abc import Collection
from functools import partial

from sqlalchemy import Connection

from octy.engine.backfill import fold_runs
from octy.model.clock import Clock
from octy.model.segments import SegmentStatus, SegmentType
from octy.service import settling, standings
from octy.service.faults import evaluating
from octy.service.ids import new_secret
from octy.service.progress import Progress, counted
from octy.service.storms import Storm
from octy.service.tenant import Tenant
from octy.service.world import World
from octy.store import accounts, erasures, event_types, events, meta, profiles, segments, tags, tallies
from octy.store.archive import ledger
from octy.store.archive.archive import Archive
from octy.store.blocks import CHANGE_BLOCKS, EVENT_BLOCKS
from octy.store.event_runs import runs_of
from octy.store.log_shape import EVENTS
from octy.store.segments import StoredSegment
from octy.store.tallies import Given

THREADS = os.cpu_count() or 1
"""Nothing else is served meanwhile."""


def restore(
    connection: Connection, archive: Archive, clock: Clock, progress: Progress, set_aside: Collection[int] = ()
) -> World:
    """The world as of its last commit; segments whose backfill had not ended stand at its beginning.

    Accounts of the ids in `set_aside` are not brought back. EvaluationFailed where another cannot be.
    """
    progress.begin()
    now_us = int(meta.get_value(connection, "now_us") or 0)
    last = _last_given(connection)
    tallies.begin(connection, archive, last)
    world = World(clock, archive, _id_secret(connection), now_us, last)
    for account in accounts.all_accounts(connection):
        if account.account_id in set_aside:
            settling.stand_still(connection, account.account_id, now_us)
            world.set_aside[account.account_id] = account
        else:
            world.tenants[account.account_id] = Tenant(account, now_us=0)
    for stored_type in event_types.all_types(connection):
        if stored_type.account_id in world.tenants:
            world.tenants[stored_type.account_id].add_type(stored_type)
    for account_id, tenant in world.tenants.items():
        for keys, profile_ids in profiles.all_ids(connection, account_id):
            tenant.load_profiles(keys.tolist(), profile_ids)
            progress.loaded(len(profile_ids))
        tenant.reserve_profiles(profiles.next_key(connection, account_id))
    for segment in segments.all_segments(connection):
        if segment.account_id in world.tenants:
            world.tenants[segment.account_id].segments[segment.segment_key] = segment
    for account_id, count in CHANGE_BLOCKS.counts(connection).items():
        if account_id in world.tenants:
            world.tenants[account_id].unarchived_changes = count
    progress.reads(_reads(connection, world))
    for tenant in world.tenants.values():
        tenant.storm = Storm.of(connection, tenant.account_id, now_us)
        with evaluating(tenant.account_id):
            _restore_tenant(connection, world, tenant, progress)
    return world


def _reads(connection: Connection, world: World) -> int:
    """How often a stored event is read before the world stands."""
    rows = EVENT_BLOCKS.counts(connection)
    for run in ledger.all_runs(connection, EVENTS):
        rows[run.account_id] = rows.get(run.account_id, 0) + run.row_count
    passes = {
        account_id: len({one.definition.segment_type for one in tenant.segments.values() if _is_read_for(one)})
        for account_id, tenant in world.tenants.items()
    }
    return sum(count * passes.get(account_id, 0) for account_id, count in rows.items())


def _is_read_for(segment: StoredSegment) -> bool:
    """Whether the log is read for a segment, all such of one type together; a backfill's turn comes later."""
    if segment.definition.segment_type is SegmentType.PAST:
        return segment.status is SegmentStatus.ACTIVE
    return segment.lifetime.is_followed


def _restore_tenant(connection: Connection, world: World, tenant: Tenant, progress: Progress) -> None:
    engine, profile_count, type_numbers = tenant.engine, len(tenant.profile_ids), tenant.type_numbers()
    newest = EVENT_BLOCKS.read_uncut(connection, tenant.account_id)
    tenant.recent.load(newest)
    runs = runs_of(connection, world.archive, tenant.account_id, newest)
    stood = standings.stored(connection, world.archive, tenant.account_id)
    followed = counted(runs, progress)
    engine.relive(standings.at_work(list(tenant.segments.values()), stood), type_numbers, followed, THREADS)
    applied_us = settling.applied_us(connection, tenant.account_id, world.now_us)
    engine.advance(applied_us)  # what it makes due was recorded before the restart
    at_work = [one for one in tenant.segments.values() if not one.lifetime.is_pending]
    past = [one for one in at_work if one.definition.segment_type is SegmentType.PAST]
    backfills = {one.segment_key: engine.begin_backfill(one.segment_key, one.definition) for one in past}
    active = [one.segment_key for one in past if one.status is SegmentStatus.ACTIVE]
    settled_us = settling.settled_us(connection, tenant, runs, applied_us)
    since_us = int(settled_us.min(initial=applied_us))
    fold_runs([backfills[key] for key in active], type_numbers, followed, profile_count, since_us, THREADS)
    standing = ((backfills.pop(key), tags.tagged_profiles(connection, key)) for key in active)
    engine.restore_past(standing, partial(profiles.texts_of_property, connection, tenant.account_id), settled_us)
    tenant.backfills = backfills
    for profile_key in erasures.requested(connection).get(tenant.account_id, ()):
        engine.forget_profile(profile_key)
    tenant.refresh_due()


def _last_given(connection: Connection) -> Given:
    """The last numbers. None is given again, though what bore it may be lost (T2)."""
    stored = Given(events.last_seq(connection), tags.last_change_id(connection))
    said = tallies.given(connection) or stored
    return Given(max(stored.seq, said.seq), max(stored.change_id, said.change_id))


def _id_secret(connection: Connection) -> str:
    secret = meta.get_value(connection, "id_key")
    if secret is None:
        secret = new_secret()
        meta.set_value(connection, "id_key", secret)
    return secret
