"""CSV that a spreadsheet may open: no cell is a formula, and every cell can be had back (C29)."""

import csv
import io

import pytest

from octy.cli.csv_writing import csv_line, guarded, unguarded
from tests.hostile_cells import hostile_rows

FORMULAS = "=+-@\uff1d\uff0b\uff0d\uff20"


@pytest.mark.parametrize(
    "cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1"]
)
def test_a_formula_becomes_text_and_is_had_back(cell: str) -> None:
    assert guarded(cell).startswith("'")
    assert unguarded(guarded(cell)) == cell
    assert unguarded(guarded(f"'{cell}")) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "ana", "-5", "-2.50", "-1e5", "'quoted'", "a=b", "ana@example.com", "2024-01-01"])
def test_what_is_no_formula_stays_as_it_is(cell: str) -> None:
    assert guarded(cell) == cell
    assert unguarded(cell) == cell


def test_ten_thousand_hostile_cells_are_read_back_and_none_is_a_formula() -> None:
    rows = hostile_rows(10_000)
    text = "".join(map(csv_line, rows))
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert [list(map(unguarded, row)) for row in read] == rows
    for cell in (cell for row in read for cell in row):
        is_formula = cell.startswith(tuple("\t\r\n")) or cell.lstrip(" ").startswith(tuple(FORMULAS))
        assert is_number(cell) or not is_formula


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_part_of_a_cell_becomes_one_with_another_separator(separator: str) -> None:
    hostile = f"x{separator}=1+1{separator}"
    line = csv_line(["ana", hostile, "eve"])
    (cells,) = csv.reader(io.StringIO(line), delimiter=separator)
    assert not any(cell.startswith("=") for cell in cells)
    assert unguarded(guarded(hostile)) == hostile


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
