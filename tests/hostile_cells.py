"""Cells that a spreadsheet would take for formulas, of pieces that CSV and spreadsheets give a meaning."""

import random

PARTS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t", "\r", "\n", ",", ";", "|", '"', "'", " ", "x", "é", "\uff1d", ""]
PARTS_A_CELL = 5
COLUMNS = 4


def hostile_rows(cells: int, seed: int = 29) -> list[list[str]]:
    """So many cells, by chance."""
    chance = random.Random(seed)
    return [["".join(chance.choices(PARTS, k=PARTS_A_CELL)) for _ in range(COLUMNS)] for _ in range(cells // COLUMNS)]
