"""Stored events as the engine takes many of them: runs, each ordered by profile, created_us and seq (T2).

The caller has them wherever he likes; the engine asks for the rows of some profiles at a time, and says where to put
them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol

from octy.engine.batch import Floats, Ints, Longs

ColumnName = Literal["profile", "event_type", "created_us", "accepted_us", "seq"]
"""A column of a run. Its event types are the caller's numbers."""

Codes = Mapping[str, int]
"""A code from 1 for every text that matters."""
Wanted = Sequence[tuple[str, Codes]]
"""Property keys, each with the codes of its texts."""
NumberOf = Callable[[str], float]
"""What a property's canonical text counts; NaN for nothing."""


class Run(Protocol):
    """A run. To be read by several threads at once."""

    @property
    def row_count(self) -> int:
        """How many rows it has."""

    def rows_before(self, profile: int) -> int:
        """How many rows belong to profiles with smaller keys."""

    def read(self, name: ColumnName, first: int, out: Ints | Longs) -> None:
        """Fills `out` with a column, from row `first` on."""

    def read_codes(self, key: str, codes: Codes, first: int, out: Ints) -> None:
        """Fills `out` with the codes of a property's canonical texts (V2), from row `first` on; 0 for any other."""


class ValuedRun(Run, Protocol):
    """A run that also says what its properties count."""

    def read_numbers(self, key: str, number_of: NumberOf, first: int, out: Floats) -> None:
        """Fills `out` with the numbers of a property's texts, from row `first` on; NaN where there is none."""
