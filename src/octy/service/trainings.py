"""What training jobs mean to segments (X2): which they use, and which deleted ones go when one completes.

Whoever runs the jobs calls these in its own transaction with the writer, so that a job's end and the purges that it
brings are one.
"""

from collections.abc import Collection, Mapping

from octy.engine.batch import NO_CHANGES
from octy.service.purge import purge_trained
from octy.service.tenant import Tenant
from octy.service.transaction import Transaction
from octy.store import training_uses


def training_begun(tx: Transaction, account_id: int, job_id: str, segment_ids: Collection[str]) -> None:
    """A job is in flight that uses the tags of some segments."""
    training_uses.begin(tx.connection, job_id, _keys(tx.tenant(account_id), segment_ids), tx.now_us)


def training_completed(
    tx: Transaction, account_id: int, job_id: str, left_out: Mapping[str, int], segment_ids: Collection[str]
) -> list[str]:
    """A job has made a model with the tags of some segments, as they were when its dataset was built.

    Purges the account's segments of which a deletion was pending then, by number in `left_out`, and is yet; tells their
    ids. A segment that is gone already is passed over.
    """
    tenant = tx.settled(account_id)
    training_uses.complete(tx.connection, job_id, _keys(tenant, segment_ids), tx.now_us)
    purged = purge_trained(tx.connection, tenant, job_id, left_out, tx.now_us)
    if purged:
        tx.record_purges(tenant, NO_CHANGES, purged)
        tenant.refresh_due()
    return [one.segment.segment_id for one in purged]


def training_failed(tx: Transaction, job_id: str) -> None:
    """A job has come to nothing, or was cancelled."""
    training_uses.end(tx.connection, job_id)


def _keys(tenant: Tenant, segment_ids: Collection[str]) -> list[int]:
    return [key for key, one in tenant.segments.items() if one.segment_id in segment_ids]
