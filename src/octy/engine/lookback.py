"""Batches as the kernels read them, and the stored history that late events need (P7)."""

import numpy as np

from octy.engine.batch import Bools, EventBatch, Ints, Longs
from octy.engine.kernels.columns import Columns, links
from octy.engine.kernels.compiled import kernel
from octy.engine.kernels.past import Lookback
from octy.engine.plan import Plan

_NONE = np.empty(0, np.int32)


def columns_of(plan: Plan, batch: EventBatch, *, linked: bool = False) -> Columns:
    """The batch with its properties as the plan's codes and its instants counted from 1."""
    return Columns(
        batch.profile,
        batch.event_type,
        batch.created_us + 1,
        batch.accepted_us + 1,
        plan.encode(batch),
        links(batch.profile) if linked else _NONE,
    )


def lookback_of(plan: Plan, history: EventBatch, profiles: Ints) -> Lookback:
    """Stored events of those profiles, ordered by profile, created_us and seq. `profiles` ascend; some have none."""
    assert np.all(history.profile[1:] >= history.profile[:-1]), "history comes by profile"
    edges = np.append(profiles, profiles[-1] + 1) if len(profiles) else np.zeros(1, np.int32)
    first = np.searchsorted(history.profile, edges).astype(np.int64)
    return Lookback(profiles, first, columns_of(plan, history))


def late_profiles(batch: EventBatch, newest_us: Longs) -> Ints:
    """The profiles, ascending, with an event in the batch that is older than their newest, stored or in the batch.

    `newest_us` is counted from 1, and left as it is.
    """
    late = np.zeros(len(batch.profile), np.bool_)
    return np.unique(batch.profile[late]) if mark_late(batch.profile, batch.created_us, newest_us, late) else _NONE


@kernel
def mark_late(profile: Ints, created_us: Longs, newest_us: Longs, late: Bools) -> int:
    """Marks the events that are older than an earlier one of their profile; returns their number."""
    found = 0
    before_us = np.empty(profile.size, np.int64)
    for event in range(profile.size):
        before_us[event] = newest_us[profile[event]]
        late[event] = created_us[event] + 1 < before_us[event]
        found += late[event]
        newest_us[profile[event]] = max(before_us[event], created_us[event] + 1)
    for event in range(profile.size - 1, -1, -1):
        newest_us[profile[event]] = before_us[event]
    return found


@kernel
def note_newest(profile: Ints, created_us: Longs, newest_us: Longs) -> None:
    """Keeps each profile's newest event."""
    for event in range(profile.size):
        newest_us[profile[event]] = max(newest_us[profile[event]], created_us[event] + 1)


NO_HISTORY = lookback_of(
    Plan(),
    EventBatch(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64), ()),
    np.empty(0, np.int32),
)
"""For batches that need none."""
