"""What is stored of jobs, step by step, each in the writer's transaction.

Whoever runs a job asks at every step whether it is still to be run: its row says `running`, or else it was removed, or
is to begin again because somebody was erased meanwhile (X3).
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec.structs import replace

from octy.model import limits
from octy.model.errors import Problem, Refused
from octy.model.jobs import Job, JobFile, JobKind, JobStatus
from octy.model.outcomes import Failure, Outcome
from octy.model.values import shown
from octy.service.ids import new_id
from octy.service.jobs.task import Failed, Made
from octy.service.transaction import Transaction
from octy.store import job_files, jobs, training_uses

ATTEMPTS_MAX = 3
"""How often a job is begun."""
NOT_ENDED = (
    f"It was begun {ATTEMPTS_MAX} times and came to no end: the server ended, or profiles were deleted meanwhile."
)
ERASED = "A profile was deleted, so the file, which held it, was removed. Ask for another dataset."


def add(tx: Transaction, account_id: int, kind: JobKind, parameters: str) -> Job:
    """A new job waits for its turn. Refused where too many do."""
    waiting = [one for one in jobs.unended(tx.connection) if one.account_id == account_id]
    if len(waiting) >= limits.JOBS_WAITING_MAX:
        raise Refused(f"{len(waiting)} jobs of the account are waiting already; ask again when one has ended.")
    job = Job(new_id(kind.value), account_id, kind, parameters, JobStatus.QUEUED, 0.0, 0, tx.now_us)
    jobs.insert(tx.connection, job)
    return job


def begin(tx: Transaction, job_id: str) -> Job | None:
    """The job runs; None where it is not to."""
    job = jobs.by_id(tx.connection, job_id)
    if job is None or job.status is not JobStatus.QUEUED:
        return None
    return _put(
        tx, replace(job, status=JobStatus.RUNNING, attempts=job.attempts + 1, started_us=tx.now_us, progress=0.0)
    )


def advance(tx: Transaction, job_id: str, share: float) -> bool:
    """How far it is; False where it is not to go on."""
    job = _running(tx, job_id)
    if job is not None:
        _put(tx, replace(job, progress=share))
    return job is not None


def put_back(tx: Transaction, job_id: str) -> None:
    """The server ends: the job begins again at the next start, and nothing of it counts."""
    job = _running(tx, job_id)
    if job is not None:
        _put(tx, replace(job, status=JobStatus.QUEUED, attempts=job.attempts - 1, progress=0.0))


def end(tx: Transaction, job_id: str, came: Made | Failed, kept: int) -> bool:
    """What came of it; False where it was not to go on.

    Of its account and kind, the `kept` newest are kept; what is not known any more is removed.
    """
    job = _running(tx, job_id)
    if job is None:
        if isinstance(came, Made) and came.file is not None:
            _remove_afterwards(tx, [came.file])
        return False
    if isinstance(came, Made):
        made = replace(
            job,
            status=JobStatus.COMPLETED,
            progress=1.0,
            file=came.file,
            result=came.result,
            segments=came.segments,
            last_seq=came.last_seq,
        )
    else:
        made = replace(job, status=JobStatus.FAILED, error=came.reason)
    _put(tx, replace(made, ended_us=tx.now_us))
    ended = [one for one in jobs.of_account(tx.connection, job.account_id, job.kind) if one.has_ended]
    for old in ended[: max(len(ended) - kept, 0)]:
        _forget(tx, old)
    return True


def recover(tx: Transaction) -> None:
    """After a start: what was interrupted waits again, and what has no file any more says so."""
    for job in jobs.unended(tx.connection):
        if job.status is JobStatus.RUNNING:
            _put(tx, replace(job, status=JobStatus.QUEUED, progress=0.0))
    for job in jobs.with_files(tx.connection):
        if job.file is not None and not job_files.path_of(_folder(tx), job.file).is_file():
            jobs.lose_file(tx.connection, job.job_id, jobs.NOT_THERE)


def remove(tx: Transaction, account_id: int, kind: JobKind, ids: Sequence[str]) -> Outcome[str]:
    """Jobs go, with what they have made; one that runs is ended."""
    there = {job.job_id: job for job in jobs.of_account(tx.connection, account_id, kind)}
    done: list[str] = []
    failed: list[Failure] = []
    for index, job_id in enumerate(ids):
        job = there.pop(job_id, None)
        if job is None:
            failed.append(Failure(index, str(Problem(f"{kind}s[{index}]", shown(job_id), f"the id of a {kind}"))))
        else:
            _forget(tx, job)
            done.append(job_id)
    return Outcome(done, failed)


def forget_profiles(tx: Transaction, account_id: int) -> None:
    """Profiles of the account were erased (X3): datasets that may hold them go, and one that is made begins again."""
    for job in jobs.of_account(tx.connection, account_id, JobKind.DATASET):
        if job.file is not None:
            jobs.lose_file(tx.connection, job.job_id, ERASED)
            _remove_afterwards(tx, [job.file])
        elif job.status is JobStatus.RUNNING:
            _put(tx, replace(job, status=JobStatus.QUEUED))


def _running(tx: Transaction, job_id: str) -> Job | None:
    job = jobs.by_id(tx.connection, job_id)
    return job if job is not None and job.status is JobStatus.RUNNING else None


def _put(tx: Transaction, job: Job) -> Job:
    jobs.update(tx.connection, job)
    return job


def _forget(tx: Transaction, job: Job) -> None:
    jobs.remove(tx.connection, job.job_id)
    training_uses.end(tx.connection, job.job_id)
    if job.file is not None:
        _remove_afterwards(tx, [job.file])


def _remove_afterwards(tx: Transaction, files: Iterable[JobFile]) -> None:
    """Once that is stored; what a crash leaves behind, the next start sweeps."""
    folder = _folder(tx)
    for file in files:
        tx.afterwards.append(lambda file=file: job_files.remove(folder, file))  # type: ignore[misc]


def _folder(tx: Transaction) -> Path:
    return tx.world.archive.folder.parent
