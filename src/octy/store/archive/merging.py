"""Several sorted runs become one, without the rows of erased profiles. Some of each is in memory at a time.

The profiles are parted into ranges of about as many rows as a row group holds; of each range, every run's rows are
read, put in order and written.
"""

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from octy.engine.batch import Ints
from octy.engine.runs import Codes
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
from octy.store.log_shape import PROFILE, LogShape, chosen, joined


def merge(shape: LogShape, runs: Sequence[RunFile], writer: RunWriter, erased: Collection[int] = ()) -> None:
    """Writes the rows of all runs, but for those of erased profiles. The caller finishes the writer."""
    texts = text_columns(shape, writer.schema)
    coded = texts_in(writer.schema)
    gone = np.array(sorted(erased), np.int32)
    before = [0] * len(runs)
    for end in _cuts(runs):
        after = [run.rows_before(end) for run in runs]
        parts = [(run, first, last) for run, first, last in zip(runs, before, after, strict=True) if first < last]
        before = after
        columns = joined(shape, [run.columns(first, last) for run, first, last in parts])
        for key, of_key in coded.items():
            columns[CODE_PREFIX + key] = _codes(key, {text: code for code, text in enumerate(of_key, 1)}, parts)
        order = shape.order(columns)
        if len(gone):
            order = order[~np.isin(columns[PROFILE][order], gone)]
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


def merged_texts(runs: Sequence[RunFile], erased: Collection[int] = ()) -> dict[str, list[str]]:
    """The texts of all runs, by key, of the properties that have few in each and in all; without erased profiles'."""
    gone = np.array(sorted(erased), np.int32)
    left = [_texts_without(run, gone) if len(gone) else run.texts_by_key for run in runs]
    keys = {key for run in runs for key in run.texts_by_key}
    complete = [key for key in sorted(keys) if all(key in run.texts_by_key or not run.has(key) for run in runs)]
    texts = {key: sorted({text for of_run in left for text in of_run.get(key, ())}) for key in complete}
    return {key: of_key for key, of_key in texts.items() if len(of_key) <= CODED_TEXTS_MAX}


def _texts_without(run: RunFile, gone: Ints) -> dict[str, list[str]]:
    kept = ~np.isin(run.column(PROFILE, 0, run.row_count), gone)
    codes = {key: np.unique(run.column(CODE_PREFIX + key, 0, run.row_count)[kept]) for key in run.texts_by_key}
    return {key: [run.texts_by_key[key][code - 1] for code in of_key.tolist() if code] for key, of_key in codes.items()}


def _cuts(runs: Sequence[RunFile]) -> Iterator[int]:
    """The ends of the ranges, as profile keys; the last one is beyond every profile."""
    marks = np.sort(np.concatenate([np.empty(0, np.int32), *(run.marks for run in runs)]))
    marks_per_group = ROWS_PER_GROUP // RunFile.ROWS_PER_MARK
    yield from np.unique(marks[marks_per_group::marks_per_group]).tolist()
    yield max((run.last_profile for run in runs), default=-1) + 1
