"""A dataset's columns: their names, their types, and how the engine's answer becomes them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from msgspec import Struct

from octy.engine.batch import Ints, Longs
from octy.engine.kernels.chronicle import Answer
from octy.engine.kernels.counting import COUNTS_US, NONE, VALUES_US
from octy.engine.kernels.retelling import NOT_BORNE
from octy.model.datasets import ENTRIES, HELD, PLATFORM, PROFILE, TAG
from octy.model.instants import US_PER_DAY
from octy.model.values import Scalar, canonical

_WINDOWS = [*(f"{days}d" for days in (COUNTS_US // US_PER_DAY).tolist()), "total"]
_VALUE_WINDOWS = [*(f"{days}d" for days in (VALUES_US // US_PER_DAY).tolist()), "total"]
_ASKED = "charged"
"""What columns of the asked events are called, whichever they are."""


class Profiles(Struct, frozen=True):
    """What stands in every row of a profile."""

    columns: Mapping[str, pa.Array]
    """By name; as long as there are profiles that are told of."""
    place: Ints
    """int32[profile keys]: where a profile is in those; -1 where it is not told of."""

    @property
    def data_columns(self) -> list[str]:
        """Those that are known as they are now alone."""
        return [name for name in self.columns if name.startswith((PROFILE, PLATFORM))]


def profiles_of(
    keys: Sequence[int],
    ids: Sequence[tuple[str, str]],
    data: Sequence[Mapping[str, Scalar]],
    platforms: Sequence[Mapping[str, Scalar]],
    keys_ever: int,
) -> Profiles:
    """Of profiles by ascending keys: (profile id, customer id), profile data, platform info."""
    columns = {
        "profile_id": pa.array([profile_id for profile_id, _ in ids], pa.string()),
        "customer_id": pa.array([customer_id for _, customer_id in ids], pa.string()),
    }
    for prefix, objects in ((PROFILE, data), (PLATFORM, platforms)):
        for key in sorted({key for one in objects for key in one}):
            columns[prefix + key] = _column(one.get(key) for one in objects)
    place = np.full(keys_ever, -1, np.int32)
    place[np.array(keys, np.int64)] = np.arange(len(keys), dtype=np.int32)
    return Profiles(columns, place)


def _column(values: Iterable[Scalar]) -> pa.Array:
    """Booleans, integers, numbers or texts; whatever is mixed otherwise becomes canonical text (V2)."""
    given = list(values)
    kinds = {type(value) for value in given if value is not None}
    if kinds == {bool}:
        return pa.array(given, pa.bool_())
    if kinds == {int}:
        return pa.array(given, pa.int64())
    if kinds in ({float}, {int, float}):
        return pa.array([None if value is None else float(value) for value in given], pa.float64())
    return pa.array([canonical(value) for value in given], pa.string())


def table_of(
    answer: Answer, instants_us: Longs, profiles: Profiles, segments: Sequence[str], *, has_label: bool
) -> pa.Table:
    """The rows as columns, in the order in which a dataset has them; `segments` are their names."""
    counted, told = answer.counted, answer.told
    places = pa.array(profiles.place[answer.profile])
    of_profile = {name: column.take(places) for name, column in profiles.columns.items()}
    made: dict[str, Any] = {name: of_profile.pop(name) for name in ("profile_id", "customer_id")}
    made["as_of"] = pa.array(instants_us[answer.instant], pa.timestamp("us", "UTC"))
    made |= of_profile
    made["has_charged"] = pa.array(counted.has_charged != 0)
    made["recency_days"] = _days(counted.recency_us, NONE)
    made["tenure_days"] = _days(counted.tenure_us)
    made |= {f"frequency_{window}": pa.array(counted.events[place]) for place, window in enumerate(_WINDOWS)}
    made[f"{_ASKED}_recency_days"] = _days(counted.asked_recency_us, NONE)
    made |= {f"{_ASKED}_{window}": pa.array(counted.asked[place]) for place, window in enumerate(_WINDOWS)}
    if len(counted.values):
        made |= {f"value_{window}": pa.array(counted.values[place]) for place, window in enumerate(_VALUE_WINDOWS)}
    for place, name in enumerate(segments):
        held_us = told.held_us[place]
        made[TAG + name] = pa.array(held_us != NOT_BORNE)
        made[TAG + name + HELD] = _days(np.maximum(held_us, 0))
        made[TAG + name + ENTRIES] = pa.array(told.entries[place].astype(np.int64))
    if has_label:
        made["label"] = pa.array(counted.label == 1, mask=counted.label == NONE)
    return pa.table(made)


def _days(ages_us: Longs, none: int | None = None) -> pa.Array:
    """float64, null where there is none."""
    return pa.array(ages_us / US_PER_DAY, mask=None if none is None else ages_us == none)
