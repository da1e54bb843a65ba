"""How do rows become a table? In columns as wide as their cells, and on a terminal no wider than it is.

The first rows decide the widths, so that a million rows need not be there before the first is shown. Elsewhere than on
a terminal nothing is cut.
"""

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Generic, NamedTuple, TypeVar

from octy.cli.output import plain, say
from octy.cli.styles import Style, say_styled

Row = TypeVar("Row")

ROWS_MEASURED = 1_000
GAP = "  "
WIDTH_MIN = 4
"""No column is cut below this."""


class Column(NamedTuple, Generic[Row]):
    """A heading, and what stands below it."""

    heading: str
    cell: Callable[[Row], str]
    is_whole: bool = False
    """An id: of use only as a whole, so it is cut last."""


def show_table(columns: Sequence[Column[Row]], rows: Iterable[Row]) -> None:
    """The heading, and a line for each row."""
    incoming = ([plain(column.cell(row)) for column in columns] for row in rows)
    first = list(islice(incoming, ROWS_MEASURED))
    if not first:
        return
    headings = [column.heading for column in columns]
    widths = [max(_width(cells[place]) for cells in [headings, *first]) for place in range(len(columns))]
    if sys.stdout.isatty():
        widths = fitted(widths, [column.is_whole for column in columns], shutil.get_terminal_size().columns)
    say_styled((_line(headings, widths), Style.HEADING))
    for cells in chain(first, incoming):
        say(_line(cells, widths))


def fitted(widths: Sequence[int], are_whole: Sequence[bool], total: int) -> list[int]:
    """Widths that fit into the total, the widest cut first; those of whole columns only where that is not enough."""
    room = total - len(GAP) * (len(widths) - 1)
    cut = list(widths)
    for may_cut_whole in (False, True):
        while sum(cut) > room:
            places = [place for place, is_whole in enumerate(are_whole) if may_cut_whole or not is_whole]
            widest = max(places, key=lambda place: cut[place], default=None)
            if widest is None or cut[widest] <= WIDTH_MIN:
                break
            cut[widest] -= 1
    return cut


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return GAP.join(map(_padded, cells, widths)).rstrip()


def _padded(cell: str, width: int) -> str:
    if sys.stdout.isatty() and _width(cell) > width:
        cell = f"{''.join(_beginning(cell, width - 1))}…"
    return cell + " " * (width - _width(cell))


def _beginning(cell: str, width: int) -> Iterator[str]:
    """As many characters as fit."""
    taken = 0
    for character in cell:
        taken += _width(character)
        if taken > width:
            return
        yield character


def _width(cell: str) -> int:
    """How many places a terminal takes: East Asian characters take two, combining ones none."""
    if cell.isascii():
        return len(cell)
    from rich.cells import cell_len

    return cell_len(cell)
