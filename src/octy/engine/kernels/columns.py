"""What the kernels read and write: a batch's columns, and the log of changes that they fill."""

from typing import NamedTuple

import numpy as np

from octy.engine.batch import Ints, Longs
from octy.engine.kernels.compiled import part

PLACE, PROFILE, KIND, CAUSE, EFFECTIVE, EVENT, OPENER = range(7)
"""The columns of `ChangeLog.rows`. OPENER: the seq of the event that opened the window that has elapsed, else 0."""
LOG_COLUMNS = 7

CHANGES_PER_PAIR_MAX = 2
"""No event and no timer makes more changes than this of one profile in one segment."""

NO_EVENT = -1


class Columns(NamedTuple):
    """A batch as the kernels read it. Its instants are counted from 1, not from 0."""

    profile: Ints
    event_type: Ints
    created_us: Longs
    accepted_us: Longs
    codes: Ints
    """int32[events, slots], from `Plan.encode`."""
    seq: Longs


class ChangeLog(NamedTuple):
    """int64[capacity, LOG_COLUMNS], of which the first `written[0]` rows are written."""

    rows: Longs
    written: Longs


def change_log(capacity: int) -> ChangeLog:
    """An empty log."""
    return ChangeLog(np.empty((capacity, LOG_COLUMNS), np.int64), np.zeros(1, np.int64))


def taken(log: ChangeLog) -> Longs:
    """The rows written so far, their instants counted from 0 again; the log is empty afterwards."""
    rows = log.rows[: log.written[0]].copy()
    rows[:, EFFECTIVE] -= 1
    log.written[0] = 0
    return rows


@part
def has_room(log: ChangeLog, pairs: int) -> bool:
    """Whether an event, or timers, of so many pairs of a profile and a segment can be taken."""
    return bool(log.written[0] + pairs * CHANGES_PER_PAIR_MAX <= log.rows.shape[0])


@part
def write(log: ChangeLog, place: int, profile: int, kind: int, cause: int, effective_us: int, event: int) -> None:
    """Adds a row. The caller has seen to the room."""
    row = log.written[0]
    log.rows[row, PLACE] = place
    log.rows[row, PROFILE] = profile
    log.rows[row, KIND] = kind
    log.rows[row, CAUSE] = cause
    log.rows[row, EFFECTIVE] = effective_us
    log.rows[row, EVENT] = event
    log.rows[row, OPENER] = 0
    log.written[0] = row + 1


@part
def opened_by(log: ChangeLog, seq: int) -> None:
    """Says of the row written last which event opened the window that has elapsed."""
    log.rows[log.written[0] - 1, OPENER] = seq
