"""What rows does a CSV file hold, and at which line does each begin?

UTF-8 with or without a byte-order mark, commas, double quotes; blank lines are skipped, blanks around a cell are cut.
A row that has more or fewer cells than the header is a fault. Of rows that an earlier upload wrote because they failed,
the cells are what they were before it guarded them.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from octy.cli.columns import REASON
from octy.cli.csv_writing import unguarded
from octy.cli.failures import Faults, LinesRefused
from octy.cli.files import lines_of
from octy.cli.output import counted

LINE_BYTES_MAX = 4_000_000
"""More than a request may hold, so no row that could be sent is refused; an endless line is."""


class Row(NamedTuple):
    """The cells of a row, and the line of the file at which it begins (the header's is 1)."""

    line: int
    cells: list[str]


class Sheet:
    """A CSV file: its header, then its rows, read once."""

    def __init__(self, path: Path, faults: Faults) -> None:
        self._path = path
        self._faults = faults
        self._rows = self._read()
        first = next(self._rows, None)
        if first is None:
            raise LinesRefused([f"{path}:1: the file is empty: expected a line of column names"])
        self.header = first

    def rows(self) -> Iterator[Row]:
        """The rows below the header that have its length; the others become faults."""
        width = len(self.header.cells)
        is_guarded = REASON in self.header.cells
        for row in self._rows:
            if len(row.cells) == width:
                yield row._replace(cells=list(map(unguarded, row.cells))) if is_guarded else row
            else:
                found = counted(len(row.cells), "cell")
                self._faults.add(self.place(row.line), f"expected {width} cells, as in the header; found {found}")

    def place(self, line: int) -> str:
        """`events.csv:12`."""
        return f"{self._path}:{line}"

    def _read(self) -> Iterator[Row]:
        reader = csv.reader(lines_of(self._path, LINE_BYTES_MAX), skipinitialspace=True, strict=True)
        begins = 1
        try:
            for cells in reader:
                if any(cells) or len(cells) > 1:  # a blank line is no row
                    yield Row(begins, [cell.strip() for cell in cells])
                begins = reader.line_num + 1
        except csv.Error as error:
            raise LinesRefused([f"{self.place(begins)}: expected comma-separated values; {error}"]) from None
