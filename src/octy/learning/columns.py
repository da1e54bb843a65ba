"""How is a dataset looked at that may be larger than memory? A column at a time, of some of its rows."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Flags = npt.NDArray[np.bool_]


class Columns(Protocol):
    """A dataset: a table, or whatever else gives a column when it is asked for it."""

    @property
    def column_names(self) -> list[str]:
        """In order."""

    @property
    def num_rows(self) -> int:
        """As many as each column has."""

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - pyarrow has no types
        """A column, as a chunked array."""


class Part:
    """Some rows of a dataset."""

    def __init__(self, whole: Columns, where: Flags) -> None:
        """`where`: bool[rows]."""
        self._whole = whole
        self._where = pa.array(where)
        self.column_names = whole.column_names
        self.num_rows = int(where.sum())

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - pyarrow has no types
        """Their values."""
        return pc.filter(self._whole[name], self._where)
