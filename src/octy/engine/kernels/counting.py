"""Recency, frequency, value and the label of one profile at an instant, from its events alone.

A window of so many days looks at the events in (instant - days, instant], as a past segment's does (P1).
"""

from typing import NamedTuple

import numpy as np

from octy.engine.batch import Bytes, Floats, Longs
from octy.engine.kernels.compiled import part
from octy.model.instants import US_PER_DAY

COUNTS_US = np.array([7, 30, 90], np.int64) * US_PER_DAY
"""The windows of counts; one over all time follows."""
COUNTS = 4
VALUES_US = np.array([30, 90], np.int64) * US_PER_DAY
"""The windows of sums; one over all time follows."""
VALUES = 3
NONE = -1
"""The age of what never happened; a label that is not known yet."""


class Happened(NamedTuple):
    """When a profile's events happened, ascending; in memory for more."""

    us: Longs
    size: Longs
    """int64[1]: how many there are."""


class Counted(NamedTuple):
    """The answer: a row for each profile and instant."""

    recency_us: Longs
    """Since the latest event; `NONE` where there is none."""
    tenure_us: Longs
    """Since the first event, or the profile's creation where that was before."""
    events: Longs
    """int64[COUNTS, rows]"""
    asked_recency_us: Longs
    """The same of the events of the type that the label asks about."""
    asked: Longs
    values: Floats
    """float64[VALUES, rows]: sums of those events' numbers; float64[0, rows] where nobody asks."""
    has_charged: Bytes
    label: Bytes
    """1 where none of them happens within the horizon, 0 where one does; `NONE` where that is not known yet."""


@part
def note(happened: Happened, at_us: int) -> None:
    """One more, the latest."""
    happened.us[happened.size[0]] = at_us
    happened.size[0] += 1


@part
def until(happened: Happened, at_us: int) -> int:
    """How many happened at or before an instant."""
    low, high = 0, happened.size[0]
    while low < high:
        middle = (low + high) // 2
        if happened.us[middle] <= at_us:
            low = middle + 1
        else:
            high = middle
    return low


@part
def count(happened: Happened, at_us: int, counts: Longs, recency_us: Longs, out: int) -> None:
    """Writes how many happened in each window at an instant, and how long ago the latest."""
    total = until(happened, at_us)
    for window in range(COUNTS_US.size):
        counts[window, out] = total - until(happened, at_us - COUNTS_US[window])
    counts[COUNTS_US.size, out] = total
    recency_us[out] = at_us - happened.us[total - 1] if total else NONE


@part
def add_up(happened: Happened, numbers: Floats, at_us: int, values: Floats, out: int) -> None:
    """Writes the sums of their numbers, of which those that are none count nothing: from the first to the last."""
    total = until(happened, at_us)
    for window in range(VALUES):
        first = until(happened, at_us - VALUES_US[window]) if window < VALUES_US.size else 0
        found = 0.0
        for place in range(first, total):
            if not np.isnan(numbers[place]):
                found += numbers[place]
        values[window, out] = found


@part
def label(happened: Happened, at_us: int, horizon_us: int, known_us: int) -> int:
    """Whether nothing happens after an instant within the horizon, which is known once that is over."""
    if at_us + horizon_us > known_us:
        return NONE
    return int(until(happened, at_us + horizon_us) == until(happened, at_us))
