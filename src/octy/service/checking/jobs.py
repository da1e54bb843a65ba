"""Are jobs, what they have made and what they use as they must be? Every byte of datasets is read."""

from collections.abc import Iterator

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from octy.model.datasets import METADATA
from octy.model.errors import OctyError
from octy.model.jobs import Job, JobFile, JobKind, JobStatus
from octy.service.checking.catalog import CheckedAccount
from octy.service.checking.findings import Findings
from octy.service.checking.remedies import LostFile, StrayUse
from octy.store import churn_trainings, job_files, jobs, training_uses
from octy.store.archive.run_writer import digest
from octy.store.folder import Snapshot


class _Result(msgspec.Struct):
    """What a job says of the dataset that it has made."""

    rows: int


class _Metadata(msgspec.Struct):
    """What a dataset says of itself."""

    dataset_id: str


def check_jobs(snapshot: Snapshot, accounts: list[CheckedAccount], findings: Findings) -> None:
    """Notes every difference. A file that no job knows is none: an end may leave it, and the next start removes it."""
    there = jobs.all_jobs(snapshot.connection)
    for job in there:
        findings.checked["jobs"] += 1
        for wanted, found in _oddities(job):
            findings.differ("job", job.job_id, wanted, found)
        if job.file is not None:
            _check_file(snapshot, job, job.file, findings)
    reported = _check_reports(snapshot, findings)
    for job in there:
        if job.kind is JobKind.TRAINING and job.status is JobStatus.COMPLETED and job.job_id not in reported:
            findings.differ("job", job.job_id, "a report, as the training has completed", "none")
    _check_uses(snapshot, accounts, {job.job_id for job in there if not job.has_ended}, reported, findings)


def _oddities(job: Job) -> Iterator[tuple[str, str]]:
    """Each as (expected, found)."""
    if job.has_ended != (job.ended_us is not None):
        yield "the instant of its end where it has ended, and only there", job.status.value
    if not 0 <= job.progress <= 1:
        yield "a progress from 0 to 1", f"{job.progress:g}"
    if job.file is not None and job.status is not JobStatus.COMPLETED:
        yield "no file: it has made none", job.file.name
    if job.status is JobStatus.FAILED and not job.error:
        yield "why it failed", "nothing"


def _check_file(snapshot: Snapshot, job: Job, file: JobFile, findings: Findings) -> None:
    """Whether it is what was written, and the dataset that the job tells of."""
    path = job_files.path_of(snapshot.folder, file)
    findings.checked["dataset files"] += 1
    if not path.is_file():
        findings.differ("dataset file", file.name, f"a file of {file.bytes:,} bytes", "no file", LostFile(job.job_id))
        return
    found_bytes = path.stat().st_size
    findings.checked["bytes in dataset files"] += found_bytes
    wanted, found = f"{file.bytes:,} bytes", f"{found_bytes:,} bytes"
    if wanted == found:
        wanted, found = f"SHA-256 {file.sha256}", f"SHA-256 {digest(path).hex()}"
    if wanted == found:
        wanted, found = _told(job), _held(snapshot, file)
    if wanted != found:
        findings.differ("dataset file", file.name, wanted, found, LostFile(job.job_id))


def _told(job: Job) -> str:
    rows = msgspec.json.decode(job.result or "{}", type=_Result).rows
    return f"{rows:,} rows of {job.job_id}"


def _held(snapshot: Snapshot, file: JobFile) -> str:
    try:
        found = pq.read_metadata(job_files.path_of(snapshot.folder, file))
        said = msgspec.json.decode((found.metadata or {}).get(METADATA, b"{}"), type=_Metadata)
        return f"{found.num_rows:,} rows of {said.dataset_id}"
    except (pa.ArrowException, msgspec.MsgspecError, OSError) as error:
        return f"no dataset ({error})"


def _check_reports(snapshot: Snapshot, findings: Findings) -> set[str]:
    """The trainings that have one."""
    ids = churn_trainings.all_ids(snapshot.connection)
    for account_id, training_job_id in ids:
        findings.checked["churn reports"] += 1
        try:
            report = churn_trainings.report_of(snapshot.connection, account_id, training_job_id)
        except (msgspec.MsgspecError, OctyError) as error:
            findings.differ("churn report", training_job_id, "a report", f"none ({error})")
        else:
            if report is not None and report.training_job_id != training_job_id:
                findings.differ("churn report", training_job_id, "its own report", report.training_job_id)
    return {training_job_id for _, training_job_id in ids}


def _check_uses(
    snapshot: Snapshot, accounts: list[CheckedAccount], unended: set[str], reported: set[str], findings: Findings
) -> None:
    """Each is a segment's that there is, and a job's that has not ended, or a model's of which there is a report."""
    segments = {segment.key: segment.name for account in accounts for segment in account.segments}
    for use in training_uses.all_uses(snapshot.connection):
        findings.checked["training uses"] += 1
        remedy = StrayUse(use.segment_key, use.job_id)
        where = f"{use.job_id}, {segments.get(use.segment_key, f'segment key {use.segment_key}')}"
        if use.segment_key not in segments:
            findings.differ("training use", where, "a segment that there is", "none", remedy)
        elif not use.is_model and use.job_id not in unended:
            findings.differ("training use", where, "a job that has not ended", "none", remedy)
        elif use.is_model and use.job_id not in reported:
            findings.differ("training use", where, "a model of which there is a report", "none")
