"""What the kernels read and write: a batch's columns with matching, and the log of changes that they fill."""

from typing import NamedTuple

import numpy as np

from octy.engine.batch import Bools, Ints, Longs
from octy.engine.kernels.compiled import kernel
from octy.engine.plan import StepTable

PROFILE, KIND, CAUSE, EFFECTIVE, EVENT = range(5)
"""The columns of `ChangeLog.rows`."""

ROWS_PER_EVENT_MAX = 2
"""No event and no timer writes more rows than this for one segment."""

NO_EVENT = -1


class Columns(NamedTuple):
    """A batch as the kernels read it."""

    profile: Ints
    event_type: Ints
    created_us: Longs
    accepted_us: Longs
    codes: Ints
    """int32[events, slots], from `Plan.encode`."""
    previous: Ints
    """int32[events]: the index of the same profile's previous event in the batch; -1 for its first."""


class ChangeLog(NamedTuple):
    """int64[capacity, 5], of which the first `written[0]` rows are written."""

    rows: Longs
    written: Longs


def change_log(capacity: int = 1024) -> ChangeLog:
    """An empty log."""
    return ChangeLog(np.empty((capacity, 5), np.int64), np.zeros(1, np.int64))


def taken(log: ChangeLog) -> Longs:
    """The rows written so far; the log is empty afterwards."""
    rows = log.rows[: log.written[0]].copy()
    log.written[0] = 0
    return rows


@kernel
def has_room(log: ChangeLog) -> bool:
    """Whether one more event, or one more timer, can be taken."""
    return bool(log.written[0] + ROWS_PER_EVENT_MAX <= log.rows.shape[0])


@kernel
def write(log: ChangeLog, profile: int, kind: int, cause: int, effective_us: int, event: int) -> None:
    """Adds a row. The caller has seen to the room."""
    row = log.rows[log.written[0]]
    row[PROFILE] = profile
    row[KIND] = kind
    row[CAUSE] = cause
    row[EFFECTIVE] = effective_us
    row[EVENT] = event
    log.written[0] += 1


@kernel
def match_mask(table: StepTable, columns: Columns, event: int) -> int:
    """Which steps an event matches (V1): bit i for step i."""
    mask = 0
    for step in range(table.event_type.size):
        if table.event_type[step] != columns.event_type[event]:
            continue
        matches = True
        for condition in range(table.first[step], table.first[step + 1]):
            if columns.codes[event, table.slot[condition]] != table.code[condition]:
                matches = False
                break
        if matches:
            mask |= 1 << step
    return mask


def links(profile: Ints) -> Ints:
    """`Columns.previous` of a batch."""
    previous = np.full(len(profile), -1, np.int32)
    order = np.argsort(profile, kind="stable").astype(np.int32)
    same: Bools = profile[order[1:]] == profile[order[:-1]]
    previous[order[1:][same]] = order[:-1][same]
    return previous
