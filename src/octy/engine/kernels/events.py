"""All stored events of some profiles, as the kernels of past segments read them, and how a profile's are put in order.

A run is ordered by itself. Where a profile has events in several, they mostly follow each other too, as runs follow
each other in order of acceptance; late events are why they may not.
"""

from typing import NamedTuple

import numpy as np

from octy.engine.batch import Ints, Longs
from octy.engine.kernels.compiled import kernel


class Events(NamedTuple):
    """One run's after another's; each run ordered by profile, created_us and seq."""

    bounds: Longs
    """int64[runs + 1]: run i's events are bounds[i] to bounds[i + 1] - 1."""
    profile: Ints
    kind: Ints
    """`kernels.kinds`"""
    created_us: Longs
    codes: Ints
    """int32[slots, events]: what the kinds do not tell is compared with these."""


@kernel
def ordered_rows(events: Events, next_row: Longs, profile: int, count: int) -> Longs:
    """The rows of a profile in all runs, which lie before `next_row`, in T2's order: by instant.

    Between equals by run, as their seqs rise from one to the next.
    """
    rows = np.empty(count, np.int64)
    found = count
    for run in range(next_row.size - 1, -1, -1):
        row = next_row[run] - 1
        while row >= events.bounds[run] and events.profile[row] == profile:
            found -= 1
            rows[found] = row
            row -= 1
    return rows[np.argsort(events.created_us[rows], kind="mergesort")]
