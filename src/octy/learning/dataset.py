"""What a dataset's columns mean to the churn model: a table with a row for each profile at each instant.

`label` is true where the profile churned, null where the horizon is not over. The table's other columns are features,
but for the ids and the instant.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from msgspec import Struct

from octy.learning.columns import Columns, Flags
from octy.model.instants import US_PER_DAY

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

ID_COLUMNS = ("profile_id", "customer_id", "as_of", "label")


class TrainingSettings(Struct, frozen=True):
    """What is to be learnt, of what, and under which name it is kept."""

    training_job_id: str
    trained_us: int
    dataset_id: str
    event_type: str
    horizon_days: int
    segment_ids: tuple[str, ...] = ()
    profile_features: tuple[str, ...] = ()
    """Keys of profile data or platform info to learn from; all where there are none."""
    leaks: dict[str, str] = {}
    """Columns that know too much, each with the reason: they are not learnt from."""
    seed: int = 0

    @property
    def horizon_us(self) -> int:
        """How long after an instant its label looks."""
        return self.horizon_days * US_PER_DAY


class Rows(Struct, frozen=True):
    """Whose rows they are, of which instant, and what is known of their churn: `[rows]` each."""

    profiles: Longs
    """A number for each profile, in the order in which the table has them."""
    as_of_us: Longs
    churned: Floats
    """1 or 0; NaN where the horizon is not over."""

    @property
    def is_labelled(self) -> Flags:
        """Where churn is known."""
        return ~np.isnan(self.churned)


def rows_of(table: Columns) -> Rows:
    """The table's rows without their features."""
    encoded = table["profile_id"].combine_chunks().dictionary_encode()
    return Rows(
        profiles=encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64),
        as_of_us=table["as_of"].cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy().astype(np.int64),
        churned=numbers(table["label"]),
    )


def numbers(column: pa.ChunkedArray) -> Floats:
    """A column of numbers or booleans; NaN for null."""
    values: Floats = column.cast(pa.float64()).to_numpy().astype(np.float64)
    return values


def instants_of(rows: Rows, where: Flags) -> Sequence[int]:
    """The instants of some rows, ascending."""
    return [int(one) for one in np.unique(rows.as_of_us[where])]
