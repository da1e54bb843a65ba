"""How a dataset is made: in a job's process, from what the store is at one moment, into a Parquet file that says what
it is.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite, nan
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow.parquet as pq

from octy import __version__
from octy.engine.chronicle import Instants, Label, Value, chronicle_of, room_for
from octy.engine.kernels.chronicle import Answer
from octy.model.datasets import EACH_INSTANT, METADATA, DatasetQuestion, DatasetRequest, question_of
from octy.model.definitions import to_wire
from octy.model.durations import duration
from octy.model.events import CHARGED
from octy.model.instants import NEVER, iso
from octy.model.leaks import Leak, leaks_of_data, leaks_of_tags
from octy.model.segments import SegmentDefinition
from octy.service.datasets import judging
from octy.service.datasets.source import Source, people_of, read_source
from octy.service.datasets.tables import Profiles, profiles_of, table_of
from octy.service.jobs.task import Made, Report, Task
from octy.store import job_files

THREADS = max(1, (os.cpu_count() or 1) - 1)
ITEM_ID = "item_id"
READ_SHARE = 0.05
"""How far a job is once all that is not events is read."""
VERSION_DIGITS = 12


def make_dataset(task: Task, report: Report) -> Made:
    """Makes what a job asks for."""
    folder = Path(task.folder)
    question = question_of(msgspec.json.decode(task.parameters, type=DatasetRequest), task.now_us)
    source = read_source(folder, task.account_id)
    definitions = [one.definition for one in source.segments]
    judging.check(question, definitions, source.type_numbers, source.aged_us)
    found = profiles_of(
        [one.profile_key for one in source.people],
        [(one.profile.profile_id, one.profile.customer_id) for one in source.people],
        [one.profile.profile_data for one in source.people],
        [one.profile.platform_info for one in source.people],
        source.keys_ever,
    )
    leaks = [*leaks_of_tags(definitions, question), *leaks_of_data(found.data_columns, question)]
    value = _value(question, source.prices)
    said = _metadata(task, question, source, leaks, found.data_columns, value)
    report(READ_SHARE)
    rows = _Rows(question, found, source, report)
    file = job_files.written(
        folder, f"{task.job_id}.parquet", lambda path: rows.write(path, _answers(question, source, value, task), said)
    )
    result = {"rows": rows.count, "columns": rows.columns, "leaks": leaks}
    return Made(
        file, msgspec.json.encode(result).decode(), tuple(one.segment_id for one in source.segments), source.last_seq
    )


def _value(question: DatasetQuestion, prices: Mapping[str, float]) -> Value | None:
    """A property's numbers, or else the prices of items that were charged."""
    if question.value is not None:
        return Value(question.value, _number)
    if question.asked_type == CHARGED and prices:
        return Value(ITEM_ID, lambda item_id: prices.get(item_id, nan))
    return None


def _number(text: str) -> float:
    """What a canonical text (V2) counts."""
    try:
        number = float(text)
    except ValueError:
        return nan
    return number if isfinite(number) else nan


def _answers(question: DatasetQuestion, source: Source, value: Value | None, task: Task) -> Iterator[Answer]:
    label = None
    if question.label is not None:
        over_us = task.now_us if question.known_us is None else min(question.known_us, task.now_us)
        known_us = NEVER if question.known_us is None else question.known_us
        label = Label(question.label.horizon_us, over_us, known_us)
    return chronicle_of(
        [one.definition for one in source.segments],
        source.type_numbers,
        source.runs,
        people_of(question, source),
        Instants(question.instants_us, question.known_at_us),
        question.asked_type,
        CHARGED,
        THREADS,
        label,
        value,
    )


def _metadata(
    task: Task,
    question: DatasetQuestion,
    source: Source,
    leaks: Sequence[Leak],
    data_columns: Sequence[str],
    value: Value | None,
) -> dict[str, Any]:
    """What the file says of itself, so that a model can be traced to what it was trained on."""
    label = question.label
    known = EACH_INSTANT if question.known_at_each else None if question.known_us is None else iso(question.known_us)
    return {
        "dataset_id": task.job_id,
        "octy": __version__,
        "made_at": iso(task.now_us),
        "last_seq": source.last_seq,
        "instants": [iso(at_us) for at_us in question.instants_us],
        "as_known_at": known,
        "label": None
        if label is None
        else {"kind": "churn", "horizon": duration(label.horizon_us), "event_type": label.event_type},
        "asked_event_type": question.asked_type,
        "value": None if value is None else question.value or "item_price",
        "segments": [
            {"segment_id": one.segment_id, "version": _version(one.definition), "definition": to_wire(one.definition)}
            for one in source.segments
        ],
        "pending_deletion": [
            {"segment_id": segment_id, "deletion": number} for segment_id, number in source.left_out.items()
        ],
        "leaks": msgspec.to_builtins(leaks),
        "not_point_in_time": list(data_columns),
        "events_kept_since": iso(source.aged_us) if source.aged_us else None,
    }


def _version(definition: SegmentDefinition) -> str:
    """A digest of it: another definition, another version."""
    return hashlib.sha256(json.dumps(to_wire(definition), sort_keys=True).encode()).hexdigest()[:VERSION_DIGITS]


class _Rows:
    """The rows on their way into a file."""

    def __init__(self, question: DatasetQuestion, found: Profiles, source: Source, report: Report) -> None:
        self._instants_us = np.array(question.instants_us, np.int64)
        self._has_label = question.label is not None
        self._found = found
        self._names = [one.definition.name for one in source.segments]
        self._keys_ever = source.keys_ever
        self._report = report
        self.count = 0
        self.columns: list[str] = []

    def write(self, path: Path, answers: Iterator[Answer], said: Mapping[str, Any]) -> None:
        """Writes all of them, those of some profiles at a time."""
        empty = self._table(room_for(0, len(self._names), has_values=said["value"] is not None))
        schema = empty.schema.with_metadata({METADATA: json.dumps(said).encode()})
        self.columns = list(schema.names)
        texts = [field.name for field in schema if str(field.type) == "string"]
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1, use_dictionary=texts) as writer:
            for answer in answers:
                if len(answer.profile):
                    writer.write_table(self._table(answer).replace_schema_metadata(schema.metadata))
                    self.count += len(answer.profile)
                    done = (int(answer.profile[-1]) + 1) / self._keys_ever
                    self._report(READ_SHARE + (1 - READ_SHARE) * done)

    def _table(self, answer: Answer) -> Any:  # noqa: ANN401 - pyarrow has no types
        return table_of(answer, self._instants_us, self._found, self._names, has_label=self._has_label)
