"""What `octy-cli` writes as CSV, opened by a spreadsheet: every cell is text or a number, none is a formula (C29)."""

import io
import re
import shutil
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from octy.cli.csv_writing import csv_line
from tests.hostile_cells import hostile_rows
from tests.integration.cli.conftest import Shell
from tests.integration.cli.octy_server import Answer, OctyServer
from tests.integration.cli.test_dataset import makes

CELLS = 10_000
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
PATIENCE_SECONDS = 300
FORMULA = re.compile(r'table:formula="([^"]*)"')

pytestmark = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")


def formulas(file: Path, separator: str = ",") -> list[str]:
    """Those that LibreOffice finds in a file of CSV, told that cells end at `separator`."""
    filtered = f"--infilter=CSV:{ord(separator)},34,76,1"  # cells in double quotes, UTF-8, from line 1
    profile = f"-env:UserInstallation={(file.parent / 'office').as_uri()}"
    command = ["soffice", profile, "--headless", filtered, "--convert-to", "fods", "--outdir", str(file.parent)]
    subprocess.run([*command, str(file)], check=True, capture_output=True, timeout=PATIENCE_SECONDS)
    opened = file.with_suffix(".fods").read_text("utf-8")
    assert "table:table-cell" in opened
    return FORMULA.findall(opened)


def test_a_spreadsheet_runs_what_is_not_guarded(tmp_path: Path) -> None:
    file = tmp_path / "bare.csv"
    file.write_text("ana,=1+1,x;=2+2\n")
    assert formulas(file) == ["of:=1+1"]
    assert formulas(file, ";") == ["of:=2+2"]


@pytest.mark.parametrize("separator", SEPARATORS.values(), ids=SEPARATORS)
def test_no_cell_that_a_spreadsheet_opens_is_a_formula(tmp_path: Path, separator: str) -> None:
    file = tmp_path / "cells.csv"
    file.write_text("".join(map(csv_line, hostile_rows(CELLS))), "utf-8", newline="")
    assert formulas(file, separator) == []


def test_no_cell_of_a_dataset_is_one(shell: Shell, server: OctyServer) -> None:
    columns = zip(*hostile_rows(CELLS), strict=True)
    table = pa.table({f"profile.={number}": texts for number, texts in enumerate(columns)})
    written = io.BytesIO()
    pq.write_table(table, written)
    makes(server, Answer(200, written.getvalue()))
    assert shell.run("dataset", "-o", "now.csv").exit_code == 0
    assert formulas(shell.folder / "now.csv") == []
