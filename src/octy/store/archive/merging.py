"""Several sorted runs become one, without the rows that are to leave. Some of each is in memory at a time.

The profiles are parted into ranges of about as many rows as a row group holds; of each range, every run's rows are
read, put in order and written.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct

from octy.engine.batch import Bools, Ints
from octy.engine.runs import Codes
from octy.model.instants import UNSET
from octy.store.archive.parquet import (
    CODE_PREFIX,
    CODED_TEXTS_MAX,
    ROWS_PER_GROUP,
    concatenated,
    taken,
    text_columns,
    texts_in,
)
from octy.store.archive.run_file import RunFile
from octy.store.archive.run_writer import RunWriter
from octy.store.log_shape import PROFILE, Columns, LogShape, chosen, joined


class Leaving(Struct, frozen=True):
    """Which rows do not come along."""

    profiles: frozenset[int] = frozenset()
    """Those of erased profiles (X3)."""
    before: int = UNSET
    """Those whose instant, as the log's shape has it, is before this one."""

    def __bool__(self) -> bool:
        return bool(self.profiles) or self.before != UNSET

    def among(self, shape: LogShape, columns: Columns) -> Bools:
        """Which of some rows: of their columns, two are looked at."""
        gone = np.array(sorted(self.profiles), np.int32)
        found: Bools = np.isin(columns[PROFILE], gone) | (columns[shape.instant] < self.before)
        return found


NOBODY = Leaving()


def merge(shape: LogShape, runs: Sequence[RunFile], writer: RunWriter, leaving: Leaving = NOBODY) -> None:
    """Writes the rows of all runs, but for those that are leaving. The caller finishes the writer."""
    texts = text_columns(shape, writer.schema)
    coded = texts_in(writer.schema)
    before = [0] * len(runs)
    for end in _cuts(runs):
        after = [run.rows_before(end) for run in runs]
        parts = [(run, first, last) for run, first, last in zip(runs, before, after, strict=True) if first < last]
        before = after
        columns = joined(shape, [run.columns(first, last) for run, first, last in parts])
        for key, of_key in coded.items():
            columns[CODE_PREFIX + key] = _codes(key, {text: code for code, text in enumerate(of_key, 1)}, parts)
        order = shape.order(columns)
        if leaving:
            order = order[~leaving.among(shape, columns)[order]]
        found = concatenated(writer.schema, shape, [run.texts(texts, first, last) for run, first, last in parts])
        writer.write(chosen(columns, order), taken(found, order))


def _codes(key: str, codes: Codes, parts: Sequence[tuple[RunFile, int, int]]) -> Ints:
    found = np.zeros(sum(last - first for _, first, last in parts), np.int32)
    row = 0
    for run, first, last in parts:
        if run.has(key):
            run.read_codes(key, codes, first, found[row : row + last - first])
        row += last - first
    return found


def merged_texts(runs: Sequence[RunFile], leaving: Leaving = NOBODY) -> dict[str, list[str]]:
    """The texts of all runs, by key, of the properties that have few in each and in all; without those that leave."""
    left = [_texts_without(run, leaving) if leaving else run.texts_by_key for run in runs]
    keys = {key for of_run in left for key in of_run}
    complete = [
        key
        for key in sorted(keys)
        if all(key in of_run or not run.has(key) for run, of_run in zip(runs, left, strict=True))
    ]
    texts = {key: sorted({text for of_run in left for text in of_run.get(key, ())}) for key in complete}
    return {key: of_key for key, of_key in texts.items() if len(of_key) <= CODED_TEXTS_MAX}


def _texts_without(run: RunFile, leaving: Leaving) -> dict[str, list[str]]:
    names = (PROFILE, run.shape.instant)
    kept = ~leaving.among(run.shape, {name: run.column(name, 0, run.row_count) for name in names})
    texts = run.texts_by_key
    codes = {key: np.unique(run.column(CODE_PREFIX + key, 0, run.row_count)[kept]) for key in texts}
    return {key: [texts[key][code - 1] for code in of_key.tolist() if code] for key, of_key in codes.items()}


def _cuts(runs: Sequence[RunFile]) -> Iterator[int]:
    """The ends of the ranges, as profile keys; the last one is beyond every profile."""
    marks = np.sort(np.concatenate([np.empty(0, np.int32), *(run.marks for run in runs)]))
    marks_per_group = ROWS_PER_GROUP // RunFile.ROWS_PER_MARK
    yield from np.unique(marks[marks_per_group::marks_per_group]).tolist()
    yield max((run.last_profile for run in runs), default=-1) + 1
