"""Batches as the kernels read them, and stored history as they read it."""

import numpy as np

from octy.engine.batch import EventBatch, Ints
from octy.engine.kernels.columns import Columns
from octy.engine.kernels.past import Lookback
from octy.engine.plan import Plan


def columns_of(plan: Plan, batch: EventBatch) -> Columns:
    """The batch with its properties as the plan's codes and its instants counted from 1."""
    seq = np.zeros(len(batch.profile), np.int64) if batch.seq is None else batch.seq
    created_us, accepted_us = batch.created_us + 1, batch.accepted_us + 1
    return Columns(batch.profile, batch.event_type, created_us, accepted_us, plan.encode(batch), seq)


def lookback_of(plan: Plan, history: EventBatch, profiles: Ints) -> Lookback:
    """Stored events of those profiles, ordered by profile, created_us and seq. `profiles` ascend; some have none."""
    assert np.all(history.profile[1:] >= history.profile[:-1]), "history comes by profile"
    edges = np.append(profiles, profiles[-1] + 1) if len(profiles) else np.zeros(1, np.int32)
    first = np.searchsorted(history.profile, edges).astype(np.int64)
    return Lookback(profiles, first, columns_of(plan, history))
