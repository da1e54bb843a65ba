"""What becomes of a training that has ended: profiles are told, the report is kept, the account hears of it (H2).

Predictions go to the profiles first, in portions; then report, model, webhook, the purge of segments that were deleted
before its dataset was built (X2) and the job's end are one transaction, so that a training which is told to be complete
is complete. One that is interrupted before begins again.
"""

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from octy.model.jobs import Job
from octy.model.trainings import TrainingOutcome
from octy.model.webhooks import WebhookEvent
from octy.service.churn import record_predictions, record_training
from octy.service.ids import new_id
from octy.service.jobs.task import Failed, Made
from octy.service.trainings import training_completed, training_failed
from octy.service.transaction import Transaction
from octy.store import job_files, outbox
from octy.store.outbox import NO_SEGMENT, NOBODY, NewDelivery
from octy.webhooks.message import training_body
from octy.webhooks.schedule import WAIT_US_MAX


class TrainingEnding:
    """Sees to the ends of one store's trainings, one at a time."""

    def __init__(self, folder: Path, submit: "Callable[[Callable[[Transaction], Any]], Future[Any]]") -> None:
        self._folder = folder
        self._submit = submit
        self._outcome: TrainingOutcome | None = None

    def take(self, job: Job, made: Made) -> Made:
        """Takes over what the process has made, and tells the profiles; nothing of its file is left."""
        assert made.file is not None, "a training hands over a file"
        path = job_files.path_of(self._folder, made.file)
        self._outcome = msgspec.msgpack.decode(path.read_bytes(), type=TrainingOutcome)
        for _ in record_predictions(self._submit, job.account_id, self._outcome.predictions):
            pass
        job_files.remove(self._folder, made.file)
        return replace(made, file=None)

    def end(self, tx: Transaction, job: Job, came: Made | Failed) -> None:
        """In the transaction of the job's end."""
        if isinstance(came, Made):
            assert self._outcome is not None, "it was taken over"
            record_training(tx, job.account_id, self._outcome.report, self._outcome.model)
            training_completed(tx, job.account_id, job.job_id, self._outcome.left_out, came.segments)
        else:
            training_failed(tx, job.job_id)
        self._outcome = None
        if WebhookEvent.TRAINED in tx.tenant(job.account_id).choice.events:
            _tell(tx, job, came)


def _tell(tx: Transaction, job: Job, came: Made | Failed) -> None:
    """H2, H3."""
    webhook_id = new_id("msg", 16)
    failed_because = came.reason if isinstance(came, Failed) else None
    body = training_body(
        delivery_id=webhook_id, training_job_id=job.job_id, failed_because=failed_because, now_us=tx.now_us
    )
    new = NewDelivery(webhook_id, job.account_id, NOBODY, NO_SEGMENT, WebhookEvent.TRAINED, body, tx.now_us)
    outbox.add(tx.connection, [new], WAIT_US_MAX)
    tx.added_webhooks = True
