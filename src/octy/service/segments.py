"""Segments come and go: definitions judged (D1 to D11), put to work (L1, P6), deleted (X1), and brought back."""

from collections.abc import Sequence

import msgspec

from octy.model import limits
from octy.model.definitions import DefinitionRefused, from_wire, to_wire
from octy.model.errors import Problem, TooMany
from octy.model.lifetimes import Lifetime, Segment
from octy.model.outcomes import Failure, Outcome
from octy.model.segments import SegmentType
from octy.model.values import shown
from octy.service import retention
from octy.service.ids import new_id
from octy.service.tenant import Tenant
from octy.service.transaction import Transaction
from octy.store import segments, tags
from octy.store.segments import StoredSegment


def create(tx: Transaction, account_id: int, raw: object) -> tuple[Segment, list[str]]:
    """The segment in `raw` (wire.md 3.5), and warnings (D9). DefinitionRefused and TooMany store nothing."""
    tenant = tx.tenant(account_id)
    definition, warnings = from_wire(raw, retention.surroundings(tenant, tx.now_us))
    if sum(not one.lifetime.is_pending for one in tenant.segments.values()) >= limits.SEGMENTS_PER_ACCOUNT_MAX:
        raise TooMany(f"An account has at most {limits.SEGMENTS_PER_ACCOUNT_MAX:,} segments; delete one first.")
    is_live = definition.segment_type is SegmentType.LIVE
    stored = StoredSegment(
        segment_key=0,
        account_id=account_id,
        segment_id=new_id("segment"),
        definition=definition,
        created_us=tx.now_us,
        created_seq=tx.world.last_seq,
        lifetime=Lifetime.begun(is_live=is_live),
    )
    key = segments.insert(tx.connection, stored)
    tenant.segments[key] = msgspec.structs.replace(stored, segment_key=key)
    if is_live:
        tenant.engine.add_live(key, definition, tx.now_us)
    else:
        tenant.backfills[key] = tenant.engine.begin_backfill(key, definition)
    return Segment(stored.segment_id, definition, stored.lifetime, tx.now_us, 0), warnings


def delete(tx: Transaction, account_id: int, ids: Sequence[str]) -> Outcome[str]:
    """From now on the segments make no tag and no webhook; they go later, with their tags (X1, X2)."""
    tenant = tx.settled(account_id)
    keys = {segment.segment_id: key for key, segment in tenant.segments.items()}
    done: list[str] = []
    failed: list[Failure] = []
    for index, segment_id in enumerate(ids):
        key = keys.get(segment_id)
        if key is None:
            failed.append(
                Failure(index, str(Problem("segment_id", shown(segment_id), "the id of an existing segment")))
            )
            continue
        if not tenant.segments[key].lifetime.is_pending:
            _retire(tx, tenant, tenant.segments[key])
        done.append(segment_id)
    tenant.refresh_due()
    return Outcome(done, failed)


def restore(tx: Transaction, account_id: int, ids: Sequence[str]) -> Outcome[str]:
    """Cancels deletions that are pending: the segments go on, with the tags that the rules demand now.

    A live one does so at once, a past one when it is backfilled once more. One whose deletion is not pending stays as
    it is.
    """
    tenant = tx.settled(account_id)
    keys = {segment.segment_id: key for key, segment in tenant.segments.items()}
    done: list[str] = []
    failed: list[Failure] = []
    for index, segment_id in enumerate(ids):
        key = keys.get(segment_id)
        if key is None:
            wanted = "the id of an existing segment; one that is purged cannot be restored"
            failed.append(Failure(index, str(Problem("segment_id", shown(segment_id), wanted))))
        elif problems := _against_restoring(tx, tenant, tenant.segments[key]):
            failed.append(Failure(index, "; ".join(str(problem) for problem in problems)))
        else:
            if tenant.segments[key].lifetime.is_pending:
                _restore(tx, tenant, tenant.segments[key])
            done.append(segment_id)
    tenant.refresh_due()
    return Outcome(done, failed)


def _against_restoring(tx: Transaction, tenant: Tenant, segment: StoredSegment) -> Sequence[object]:
    """Rules that it would break by now: event types may be gone (D9), and events too old."""
    lifetime, definition = segment.lifetime, segment.definition
    if not lifetime.is_pending:
        return ()
    name = shown(definition.name)
    if not lifetime.is_followed and definition.segment_type is SegmentType.LIVE:
        wanted = "a live segment whose deletion was asked for since the server's last upgrade; create it anew"
        return [Problem("segment_id", name, wanted)]
    if len(lifetime.pauses) >= limits.RESTORES_MAX:
        wanted = f"a segment that was restored less than {limits.RESTORES_MAX} times; create it anew"
        return [Problem("segment_id", name, wanted)]
    around = retention.surroundings(tenant, tx.now_us)
    around = msgspec.structs.replace(around, taken_names=around.taken_names - {definition.name})
    try:
        from_wire(to_wire(definition), around)
    except DefinitionRefused as refused:
        return refused.problems
    return ()


def _restore(tx: Transaction, tenant: Tenant, segment: StoredSegment) -> None:
    key, definition = segment.segment_key, segment.definition
    is_live = definition.segment_type is SegmentType.LIVE
    _go_on(tx, tenant, segment, segment.lifetime.restored(tx.now_us, tx.world.last_seq, is_live=is_live))
    if is_live:
        tx.record(tenant, tenant.engine.wake(key, tags.tagged_profiles(tx.connection, key)))
    else:
        tenant.backfills[key] = tenant.engine.begin_backfill(key, definition)


def _retire(tx: Transaction, tenant: Tenant, segment: StoredSegment) -> None:
    if segment.definition.segment_type is SegmentType.LIVE:
        tenant.engine.rest(segment.segment_key)
    else:
        tenant.engine.remove_segment(segment.segment_key)
    tenant.backfills.pop(segment.segment_key, None)
    _go_on(tx, tenant, segment, segment.lifetime.deleted(tx.now_us, tx.world.last_seq))


def _go_on(tx: Transaction, tenant: Tenant, segment: StoredSegment, lifetime: Lifetime) -> None:
    segments.set_lifetime(tx.connection, segment.segment_key, lifetime)
    tenant.segments[segment.segment_key] = msgspec.structs.replace(segment, lifetime=lifetime)
