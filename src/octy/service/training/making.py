"""How a training runs: in a job's process, from its dataset's file, into a file that the server takes over.

scikit-learn is imported here and only then: neither the server nor the process of another job loads it.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq

from octy.model.datasets import METADATA, PLATFORM, PROFILE
from octy.model.errors import Refused
from octy.model.jobs import JobFile
from octy.model.leaks import LeakKind
from octy.model.trainings import TrainingOutcome, TrainingParameters
from octy.service.jobs.task import Made, Report, Task
from octy.store import job_files, jobs
from octy.store.folder import snapshot

LEARNT_SHARE = 0.9
"""How far the job is when everything is learnt, and only has to be recorded."""


def make_training(task: Task, report: Report) -> Made:
    """Learns what a job asks for. Refused where its dataset is not there, or holds too little."""
    from octy.learning.dataset import TrainingSettings
    from octy.learning.keeping import to_bytes
    from octy.learning.training import train

    folder = Path(task.folder)
    asked = msgspec.json.decode(task.parameters, type=TrainingParameters)
    table = _FileColumns(job_files.path_of(folder, _dataset(folder, asked.dataset_id)))
    said = json.loads(table.metadata[METADATA])
    segment_ids = tuple(one["segment_id"] for one in said["segments"])
    settings = TrainingSettings(
        training_job_id=task.job_id,
        trained_us=task.now_us,
        dataset_id=asked.dataset_id,
        event_type=asked.event_type,
        horizon_days=asked.horizon_days,
        segment_ids=segment_ids,
        profile_features=asked.profile_features,
        leaks=_leaks(said["leaks"], asked.profile_features),
        seed=asked.seed,
    )
    learnt = train(table, settings, lambda _, share: report(LEARNT_SHARE * share))
    outcome = TrainingOutcome(learnt.report, to_bytes(learnt.kept), learnt.predictions, _left_out(said))
    content = msgspec.msgpack.encode(outcome)
    handed_over = job_files.written(folder, f"{task.job_id}.outcome", lambda path: _write(path, content))
    result = {"dataset_id": asked.dataset_id, "profiles": len(learnt.predictions)}
    return Made(handed_over, msgspec.json.encode(result).decode(), segment_ids, said["last_seq"])


class _FileColumns:
    """A dataset's file, of which a column at a time is in memory."""

    def __init__(self, path: Path) -> None:
        self._file = pq.ParquetFile(path)
        self.column_names: list[str] = self._file.schema_arrow.names
        self.num_rows: int = self._file.metadata.num_rows
        self.metadata: Mapping[bytes, bytes] = self._file.schema_arrow.metadata

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - pyarrow has no types
        return self._file.read([name], use_threads=False)[name]


def _dataset(folder: Path, dataset_id: str) -> JobFile:
    """A dataset's file."""
    with snapshot(folder) as now:
        job = jobs.by_id(now.connection, dataset_id)
    if job is None or job.file is None:
        why = "It is not there any more." if job is None else job.error or "It has no file."
        raise Refused(f"There is no dataset {dataset_id} to learn from. {why}")
    return job.file


def _left_out(said: Mapping[str, Any]) -> dict[str, int]:
    """Which deletions were pending; a dataset that an earlier version has made does not say."""
    return {one["segment_id"]: one["deletion"] for one in said.get("pending_deletion", ())}


def _leaks(leaks: list[dict[str, Any]], chosen: tuple[str, ...]) -> dict[str, str]:
    """Columns that hold what is known now, unless the account has chosen them.

    What else the guard warns of does not concern a model that is measured on later instants alone, with a gap.
    """
    present = {one["column"]: one["reason"] for one in leaks if one["kind"] == LeakKind.PRESENT_DATA}
    wanted = {prefix + key for prefix in (PROFILE, PLATFORM) for key in chosen}
    return {column: reason for column, reason in present.items() if column not in wanted}


def _write(path: Path, content: bytes) -> None:
    path.touch(0o600)
    path.write_bytes(content)
