"""Which columns are learnt from, and as which numbers? Decided by the rows to train on; the same for all others.

Numbers and booleans stay as they are, null is NaN. A text becomes the number of its level where there are few levels. A
column is left out where the account has not chosen it, where it tells of the future, or where it tells nothing.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from octy.learning.columns import Columns, Flags, Part
from octy.learning.dataset import ID_COLUMNS, Floats, TrainingSettings, numbers
from octy.model.churn import DroppedColumn

LEVELS_MAX = 32
"""A text with more different values is a name or an address, and says nothing of others."""
PROFILE_PREFIXES = ("profile.", "platform.")


class Feature(Struct, frozen=True):
    """A column that is learnt from."""

    name: str
    levels: tuple[str, ...] | None
    """Of a text: its values, in order. None of a number."""


class FeaturePlan(Struct, frozen=True):
    """The columns of the matrix, and what became of the table's others."""

    features: tuple[Feature, ...]
    dropped: tuple[DroppedColumn, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The features' names, as the table has them."""
        return tuple(one.name for one in self.features)

    @property
    def is_category(self) -> Flags:
        """Which features are texts: bool[features]."""
        return np.array([one.levels is not None for one in self.features], np.bool_)


def plan_features(table: Columns, training: Flags, settings: TrainingSettings) -> FeaturePlan:
    """What to learn from, by what the rows to train on hold."""
    seen = Part(table, training)
    features: list[Feature] = []
    dropped = list(_missing(table, settings))
    for name in table.column_names:
        if name in ID_COLUMNS:
            continue
        if reason := _unwanted(name, settings):
            dropped.append(DroppedColumn(name, reason))
            continue
        column = seen[name]
        if reason := _useless(column):
            dropped.append(DroppedColumn(name, reason))
        else:
            features.append(Feature(name, _levels(column)))
    return FeaturePlan(tuple(features), tuple(dropped))


def matrix(table: Columns, plan: FeaturePlan) -> Floats:
    """float64[rows, features]; NaN where there is no value, or one that the plan has not seen."""
    values = np.empty((table.num_rows, len(plan.features)))
    for place, one in enumerate(plan.features):
        values[:, place] = _column(table[one.name], one.levels)
    return values


def _unwanted(name: str, settings: TrainingSettings) -> str | None:
    if name in settings.leaks:
        return settings.leaks[name]
    is_profiles = name.startswith(PROFILE_PREFIXES)
    if is_profiles and settings.profile_features and name.split(".", 1)[1] not in settings.profile_features:
        return "it is not among the profile features that the account has chosen"
    return None


def _missing(table: Columns, settings: TrainingSettings) -> Iterator[DroppedColumn]:
    known = {name.split(".", 1)[1] for name in table.column_names if name.startswith(PROFILE_PREFIXES)}
    for key in settings.profile_features:
        if key not in known:
            yield DroppedColumn(key, "the account has chosen it, and no profile has it")


def _useless(column: pa.ChunkedArray) -> str | None:
    count = pc.count_distinct(column, mode="all").as_py()
    if count < 2:
        return "it is the same in all rows"
    if pa.types.is_string(column.type) and count > LEVELS_MAX:
        return f"it has {count:,} different values; a text may have {LEVELS_MAX}"
    return None


def _levels(column: pa.ChunkedArray) -> tuple[str, ...] | None:
    if not pa.types.is_string(column.type):
        return None
    return tuple(sorted(value for value in pc.unique(column).to_pylist() if value is not None))


def _column(column: pa.ChunkedArray, levels: tuple[str, ...] | None) -> Floats:
    if levels is None:
        return numbers(column)
    places: Any = pc.index_in(column, value_set=pa.array(levels, pa.string()))
    return numbers(places)
