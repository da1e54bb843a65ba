"""How a file of the archive comes to be: under another name at first, durable before it gets its own."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct

from octy.store.archive.parquet import ROWS_PER_GROUP, schema_of, table_of, writer_options
from octy.store.durable import sync_file, sync_folder
from octy.store.log_shape import Column, Columns, LogShape
from octy.store.resting import Rest, go_on

UNFINISHED = ".unfinished"
_BYTES_AT_ONCE = 1 << 22


class WrittenRun(Struct, frozen=True):
    """What the ledger keeps of a file."""

    file: str
    row_count: int
    created_min_us: int
    created_max_us: int
    type_ids: tuple[int, ...]
    file_bytes: int
    file_sha256: bytes


class RunWriter:
    """Takes rows in the run's order, some at a time."""

    def __init__(
        self,
        folder: Path,
        file: str,
        shape: LogShape,
        keys: Sequence[str],
        coded: Mapping[str, Sequence[str]],
        rest: Rest = go_on,
    ) -> None:
        """`keys` are the properties that get columns of their own; `coded` are the texts of those that get codes."""
        self._rest = rest
        self.schema = schema_of(shape, keys, coded)
        self._shape = shape
        self._path = folder / file
        self._unfinished = folder / f"{file}{UNFINISHED}"
        os.close(os.open(self._unfinished, os.O_CREAT | os.O_EXCL, 0o600))  # the owner's alone from its first byte
        self._writer = pq.ParquetWriter(self._unfinished, self.schema, **writer_options(shape, self.schema))
        self._row_count = 0
        self._instants: list[int] = []
        self._labels: set[int] = set()
        self._is_finished = False

    def write(self, columns: Columns, texts: Mapping[str, pa.ChunkedArray | pa.Array]) -> None:
        """The next rows: integers and codes, and texts."""
        count = len(columns[self._shape.number])
        if count:
            table = table_of(self.schema, self._shape, columns, texts)
            self._writer.write_table(table, row_group_size=ROWS_PER_GROUP)
            instants = columns[self._shape.instant]
            self._row_count += count
            self._instants += [int(instants.min()), int(instants.max())]
            self._labels.update(np.unique(columns[self._shape.label]).tolist())
            self._rest()

    def finish(self) -> WrittenRun:
        """Makes the file durable, and gives it its name."""
        self._writer.close()
        sync_file(self._unfinished)
        self._unfinished.rename(self._path)
        sync_folder(self._path.parent)
        written = WrittenRun(
            file=self._path.name,
            row_count=self._row_count,
            created_min_us=min(self._instants, default=0),
            created_max_us=max(self._instants, default=0),
            type_ids=tuple(sorted(self._labels)),
            file_bytes=self._path.stat().st_size,
            file_sha256=digest(self._path, self._rest),
        )
        self._is_finished = True
        return written

    def __enter__(self) -> "RunWriter":
        return self

    def __exit__(self, *_: object) -> None:
        """Where it was not finished, nothing is left of it."""
        self._writer.close()
        if not self._is_finished:
            self._unfinished.unlink(missing_ok=True)
            self._path.unlink(missing_ok=True)


def digest(path: Path, rest: Rest = go_on) -> bytes:
    """The SHA-256 of a file."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_BYTES_AT_ONCE):
            found.update(part)
            rest()
    return found.digest()


def write_sorted(
    writer: RunWriter, columns: Columns, texts: Mapping[str, pa.Array], rows_at_once: int = ROWS_PER_GROUP
) -> None:
    """Writes all rows, which are in the run's order."""
    count = len(next(iter(columns.values()), np.empty(0)))
    for first in range(0, count, rows_at_once):
        part: dict[str, Column] = {name: column[first : first + rows_at_once] for name, column in columns.items()}
        writer.write(part, {name: column.slice(first, rows_at_once) for name, column in texts.items()})
