"""Every way in which a CSV file is written, held against OWASP's rule: no cell begins as a formula does (C29).

No spreadsheet is at hand, so the rule is asked instead, as strictly as it is meant: whichever separator a spreadsheet
guesses, with quotes and line ends within cells. Numbers are no formulas.
"""

import csv
import io
import random
import re
from array import array
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

import octy
from octy.cli.columns import EVENTS
from octy.cli.dataset import _write_csv
from octy.cli.failed_rows import write_failed_rows
from octy.cli.formats import show_csv
from octy.cli.objects import FileKind, Objects, Source

CELLS, COLUMNS = 10_000, 4
NAMES = [f"column {number}" for number in range(COLUMNS)]
SEPARATORS = ",;\t|"
BEGINS = [*"=+-@\t\r\n", "\r\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", " =", '"=', "'=", "-1", ""]
PARTS = ['HYPERLINK("http://x")', "1+1", "cmd|' /C calc'!A0", *"\"',;\t|x", '""', "\r\n", "\n=1", ";=1", "|@"]
FORMULA = re.compile("[ ]*[=+@\uff1d\uff0b\uff0d\uff20-]|[\t\r\n]")
LATER = re.compile("[ \t\r\n]*[=+@\uff1d\uff0b\uff0d\uff20-]")
"""As part of a cell that is parted once more: a blank before it is harmless, unless a formula is what follows."""
NUMBER = re.compile(r"-?[0-9.]+([eE][-+]?[0-9]+)?(,|$)")
"""All of a cell; or of a line that is taken for one cell its beginning, with a comma that no formula goes on with."""

Rows = list[list[str]]


def hostile_rows() -> Rows:
    chosen = random.Random(29)
    cells = iter(f"{chosen.choice(BEGINS)}{''.join(chosen.choices(PARTS, k=2))}" for _ in range(CELLS))
    return [list(row) for row in zip(*[cells] * COLUMNS, strict=True)]


def shown(rows: Rows, _: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """`octy-cli get … -o csv`, and `describe`."""
    show_csv(NAMES, rows, lambda row: row)
    return capsys.readouterr().out


def failed(rows: Rows, folder: Path, _: pytest.CaptureFixture[str]) -> str:
    """The rows of an upload that failed, each with a reason that quotes it."""
    path = folder / "events.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([NAMES, *rows])
    objects = Objects(Source(path, FileKind.CSV, "0" * 64), array("Q"), [], array("L"))
    reasons = {place: f"{row[0]}: expected another" for place, row in enumerate(rows)}
    return write_failed_rows(objects, EVENTS, reasons).read_bytes().decode()


def dataset(rows: Rows, folder: Path, _: pytest.CaptureFixture[str]) -> str:
    """A training dataset; half of its columns are coded, as those of the server are."""
    columns = [pa.array(column) for column in zip(*rows, strict=True)]
    coded = [column.dictionary_encode() if place % 2 else column for place, column in enumerate(columns)]
    parquet.write_table(pa.table(dict(zip(NAMES, coded, strict=True))), folder / "made.parquet")
    _write_csv(folder / "made.parquet", folder / "made.csv")
    return (folder / "made.csv").read_bytes().decode()


WRITERS = {"formats.py": shown, "failed_rows.py": failed, "dataset.py": dataset}
"""By the module that writes."""


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize("separator", SEPARATORS)
def test_of_ten_thousand_hostile_cells_none_is_a_formula(
    write: Callable[..., str], separator: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = write(hostile_rows(), tmp_path, capsys)
    cells = [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in row]
    begins = FORMULA if separator == "," else LATER
    assert [cell for cell in cells if begins.match(cell) and not NUMBER.match(cell)] == []
    if separator == ",":
        assert len(cells) >= CELLS


def test_no_other_module_writes_csv() -> None:
    """Whoever writes another file of it adds it above. The demo's files are its own data, and for itself."""
    writes = re.compile(r"csv_line\(|csv\.writer\(|CSVWriter\(|DictWriter\(|csv_line,")
    found = {
        path.name
        for path in Path(octy.__file__).parent.rglob("*.py")
        if path.name != "csv_writing.py" and path.parent.name != "demo" and writes.search(path.read_text())
    }
    assert found == set(WRITERS)
