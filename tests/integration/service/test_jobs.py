"""Jobs in processes of their own: what becomes of one that is killed, interrupted, or has no room (service.jobs)."""

import errno
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from octy.model.clock import ManualClock
from octy.model.datasets import DatasetRequest
from octy.model.events import EventDraft
from octy.model.instants import parse_instant
from octy.model.jobs import Job, JobStatus
from octy.model.profiles import ProfileDraft
from octy.service.jobs import keeping, runner
from octy.service.jobs.runner import JobSettings
from octy.service.keys import new_keys
from octy.service.octy import Octy
from octy.store import job_files
from octy.store.folder import open_store
from tests.integration.service.serving import TIMEOUT_SECONDS, done, eventually

NOW_US = parse_instant("2024-03-01T00:00:00Z")
STUCK = ("sleep", "600")
"""A process that says nothing and comes to no end."""


class Server:
    """An Octy that may be started again, with one account."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.start()
        self.account_id = self.octy.create_account(new_keys()).account_id
        done(self.octy.create_profiles(self.account_id, [ProfileDraft("ana")]))
        ana = self.octy.reading.profiles(self.account_id).profiles[0].profile_id
        done(self.octy.ingest(self.account_id, [EventDraft("charged", ana, {"item_id": "hat"}, "2024-02-01")]))

    def start(self, kept: int = 20) -> None:
        settings = JobSettings(kept=kept, niceness=0, share=8)
        self.octy = Octy(open_store(self.folder), ManualClock(NOW_US), job_settings=settings)
        self.octy.start()

    def ask(self) -> str:
        return done(self.octy.request_dataset(self.account_id, DatasetRequest())).job_id

    def job(self, job_id: str) -> Job:
        (found,) = self.octy.reading.datasets(self.account_id, [job_id])
        return found

    def comes_to(self, job_id: str, *statuses: JobStatus) -> Job:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            if (found := self.job(job_id)).status in statuses:
                return found
            time.sleep(0.02)
        raise AssertionError(f"{job_id} is {self.job(job_id).status}")

    def process(self) -> int:
        """The id of the process that runs."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            if (process := self.octy._jobs._process) is not None:
                return process.pid
            time.sleep(0.02)
        raise AssertionError("no process runs")

    def files(self) -> list[str]:
        folder = self.folder / "datasets"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "data")
    yield server
    server.octy.stop()


def test_a_process_that_is_killed_fails_its_job_with_a_sentence(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "COMMAND", STUCK)
    first, second = server.ask(), server.ask()
    os.kill(server.process(), signal.SIGKILL)
    failed = server.comes_to(first, JobStatus.FAILED)
    assert failed.error == "Its process was killed: most likely the machine had too little memory for it."
    assert server.comes_to(second, JobStatus.RUNNING).attempts == 1, "one after the other"
    done(server.octy.delete_datasets(server.account_id, [second]))


def test_a_job_that_the_end_of_the_server_interrupts_begins_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "COMMAND", STUCK)
    interrupted, waiting = server.ask(), server.ask()
    process = server.process()
    server.octy.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    (server.folder / "datasets").mkdir(exist_ok=True)
    (server.folder / "datasets" / "dataset_0.parquet.unfinished").write_bytes(b"half")
    monkeypatch.undo()
    server.start(kept=1)
    completed = server.comes_to(waiting, JobStatus.COMPLETED)
    assert completed.attempts == 1
    eventually(lambda: server.files() == [f"{waiting}.parquet"])  # of two, the newest one is kept
    assert server.octy.reading.datasets(server.account_id, [interrupted]) == []


def test_a_job_that_is_interrupted_again_and_again_fails(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "COMMAND", STUCK)
    monkeypatch.setattr(keeping, "put_back", lambda *_: None)  # as where the server is killed
    job_id = server.ask()
    for _ in range(3):
        server.process()
        server.octy.stop()
        server.start()
    failed = server.comes_to(job_id, JobStatus.FAILED)
    assert failed.error is not None
    assert failed.error.startswith("It was begun 3 times and came to no end")


def test_a_folder_that_cannot_be_written_fails_the_job(server: Server) -> None:
    (server.folder / "datasets").write_bytes(b"a file where a folder is to be")
    failed = server.comes_to(server.ask(), JobStatus.FAILED)
    assert failed.error is not None
    assert failed.error.startswith("It could not be written or read: ")
    (server.folder / "datasets").unlink()


def test_a_full_disk_leaves_no_half_file(tmp_path: Path) -> None:
    def fills_the_disk(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space left"):
        job_files.written(tmp_path, "dataset_1.parquet", fills_the_disk)
    assert list((tmp_path / "datasets").iterdir()) == []
