"""Segments come and go: definitions judged (D1 to D11), put to work (L1, P6), deleted (X1)."""

from collections.abc import Sequence

import msgspec

from octy.model import limits
from octy.model.definitions import from_wire
from octy.model.errors import Problem, TooMany
from octy.model.outcomes import Failure, Outcome
from octy.model.segments import Segment, SegmentStatus, SegmentType
from octy.model.values import shown
from octy.service import retention
from octy.service.ids import new_id
from octy.service.tenant import Tenant
from octy.service.transaction import Transaction
from octy.store import segments
from octy.store.segments import StoredSegment


def create(tx: Transaction, account_id: int, raw: object) -> tuple[Segment, list[str]]:
    """The segment in `raw` (wire.md 3.5), and warnings (D9). DefinitionRefused and TooMany store nothing."""
    tenant = tx.tenant(account_id)
    definition, warnings = from_wire(raw, retention.surroundings(tenant, tx.now_us))
    if sum(one.delete_requested_us is None for one in tenant.segments.values()) >= limits.SEGMENTS_PER_ACCOUNT_MAX:
        raise TooMany(f"An account has at most {limits.SEGMENTS_PER_ACCOUNT_MAX:,} segments; delete one first.")
    is_live = definition.segment_type is SegmentType.LIVE
    stored = StoredSegment(
        segment_key=0,
        account_id=account_id,
        segment_id=new_id("segment"),
        definition=definition,
        status=SegmentStatus.ACTIVE if is_live else SegmentStatus.BACKFILLING,
        created_us=tx.now_us,
        created_seq=tx.world.last_seq,
        delete_requested_us=None,
    )
    key = segments.insert(tx.connection, stored)
    tenant.segments[key] = msgspec.structs.replace(stored, segment_key=key)
    if is_live:
        tenant.engine.add_live(key, definition, tx.now_us)
    else:
        tenant.backfills[key] = tenant.engine.begin_backfill(key, definition)
    return Segment(stored.segment_id, definition, stored.status, tx.now_us, 0), warnings


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
        if tenant.segments[key].status is not SegmentStatus.PENDING_DELETION:
            _retire(tx, tenant, tenant.segments[key])
        done.append(segment_id)
    tenant.refresh_due()
    return Outcome(done, failed)


def _retire(tx: Transaction, tenant: Tenant, segment: StoredSegment) -> None:
    status = SegmentStatus.PENDING_DELETION
    segments.set_status(tx.connection, segment.segment_key, status, delete_requested_us=tx.now_us)
    tenant.engine.remove_segment(segment.segment_key)
    tenant.backfills.pop(segment.segment_key, None)
    tenant.segments[segment.segment_key] = msgspec.structs.replace(
        segment, status=status, delete_requested_us=tx.now_us
    )
