"""How is a CSV file written that a spreadsheet may be shown? So that no cell of it is a formula.

Spreadsheets run a cell that begins with `=`, `+`, `-` or `@`, whatever the file meant, and some separate cells at
semicolons, tabs or bars. An apostrophe where such a cell would begin makes it text; `unguarded` takes those off again,
and no others. Numbers stay as they are.
"""

import re
from collections.abc import Iterable

_FORMULA = "[ ]*[=+@＝＋－＠-]"  # noqa: RUF001 - the wide ones are formulas in East Asia
_BARE = re.compile(rf"(^|(?<=[;|\t\r\n]))(?='*{_FORMULA})|^(?='*[\t\r\n])")
_GUARDED = re.compile(rf"(^|(?<=[;|\t\r\n]))'(?='*{_FORMULA})|^'(?='*[\t\r\n])")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_QUOTED = re.compile(r"""[",;|\t\r\n]""")


def guarded(cell: str) -> str:
    """The cell, with an apostrophe wherever a spreadsheet could take what follows for a formula."""
    return cell if _NUMBER.fullmatch(cell) else _BARE.sub("'", cell)


def unguarded(cell: str) -> str:
    """What `guarded` made this of."""
    return _GUARDED.sub("", cell) if "'" in cell else cell


def csv_line(cells: Iterable[str]) -> str:
    """A row of guarded cells, with its end."""
    return ",".join(map(_quoted, map(guarded, cells))) + "\n"


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if _QUOTED.search(cell) else cell
