"""Jobs: what was asked for, and what became of it."""

from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Row, Select, select

from octy.model.jobs import Job, JobFile, JobKind, JobStatus
from octy.store.json_text import to_names, to_text
from octy.store.schema import jobs

NOT_THERE = "The file is not in the data folder: a backup does not hold it. Ask for another dataset."


def insert(connection: Connection, job: Job) -> None:
    """Stores a new one."""
    connection.execute(jobs.insert(), _row(job))


def update(connection: Connection, job: Job) -> None:
    """Stores what has become of it."""
    connection.execute(jobs.update().where(jobs.c.job_id == job.job_id), _row(job))


def lose_file(connection: Connection, job_id: str, because: str) -> JobFile | None:
    """It has made something that is not there any more; what that was."""
    job = by_id(connection, job_id)
    if job is not None:
        update(connection, replace(job, file=None, error=because))
    return None if job is None else job.file


def remove(connection: Connection, job_id: str) -> None:
    """Forgets it."""
    connection.execute(jobs.delete().where(jobs.c.job_id == job_id))


def by_id(connection: Connection, job_id: str) -> Job | None:
    """The job, if it is there."""
    found = _found(connection, select(jobs).where(jobs.c.job_id == job_id))
    return found[0] if found else None


def of_account(connection: Connection, account_id: int, kind: JobKind) -> list[Job]:
    """An account's, in the order in which they were asked for."""
    return _found(connection, select(jobs).where(jobs.c.account_id == account_id, jobs.c.kind == kind.value))


def all_jobs(connection: Connection) -> list[Job]:
    """Those of all accounts, in the order in which they were asked for."""
    return _found(connection, select(jobs))


def unended(connection: Connection) -> list[Job]:
    """Those of all accounts that wait or run, in the order in which they were asked for."""
    waiting = (JobStatus.QUEUED.value, JobStatus.RUNNING.value)
    return _found(connection, select(jobs).where(jobs.c.status.in_(waiting)))


def with_files(connection: Connection) -> list[Job]:
    """Those of all accounts of which there is a file."""
    return _found(connection, select(jobs).where(jobs.c.file.is_not(None)))


def _found(connection: Connection, question: Select[Any]) -> list[Job]:
    return [_job(row) for row in connection.execute(question.order_by(jobs.c.number))]


def _row(job: Job) -> dict[str, Any]:
    row = msgspec.structs.asdict(job)
    file = row.pop("file")
    return row | {
        "kind": job.kind.value,
        "status": job.status.value,
        "segments": to_text(job.segments),
        "file": None if file is None else file.name,
        "file_bytes": None if file is None else file.bytes,
        "file_sha256": None if file is None else file.sha256,
    }


def _job(row: Row[Any]) -> Job:
    return Job(
        job_id=row.job_id,
        account_id=row.account_id,
        kind=JobKind(row.kind),
        parameters=row.parameters,
        status=JobStatus(row.status),
        progress=row.progress,
        attempts=row.attempts,
        requested_us=row.requested_us,
        started_us=row.started_us,
        ended_us=row.ended_us,
        error=row.error,
        file=None if row.file is None else JobFile(row.file, row.file_bytes, row.file_sha256),
        result=row.result,
        segments=to_names(row.segments),
        last_seq=row.last_seq,
    )
