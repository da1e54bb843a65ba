"""How a world comes back from its store: at start, and after a commit that failed.

Live segments relive the events that were accepted since their creation, in the order of acceptance; past ones fold the
whole log; tags stand as they were recorded. Then the world is where its store says that it was (`meta.now_us`), and the
writer moves it to the present, so that what fell due meanwhile falls due at its own instant (T6).
"""

from collections.abc import Iterator

from sqlalchemy import Connection

from octy.engine.backfill import Backfill
from octy.engine.batch import EventBatch
from octy.model.clock import Clock
from octy.model.segments import SegmentStatus, SegmentType
from octy.service.ids import EventIds, new_secret
from octy.service.tenant import Tenant
from octy.service.world import World, as_batch
from octy.store import accounts, event_types, events, meta, profiles, segments, tags
from octy.store.segments import StoredSegment

EVENTS_PER_CHUNK = 200_000
PROFILES_PER_REFOLD = 5_000


def restore(connection: Connection, clock: Clock) -> World:
    """The world as of its last commit; segments whose backfill had not ended stand at its beginning."""
    now_us = int(meta.get_value(connection, "now_us") or 0)
    world = World(clock, EventIds(_id_secret(connection)), now_us, events.last_seq(connection))
    for stored in accounts.all_accounts(connection):
        account = stored.account
        world.tenants[account.account_id] = Tenant(account, now_us=0)
    for stored_type in event_types.all_types(connection):
        world.tenants[stored_type.account_id].add_type(stored_type)
    for account_id, key, profile_id in profiles.all_ids(connection):
        world.tenants[account_id].add_profile(key, profile_id)
    for account_id, tenant in world.tenants.items():
        tenant.reserve_profiles(profiles.next_key(connection, account_id))
    for segment in segments.all_segments(connection):
        world.tenants[segment.account_id].segments[segment.segment_key] = segment
    for tenant in world.tenants.values():
        _restore_tenant(connection, world, tenant)
    return world


def refold_late(connection: Connection, tenant: Tenant, backfill: Backfill) -> None:
    """Reads the profiles whose events came out of order once more, in order (P7)."""
    request = backfill.history_needed()
    if request is None:
        return
    type_ids = tenant.type_ids(set(request.event_types.tolist()))
    for first in range(0, len(request.profiles), PROFILES_PER_REFOLD):
        chunk = request.profiles[first : first + PROFILES_PER_REFOLD]
        columns = events.read_profiles(connection, tenant.account_id, chunk.tolist(), type_ids, request.after_us)
        backfill.refold(chunk, as_batch(tenant, columns, backfill.watched_types()))


def stored_batches(
    connection: Connection, tenant: Tenant, codes: frozenset[int], watched: set[int], after_seq: int, through_seq: int
) -> Iterator[EventBatch]:
    """The account's events of some types with `after_seq` < seq <= `through_seq`, in seq order, in chunks."""
    type_ids = tenant.type_ids(codes)
    chunks = events.read_in_order(
        connection, tenant.account_id, type_ids, after_seq, through_seq, chunk_rows=EVENTS_PER_CHUNK
    )
    return (as_batch(tenant, columns, watched) for columns in chunks)


def _restore_tenant(connection: Connection, world: World, tenant: Tenant) -> None:
    past: list[tuple[Backfill, StoredSegment]] = []
    live: list[StoredSegment] = []
    for segment in tenant.segments.values():
        if segment.status is SegmentStatus.PENDING_DELETION:
            continue
        if segment.definition.segment_type is SegmentType.LIVE:
            live.append(segment)
            continue
        backfill = tenant.engine.begin_backfill(segment.segment_key, segment.definition)
        if segment.status is SegmentStatus.ACTIVE:
            past.append((backfill, segment))
        else:
            tenant.backfills[segment.segment_key] = backfill
    _relive(connection, world, tenant, live, [backfill for backfill, _ in past])
    tenant.engine.advance(world.now_us)  # what it makes due was recorded before the restart
    for backfill, segment in past:
        refold_late(connection, tenant, backfill)
        data = profiles.data_of_all(connection, tenant.account_id)
        tagged = tags.tagged_profiles(connection, segment.segment_key)
        tenant.engine.restore_past(backfill, data, tagged)
    tenant.refresh_due()


def _relive(
    connection: Connection, world: World, tenant: Tenant, live: list[StoredSegment], past: list[Backfill]
) -> None:
    """Reads the log once; each live segment joins after the last event that was accepted before its creation (L1)."""
    joining = sorted(live, key=lambda segment: segment.created_seq)
    codes = _codes_in_use(tenant)
    bounds = [*sorted({segment.created_seq for segment in joining}), world.last_seq]
    after_seq = 0
    for through_seq in bounds:
        watched = tenant.engine.watched_types().union(*(backfill.watched_types() for backfill in past))
        for batch in stored_batches(connection, tenant, codes, watched, after_seq, through_seq):
            tenant.engine.replay(batch)
            for backfill in past:
                backfill.fold(batch)
        after_seq = through_seq
        while joining and joining[0].created_seq == through_seq:
            segment = joining.pop(0)
            tenant.engine.add_live(segment.segment_key, segment.definition, segment.created_us)


def _codes_in_use(tenant: Tenant) -> frozenset[int]:
    """Codes of the event types that some segment at work looks at; events of others change nothing."""
    at_work = (one for one in tenant.segments.values() if one.status is not SegmentStatus.PENDING_DELETION)
    steps = (step for one in at_work for step in one.definition.event_sequence)
    return frozenset(tenant.engine.event_type_code(step.event_type) for step in steps)


def _id_secret(connection: Connection) -> str:
    secret = meta.get_value(connection, "id_key")
    if secret is None:
        secret = new_secret()
        meta.set_value(connection, "id_key", secret)
    return secret
