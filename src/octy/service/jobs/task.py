"""What a job's process is told, and what it says: a line of JSON for each thing."""

from collections.abc import Callable

from msgspec import Struct

from octy.model.jobs import JobFile, JobKind


class Task(Struct, frozen=True):
    """What is to be made."""

    folder: str
    """The data folder."""
    job_id: str
    account_id: int
    kind: JobKind
    parameters: str
    now_us: int
    """The server's, or its sandbox's, clock at the beginning."""
    niceness: int
    """How much its process steps back before others: 0 to 19."""
    share: float
    """How much of one core's time it takes at most."""


class Made(Struct, frozen=True, tag="made"):
    """All went well."""

    file: JobFile | None
    """None where nothing of it stays."""
    result: str
    """JSON."""
    segments: tuple[str, ...]
    last_seq: int


class Failed(Struct, frozen=True, tag="failed"):
    """It cannot be done; why, in a sentence."""

    reason: str


class Progress(Struct, frozen=True, tag="progress"):
    """How far it is, from 0 to 1."""

    share: float


Said = Made | Failed | Progress

Report = Callable[[float], None]
"""Told how far it is, now and then; returns when the job is to go on."""
Maker = Callable[[Task, Report], Made]
"""Does the work of one kind of job; raises an `OctyError`, or an OSError, where it cannot."""
