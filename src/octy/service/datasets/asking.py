"""A dataset is asked for: judged at once, and made by a job."""

import msgspec

from octy.model.datasets import DatasetRequest, question_of
from octy.model.instants import iso
from octy.model.jobs import Job, JobKind
from octy.model.segments import SegmentStatus
from octy.service.datasets import judging
from octy.service.jobs import keeping
from octy.service.transaction import Transaction


def ask(tx: Transaction, account_id: int, request: DatasetRequest) -> Job:
    """A new job. Refused where the dataset cannot be made, or would leak and the request is strict."""
    tenant = tx.tenant(account_id)
    asked = _dated(request, tx.now_us)
    question = question_of(asked, tx.now_us)
    definitions = [
        one.definition for one in tenant.segments.values() if one.status is not SegmentStatus.PENDING_DELETION
    ]
    judging.check(question, definitions, tenant.types, tenant.account.aged_us)
    if asked.strict:
        judging.check_strictly(definitions, question)
    return keeping.add(tx, account_id, JobKind.DATASET, msgspec.json.encode(asked).decode())


def _dated(request: DatasetRequest, now_us: int) -> DatasetRequest:
    """What is not given means the instant of the request, whenever the job begins."""
    if request.as_of is not None or request.to is not None:
        return request
    asks_for_several = request.every is not None or request.from_ is not None
    return msgspec.structs.replace(request, **{"to" if asks_for_several else "as_of": iso(now_us)})
