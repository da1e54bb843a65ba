"""Batches as the kernels read them, and the stored history that late events need (P7)."""

import numpy as np

from octy.engine.batch import Bools, EventBatch, Ints, Longs
from octy.engine.kernels.columns import Columns, links
from octy.engine.kernels.compiled import kernel
from octy.engine.kernels.past import Lookback
from octy.engine.plan import Plan


def columns_of(plan: Plan, batch: EventBatch) -> Columns:
    """The batch with its properties as the plan's codes."""
    return Columns(
        batch.profile,
        batch.event_type,
        batch.created_us,
        batch.accepted_us,
        plan.encode(batch),
        links(batch.profile),
    )


def lookback_of(plan: Plan, history: EventBatch, profiles: Ints) -> Lookback:
    """Stored events of those profiles, ordered by profile, created_us and seq. `profiles` ascend; some have none."""
    edges = np.append(profiles, profiles[-1] + 1) if len(profiles) else np.zeros(1, np.int32)
    first = np.searchsorted(history.profile, edges).astype(np.int64)
    return Lookback(profiles, first, columns_of(plan, history))


def late_profiles(batch: EventBatch, newest_us: Longs) -> Ints:
    """The profiles, ascending, with an event in the batch that is older than their newest, stored or in the batch."""
    late = np.zeros(len(batch.profile), np.bool_)
    mark_late(batch.profile, batch.created_us, links(batch.profile), newest_us, late)
    return np.unique(batch.profile[late])


@kernel
def mark_late(profile: Ints, created_us: Longs, previous: Ints, newest_us: Longs, late: Bools) -> None:
    """Marks the events that are older than an earlier one of their profile."""
    seen_us = np.empty(profile.size, np.int64)
    for event in range(profile.size):
        before = previous[event]
        newest = seen_us[before] if before >= 0 else newest_us[profile[event]]
        late[event] = created_us[event] < newest
        seen_us[event] = max(newest, created_us[event])


@kernel
def note_newest(profile: Ints, created_us: Longs, newest_us: Longs) -> None:
    """Keeps each profile's newest event."""
    for event in range(profile.size):
        newest_us[profile[event]] = max(newest_us[profile[event]], created_us[event])


NO_HISTORY = lookback_of(
    Plan(),
    EventBatch(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64), ()),
    np.empty(0, np.int32),
)
"""For batches that need none."""
