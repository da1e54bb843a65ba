"""Who runs jobs: a thread that takes the oldest that waits, begins a process for it, and stores what comes of it.

One at a time, of all accounts. There is no thread before the first job.
"""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

import msgspec
import structlog
from msgspec import Struct

from octy.model.clock import Clock
from octy.model.jobs import Job, JobKind, JobStatus
from octy.service.jobs import keeping
from octy.service.jobs.task import Failed, Made, Progress, Said, Task
from octy.service.transaction import Transaction
from octy.store import job_files, jobs
from octy.store.folder import Store

log = structlog.get_logger()
T = TypeVar("T")

COMMAND = (sys.executable, "-m", "octy.service.jobs.child")
PROGRESS_EVERY_SECONDS = 0.5
"""How often it is stored how far a job is, and asked whether it is to go on."""
GRACE_SECONDS = 2
PAUSE_SECONDS = 1.0
"""How long it rests after a failure of its own."""

NICENESS_MAX = 19


class JobSettings(Struct, frozen=True):
    """How jobs are run."""

    kept: int = 20
    """Of how many jobs of an account and kind, the newest, the results stay."""
    niceness: int = NICENESS_MAX
    """How much their processes step back before the server, and all others."""
    share: float = 0.1
    """How much of one core's time a job takes at most."""


_decode = msgspec.json.Decoder(Said).decode


class Ending(Protocol):
    """What else becomes of jobs of a kind when they end."""

    def take(self, job: Job, made: Made) -> Made:
        """Takes over what one has made, beside the writer; what is left of it to keep."""

    def end(self, tx: Transaction, job: Job, came: Made | Failed) -> None:
        """What belongs into the transaction of its end."""


class Runner:
    """One store's."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        submit: "Callable[[Callable[[Transaction], Any]], Future[Any]]",
        settings: JobSettings,
        endings: "Mapping[JobKind, Ending]",
    ) -> None:
        """`submit` has the writer do something. `endings`: of kinds of jobs of which more is kept than a file."""
        self._store = store
        self._clock = clock
        self._submit = submit
        self._endings = endings
        self._settings = settings
        self._changed = threading.Condition()
        self._may_wait = False
        self._stopping = False
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Takes up what an earlier server left: jobs that wait or were interrupted, and files that nobody knows of."""
        with self._store.reading() as connection:
            has_some = bool(jobs.unended(connection) or jobs.with_files(connection))
        if has_some:
            self._submit(keeping.recover).result()
        with self._store.reading() as connection:
            known = {job.file.name for job in jobs.with_files(connection) if job.file is not None}
            waits = bool(jobs.unended(connection))
        job_files.sweep(self._store.folder, known)
        if waits:
            self.wake()

    def wake(self) -> None:
        """A job may wait."""
        with self._changed:
            if self._stopping:
                return
            self._may_wait = True
            self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="octy-jobs", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Ends the process that runs, whose job begins again at the next start. The writer is at work yet."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
            self._end_process()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._may_wait or self._stopping)
                if self._stopping:
                    return
                self._may_wait = False
            try:
                while not self._stopping and (job := self._next()) is not None:
                    self._do(job)
            except Exception:
                log.exception("jobs.failed", again_in_seconds=PAUSE_SECONDS)
                with self._changed:
                    self._changed.wait_for(lambda: self._stopping, PAUSE_SECONDS)
                    self._may_wait = True

    def _next(self) -> Job | None:
        """The oldest that waits."""
        with self._store.reading() as connection:
            waiting = [job for job in jobs.unended(connection) if job.status is JobStatus.QUEUED]
        return waiting[0] if waiting else None

    def _do(self, waiting: Job) -> None:
        job = self._write(lambda tx: keeping.begin(tx, waiting.job_id))
        if job is None:
            return
        log.info("job.begins", job=job.job_id, attempt=job.attempts)
        came = self._came(job) if job.attempts <= keeping.ATTEMPTS_MAX else Failed(keeping.NOT_ENDED)
        if came is None:
            self._write(lambda tx: keeping.put_back(tx, job.job_id))
            return
        ending = self._endings.get(job.kind)
        if ending is not None and isinstance(came, Made):
            came = ending.take(job, came)
        self._write(lambda tx, came=came: self._end(tx, job, came, ending))  # type: ignore[misc]
        if isinstance(came, Failed):
            log.warning("job.failed", job=job.job_id, reason=came.reason)
        else:
            log.info("job.completed", job=job.job_id, bytes=0 if came.file is None else came.file.bytes)

    def _end(self, tx: Transaction, job: Job, came: Made | Failed, ending: "Ending | None") -> None:
        if keeping.end(tx, job.job_id, came, self._settings.kept) and ending is not None:
            ending.end(tx, job, came)

    def _came(self, job: Job) -> Made | Failed | None:
        """What came of it; None where the server ends, or the job is not to go on."""
        task = Task(
            str(self._store.folder.absolute()),
            job.job_id,
            job.account_id,
            job.kind,
            job.parameters,
            self._clock.now_us(),
            self._settings.niceness,
            self._settings.share,
        )
        with self._changed:
            if self._stopping:
                return None
            # a session of its own: Ctrl-C is the server's, who ends it in order
            process = subprocess.Popen(  # noqa: S603 - our own module, and nothing of a request in it
                COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
            self._process = process
        try:
            said, goes_on = self._listen(process, job, task)
        finally:
            with self._changed:
                self._process = None
            _reap(process)
        if isinstance(said, Made | Failed):
            return said
        job_files.sweep_unfinished(self._store.folder)
        return None if self._stopping or not goes_on else Failed(_why(process.returncode))

    def _listen(self, process: "subprocess.Popen[bytes]", job: Job, task: Task) -> tuple[Said | None, bool]:
        """The last that it says, and whether it was let go on."""
        assert process.stdin is not None, "as asked for"
        assert process.stdout is not None, "as asked for"
        said: Said | None = None
        stored = time.monotonic()
        try:
            process.stdin.write(msgspec.json.encode(task) + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            return None, True
        for line in process.stdout:
            said = _decode(line)
            if isinstance(said, Progress) and time.monotonic() - stored >= PROGRESS_EVERY_SECONDS:
                stored, share = time.monotonic(), said.share
                if not self._write(lambda tx, share=share: keeping.advance(tx, job.job_id, share)):  # type: ignore[misc]
                    return said, False
        return said, True

    def _end_process(self) -> None:
        if self._process is not None:
            self._process.terminate()

    def _write(self, work: Callable[[Transaction], T]) -> T:
        result: T = self._submit(work).result()
        return result


def _reap(process: "subprocess.Popen[bytes]") -> None:
    """It has ended, or is ended."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _why(returncode: int) -> str:
    """A process that ended without a word."""
    if returncode == -signal.SIGKILL:
        return "Its process was killed: most likely the machine had too little memory for it."
    if returncode < 0:
        return f"Its process was ended by the signal {signal.Signals(-returncode).name}."
    return f"Its process ended with the code {returncode}; the server's log may say more."
