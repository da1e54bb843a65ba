"""Past segments: O(1) per event, and exact (P1 to P5, P7).

For actions a1..an, a row keeps the latest possible start of a match of each prefix a1..ai. With the latest inaction
that says, for every instant until the next event, whether the profile is a member. Only an event that is older than the
profile's newest needs more, and only in sequences of two or more actions: its place in the profile's trail (`weave`).
`spec` and `row` as in `layout`.
"""

from typing import NamedTuple

from octy.engine.batch import Ints, Longs
from octy.engine.kernels.columns import NO_EVENT, ChangeLog, Columns, write
from octy.engine.kernels.compiled import part
from octy.engine.kernels.layout import (
    ACTIONS,
    BY_PROPERTY,
    ELIGIBLE,
    FLAGGED,
    INACTION,
    LENGTH_US,
    NEWEST,
    START,
    TAGGED,
    instant_in,
    with_instant,
)
from octy.engine.kernels.timers import Timers, push
from octy.engine.kernels.trail import Trails
from octy.engine.kernels.weave import weave
from octy.model.instants import NEVER
from octy.model.tags import Cause, ChangeKind

CREATED = int(ChangeKind.CREATED)
REMOVED = int(ChangeKind.REMOVED)
EVENT = int(Cause.EVENT)
TIME = int(Cause.TIME)


class Lookback(NamedTuple):
    """Stored events of some profiles, for folding them anew: ordered by profile, created_us and seq."""

    profiles: Ints
    """int32[profiles], ascending."""
    first: Longs
    """int64[profiles + 1]: profile i has the events first[i] to first[i + 1]."""
    columns: Columns


@part
def is_member(start_us: int, inaction_us: int, window_us: int, now_us: int) -> bool:
    """P5: a match in the window, and no inaction in it. 0 stands for none."""
    if start_us == 0 or start_us + window_us <= now_us:
        return False
    return inaction_us == 0 or inaction_us + window_us <= now_us


@part
def next_change_us(start_us: int, inaction_us: int, window_us: int, now_us: int) -> int:
    """The first instant after `now_us` at which time alone flips membership, or NEVER (P5)."""
    if start_us == 0 or start_us + window_us <= now_us:
        return NEVER  # no match left in the window: only an event can change that
    leaves_us = start_us + window_us
    if inaction_us and inaction_us + window_us > now_us:
        clears_us = inaction_us + window_us
        return clears_us if clears_us < leaves_us else NEVER
    return leaves_us


@part
def last_inaction_us(spec: Longs, row: Longs) -> int:
    """The latest inaction; 0 where there is none."""
    return row[spec[INACTION]] if spec[INACTION] else 0


@part
def arm(spec: Longs, row: Longs, timers: Timers, place: int, profile: int, now_us: int) -> None:
    """Sees to it that the pair comes up no later than its next change."""
    start_us = row[START + spec[ACTIONS] - 1]
    due_us = next_change_us(start_us, last_inaction_us(spec, row), spec[LENGTH_US], now_us)
    armed_us = instant_in(row[FLAGGED])
    if due_us != NEVER and (armed_us == 0 or due_us < armed_us):
        push(timers, due_us, place, profile)
        row[FLAGGED] = with_instant(row[FLAGGED], due_us)


@part
def settle(
    spec: Longs,
    row: Longs,
    timers: Timers,
    place: int,
    profile: int,
    now_us: int,
    cause: int,
    effective_us: int,
    event: int,
    log: ChangeLog,
) -> None:
    """Makes the tag agree with membership at `now_us` (P4, G2), and arms the next change."""
    start_us = row[START + spec[ACTIONS] - 1]
    member = is_member(start_us, last_inaction_us(spec, row), spec[LENGTH_US], now_us)
    if spec[BY_PROPERTY] and not row[FLAGGED] & ELIGIBLE:
        member = False
    if member != (row[FLAGGED] & TAGGED != 0):
        row[FLAGGED] ^= TAGGED
        write(log, place, profile, CREATED if member else REMOVED, cause, effective_us, event)
    arm(spec, row, timers, place, profile, now_us)


@part
def elapse(spec: Longs, row: Longs, timers: Timers, place: int, profile: int, due_us: int, log: ChangeLog) -> None:
    """An entry of the timers has come up: the pair's, or one that an earlier entry made pointless."""
    if instant_in(row[FLAGGED]) == due_us:
        row[FLAGGED] = with_instant(row[FLAGGED], 0)
        settle(spec, row, timers, place, profile, due_us, TIME, due_us, NO_EVENT, log)


@part
def take(
    spec: Longs,
    row: Longs,
    timers: Timers,
    place: int,
    mask: int,
    columns: Columns,
    event: int,
    trails: Trails,
    spot: int,
    log: ChangeLog,
) -> bool:
    """Takes an event that matches the steps in `mask` and lies at the row `spot` of its profile's trail.

    False where it is late, and its profile has no trail: `spot` is 0.
    """
    profile, created_us, now_us = columns.profile[event], columns.created_us[event], columns.accepted_us[event]
    if not note(spec, row, created_us, mask) and created_us + spec[LENGTH_US] > now_us:
        if spot == 0:
            return False
        weave(spec, row, trails, spot, profile, place, mask, now_us - spec[LENGTH_US])
    settle(spec, row, timers, place, profile, now_us, EVENT, created_us, event, log)
    return True


@part
def note(spec: Longs, row: Longs, created_us: int, mask: int) -> bool:
    """Takes what a match says. False where it is of an action whose order matters, and not the newest."""
    actions = spec[ACTIONS]
    if mask >> actions & 1:
        row[spec[INACTION]] = max(row[spec[INACTION]], created_us)
        mask &= (1 << actions) - 1
    if mask == 0:
        return True
    if actions == 1:
        row[START] = max(row[START], created_us)
        return True
    if created_us < row[spec[NEWEST]]:
        return False
    row[spec[NEWEST]] = created_us
    advance_starts(row, actions, created_us, mask)
    return True


@part
def advance_starts(row: Longs, actions: int, created_us: int, mask: int) -> None:
    """One more event at the end of a profile's order. From the last action down, so that it is used once (P2)."""
    for action in range(actions - 1, 0, -1):
        if mask >> action & 1 and row[START + action - 1]:
            row[START + action] = row[START + action - 1]
    if mask & 1:
        row[START] = created_us
