"""Which objects does a CSV file hold, ready to be sent?

The file is read and judged whole, so that nothing is sent of one with a fault in its last row. Each row is kept as the
JSON that will be sent: a fraction of what the cells would take.
"""

from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from octy.cli.columns import Column, Empty, Form, columns
from octy.cli.csv_files import Row, Sheet
from octy.cli.failures import Faults, LinesRefused
from octy.model.limits import STRING_CHARACTERS_MAX
from octy.model.values import Scalar, problems_in, shown

ROWS_MAX = 1_000_000
"""Some 0.3 GB in memory."""

_encode = msgspec.json.Encoder().encode


class Objects(NamedTuple):
    """The objects of a file, in its order."""

    path: Path
    lines: "array[int]"
    """The line at which each begins."""
    bodies: list[bytes]
    """Each as JSON."""

    def place(self, index: int) -> str:
        """`events.csv:12`."""
        return f"{self.path}:{self.lines[index]}"


def read_objects(path: Path, form: Form) -> Objects:
    """All of a file; LinesRefused with file and line for each fault."""
    faults = Faults()
    sheet = Sheet(path, faults)
    found = columns(sheet.header.cells, form, faults, sheet.place(sheet.header.line))
    faults.check()  # with a header that is not understood, no row is
    objects = _objects(path, sheet, _Builder(form, found, sheet, faults))
    faults.check()
    if not objects.bodies:
        raise LinesRefused([f"{sheet.place(sheet.header.line)}: there is no row below the header"])
    return objects


def _objects(path: Path, sheet: Sheet, builder: "_Builder") -> Objects:
    objects = Objects(path, array("Q"), [])
    for row in sheet.rows():
        if len(objects.bodies) == ROWS_MAX:
            raise LinesRefused([f"{sheet.place(row.line)}: a file holds at most {ROWS_MAX:,} rows; split it"])
        objects.lines.append(row.line)
        objects.bodies.append(_encode(builder.build(row)))
    return objects


class _Builder:
    """Makes objects of rows, and faults of what is wrong with them."""

    def __init__(self, form: Form, found: Sequence[Column], sheet: Sheet, faults: Faults) -> None:
        self._form = form
        self._columns = found
        self._sheet = sheet
        self._faults = faults
        self._line_of: dict[str, int] = {}

    def build(self, row: Row) -> dict[str, object]:
        nested: dict[str, dict[str, Scalar]] = {base: {} for base in self._form.nested}
        flat: dict[str, object] = {}
        for column, cell in zip(self._columns, row.cells, strict=True):
            if not cell and column.field.empty is not Empty.TEXT:
                if column.field.empty is Empty.FAULT:
                    self._faults.add(self._sheet.place(row.line), f"{column.name}: expected a value; found nothing")
            elif column.key is not None:
                nested[column.base][column.key] = self._read(row, column, cell)
            else:
                flat[column.base] = self._read(row, column, cell)
        return flat | nested

    def _read(self, row: Row, column: Column, cell: str) -> Scalar:
        if column.base == self._form.unique and self._line_of.setdefault(cell, row.line) != row.line:
            found = f"{column.name}: {shown(cell)} was given before, at line {self._line_of[cell]}"
            self._faults.add(self._sheet.place(row.line), found)
        if "\0" in cell or len(cell) > STRING_CHARACTERS_MAX:
            for problem in problems_in(cell, column.name):
                self._faults.add(self._sheet.place(row.line), str(problem))
        try:
            return column.field.read(cell)
        except ValueError as error:
            self._faults.add(self._sheet.place(row.line), f"{column.name}: expected {error}; found {shown(cell)}")
            return None
