"""Which objects does a CSV file hold? Each row becomes one, each column a field of it or a property."""

from collections.abc import Sequence

from octy.cli.columns import Column, Empty, Form, columns
from octy.cli.csv_files import Row, Sheet
from octy.cli.failures import Faults, LinesRefused
from octy.cli.objects import Collector, Source
from octy.model.limits import STRING_CHARACTERS_MAX
from octy.model.values import Scalar, problems_in, shown


def read_csv(source: Source, form: Form, faults: Faults, into: Collector) -> None:
    """All rows of a file; what is wrong with them becomes faults."""
    sheet = Sheet(source.path, faults)
    found = columns(sheet.header.cells, form, faults, sheet.place(sheet.header.line))
    faults.check()  # with a header that is not understood, no row is
    builder = _Builder(form, found, into)
    for row in sheet.rows():
        builder.build(row)
    faults.check()
    if not into.objects.bodies:
        raise LinesRefused([f"{sheet.place(sheet.header.line)}: there is no row below the header"])


class _Builder:
    """Makes objects of rows, and faults of what is wrong with them."""

    def __init__(self, form: Form, found: Sequence[Column | None], into: Collector) -> None:
        self._form = form
        self._columns = found
        self._into = into

    def build(self, row: Row) -> None:
        nested: dict[str, dict[str, object]] = {base: {} for base in self._form.nested}
        flat: dict[str, object] = {}
        for column, cell in zip(self._columns, row.cells, strict=True):
            if column is None:
                continue
            if not cell and column.field.empty is not Empty.TEXT:
                if column.field.empty is Empty.FAULT:
                    self._into.fault(row.line, f"{column.name}: expected a value; found nothing")
            elif column.key is not None:
                nested[column.base][column.key] = self._read(row, column, cell)
            else:
                flat[column.base] = self._read(row, column, cell)
        self._into.add(row.line, flat, nested)

    def _read(self, row: Row, column: Column, cell: str) -> Scalar:
        if "\0" in cell or len(cell) > STRING_CHARACTERS_MAX:
            for problem in problems_in(cell, column.name):
                self._into.fault(row.line, str(problem))
        try:
            return column.field.read(cell)
        except ValueError as error:
            self._into.fault(row.line, f"{column.name}: expected {error}; found {shown(cell)}")
            return None
