"""Jobs: long work that an account asks for, done in a process of its own while the server goes on."""

from enum import StrEnum

from msgspec import Struct


class JobKind(StrEnum):
    """What is made."""

    DATASET = "dataset"
    TRAINING = "training"


class JobStatus(StrEnum):
    """Where a job is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class JobFile(Struct, frozen=True):
    """What a job has made."""

    name: str
    """In the data folder."""
    bytes: int
    sha256: str


class Job(Struct, frozen=True):
    """A job as it is stored."""

    job_id: str
    account_id: int
    kind: JobKind
    parameters: str
    """JSON: what was asked for."""
    status: JobStatus
    progress: float
    """From 0 to 1."""
    attempts: int
    """How often it was started."""
    requested_us: int
    started_us: int | None = None
    """The last time."""
    ended_us: int | None = None
    error: str | None = None
    """Why it failed, in a sentence; or why what it made is not there any more."""
    file: JobFile | None = None
    """None where nothing is there (any more)."""
    result: str | None = None
    """JSON: what there is to say of what it has made."""
    segments: tuple[str, ...] = ()
    """The ids of the segments whose tags it used."""
    last_seq: int | None = None
    """The last event's that it knew of."""

    @property
    def has_ended(self) -> bool:
        """Whether nothing more becomes of it."""
        return self.status in (JobStatus.COMPLETED, JobStatus.FAILED)
