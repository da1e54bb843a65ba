"""One file of the archive, open for reading: the rows of some profiles, as columns, without decoding more than those.

Rows are ordered by profile, instant and number, so a profile's rows lie together. Where they begin is found in a sparse
copy of the profile column. That, where each column's integers begin, and the texts of coded properties are all that is
kept in memory. From any thread; a file that the archive has dropped can be read for as long as somebody holds it.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from octy.engine.batch import Floats, Ints, Longs
from octy.engine.kernels.translation import translate
from octy.engine.runs import Codes, NumberOf
from octy.store.archive.lasting_file import LastingFile
from octy.store.archive.parquet import CODE_PREFIX, PROPERTIES, PROPERTY_PREFIX, code_bytes, texts_in
from octy.store.log_shape import PROFILE, Column, LogShape
from octy.store.numbered_texts import NumberedTexts


class RunFile:
    """A sorted run of rows."""

    ROWS_PER_MARK = 512
    """How many rows are between two of `marks`: those take 32 KiB for 4 million rows."""

    def __init__(self, path: Path, shape: LogShape) -> None:
        self.shape = shape
        self._file = LastingFile(path)
        with self._opened() as file:
            metadata, schema = file.metadata, file.schema_arrow  # whose own would hold it, until the collector comes
        self.names = frozenset(schema.names)
        texts_by_key = texts_in(schema)
        self._texts = {key: NumberedTexts(texts) for key, texts in texts_by_key.items()}
        kinds = dict(shape.types) | {CODE_PREFIX + key: f"<u{code_bytes(texts)}" for key, texts in texts_by_key.items()}
        self._kinds = {name: np.dtype(kind) for name, kind in kinds.items()}
        groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
        self.row_count = int(metadata.num_rows)
        self._starts: Longs = np.cumsum([0, *(group.num_rows for group in groups)], dtype=np.int64)
        self._offsets = {
            name: np.array([_offset(group.column(place), kind) for group in groups], np.int64)
            for place, (name, kind) in enumerate(self._kinds.items())
        }
        profile = self.column(PROFILE, 0, self.row_count)
        self.marks: Ints = profile[:: self.ROWS_PER_MARK].copy()
        """The profiles of some rows."""
        self.last_profile = int(profile[-1]) if len(profile) else -1

    @property
    def texts_by_key(self) -> dict[str, list[str]]:
        """The lists of texts to which the codes of properties refer, made anew."""
        return {key: texts.texts for key, texts in self._texts.items()}

    def rows_before(self, profile: int) -> int:
        """How many rows belong to profiles with smaller keys."""
        if profile > self.last_profile:
            return self.row_count
        mark = int(np.searchsorted(self.marks, np.int32(profile)))
        first = max(mark - 1, 0) * self.ROWS_PER_MARK
        last = min(mark * self.ROWS_PER_MARK, self.row_count)
        return first + int(np.searchsorted(self.column(PROFILE, first, last), np.int32(profile)))

    def rows_of(self, profiles: Iterable[int]) -> Iterator[tuple[int, int]]:
        """(first row, row after the last) of each of those profiles that has any."""
        for profile in profiles:
            first, last = self.rows_before(profile), self.rows_before(profile + 1)
            if first < last:
                yield first, last

    def read(self, name: str, first: int, out: Column) -> None:
        """Fills `out` with integers, or codes, from row `first` on."""
        itemsize = out.itemsize
        filled = 0
        for group, start, end in self._groups(first, first + len(out)):
            offset = int(self._offsets[name][group]) + start * itemsize
            self._file.read(out[filled : filled + end - start].view(np.uint8), offset)
            filled += end - start

    def column(self, name: str, first: int, last: int) -> Column:
        """The integers of the rows `first` to `last` - 1."""
        found = np.empty(max(last - first, 0), self._kinds[name])
        self.read(name, first, found)
        return found

    def columns(self, first: int, last: int) -> dict[str, Column]:
        """As `column`, of all integers."""
        return {name: self.column(name, first, last) for name in self.shape.types}

    def keep(self) -> None:
        """Its name is about to go; whoever holds it can read it all the same."""
        self._file.keep()

    def texts(self, names: Sequence[str], first: int, last: int) -> pa.Table:
        """Text columns, by their names in the file, of the rows `first` to `last` - 1."""
        here = [name for name in names if name in self.names]
        with self._opened() as file:
            parts = [
                file.read_row_group(group, columns=here, use_threads=False).slice(start, end - start)
                for group, start, end in self._groups(first, last)
            ]
            return pa.concat_tables(parts) if parts else file.schema_arrow.empty_table().select(here)

    def properties(self, first: int, last: int) -> list[str | None]:
        """The properties as JSON; None where there are none."""
        texts: list[str | None] = self.texts([PROPERTIES], first, last).column(PROPERTIES).to_pylist()
        return texts

    def properties_of(self, rows: Longs) -> list[bytes]:
        """The properties, as JSON, of some rows, which ascend; empty where there are none."""
        found: list[bytes] = []
        for group, start, end in self._groups(int(rows[0]), int(rows[-1]) + 1) if len(rows) else []:
            begin = int(self._starts[group])
            mine = rows[np.searchsorted(rows, begin + start) : np.searchsorted(rows, begin + end)]
            if len(mine):
                texts = self.texts([PROPERTIES], begin + start, begin + end).column(PROPERTIES)
                found += [(text or "").encode() for text in texts.take(pa.array(mine - begin - start)).to_pylist()]
        return found

    def has(self, key: str) -> bool:
        """Whether a property has a column of its own."""
        return PROPERTY_PREFIX + key in self.names

    def read_codes(self, key: str, codes: Codes, first: int, out: Ints) -> None:
        """Fills `out` with the codes of the texts of a property that the file has, from row `first` on."""
        if key in self._texts:
            in_file = self.column(CODE_PREFIX + key, first, first + len(out))
            translate(self._texts[key].known(codes), in_file, out)
        else:
            out[:] = self._decoded(key, codes, first, first + len(out))

    def read_numbers(self, key: str, number_of: NumberOf, first: int, out: Floats) -> None:
        """As `read_codes`, with what the texts count; NaN where there is none."""
        if key in self._texts:
            in_file = self.column(CODE_PREFIX + key, first, first + len(out))
            out[:] = self._texts[key].numbers(number_of)[in_file]
        else:
            texts = self.texts([PROPERTY_PREFIX + key], first, first + len(out)).column(PROPERTY_PREFIX + key)
            out[:] = [nan if text is None else number_of(text) for text in texts.to_pylist()]

    def _decoded(self, key: str, of_text: Codes, first: int, last: int) -> Ints:
        """The wanted codes of a property with so many texts that it has no codes in the file."""
        found = [np.empty(0, np.int32)]
        for chunk in self.texts([PROPERTY_PREFIX + key], first, last).column(PROPERTY_PREFIX + key).chunks:
            known = np.array([of_text.get(text, 0) for text in chunk.dictionary.to_pylist()] + [0], np.int32)
            found.append(known[chunk.indices.fill_null(len(known) - 1).to_numpy(zero_copy_only=False)])
        return np.concatenate(found)

    @contextmanager
    def _opened(self) -> Iterator[pq.ParquetFile]:
        """The file as pyarrow knows it. To learn its shape takes less than a millisecond; to keep that, much memory."""
        with self._file.opened() as descriptor, pa.OSFile(f"/dev/fd/{descriptor}") as file:
            yield pq.ParquetFile(file)

    def _groups(self, first: int, last: int) -> list[tuple[int, int, int]]:
        """(row group, first row in it, last row in it) of some rows."""
        if last <= first:
            return []
        groups = range(int(np.searchsorted(self._starts, first, "right")) - 1, int(np.searchsorted(self._starts, last)))
        return [
            (group, max(first - begin, 0), min(last, end) - begin)
            for group in groups
            for begin, end in [(int(self._starts[group]), int(self._starts[group + 1]))]
        ]


def _offset(chunk: pq.ColumnChunkMetaData, kind: np.dtype[Any]) -> int:
    """Where the integers of a column begin: they are the end of its one page, which nothing encodes."""
    assert chunk.compression == "UNCOMPRESSED", "integers are stored as they are"
    end: int = chunk.data_page_offset + chunk.total_compressed_size
    return end - int(chunk.num_values) * kind.itemsize
