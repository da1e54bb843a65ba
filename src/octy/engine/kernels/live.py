"""Live segments: an action (live 1), or an action that another event does not follow in time (live 2).

Rules L1 to L7, G3 and G4. `spec` and `row` as in `layout`. While its deletion is pending (X1), a segment rests: it
makes no match, a window that ends makes none either, and a conflict takes the tag off in silence; whoever ends the rest
says so. `acting_us` is the spec's, or what that was at an event of long ago.
"""

from octy.engine.batch import Longs
from octy.engine.kernels.columns import NO_EVENT, ChangeLog, opened_by, write
from octy.engine.kernels.compiled import part
from octy.engine.kernels.layout import (
    ACTING_US,
    ARMED,
    FLAGGED,
    LENGTH_US,
    OPENER,
    OPPOSED,
    SINCE_US,
    TAGGED,
    WINDOW,
    instant_in,
    with_instant,
)
from octy.engine.kernels.timers import Timers, push
from octy.model.instants import NEVER, US_PER_MINUTE
from octy.model.tags import Cause, ChangeKind

CREATED = int(ChangeKind.CREATED)
UPDATED = int(ChangeKind.UPDATED)
REMOVED = int(ChangeKind.REMOVED)
EVENT = int(Cause.EVENT)
TIME = int(Cause.TIME)

FRESH_US = 10 * US_PER_MINUTE
"""L2: how old an event may be when accepted and still make a live 1 match."""


@part
def take_action(
    spec: Longs,
    row: Longs,
    place: int,
    profile: int,
    mask: int,
    at_us: int,
    now_us: int,
    acting_us: int,
    event: int,
    log: ChangeLog,
) -> None:
    """Live 1. Bit 0 of the mask is the action, bit 1 any event of its type."""
    if at_us < spec[SINCE_US]:
        return
    if not mask & 1:
        oppose(row, place, profile, at_us, acting_us, event, log)
    elif at_us >= acting_us and now_us - at_us <= FRESH_US:
        match_action(row, place, profile, at_us, event, log)


@part
def match_action(row: Longs, place: int, profile: int, at_us: int, event: int, log: ChangeLog) -> None:
    """A live 1 match puts the tag on or moves it (G3); it goes again where a later event already conflicts (G4)."""
    tagged = row[FLAGGED] & TAGGED
    write(log, place, profile, UPDATED if tagged else CREATED, EVENT, at_us, event)
    if not tagged or at_us > instant_in(row[FLAGGED]):
        row[FLAGGED] = with_instant(row[FLAGGED], at_us)
    row[FLAGGED] |= TAGGED
    if row[OPPOSED] > instant_in(row[FLAGGED]):
        row[FLAGGED] &= ~TAGGED
        write(log, place, profile, REMOVED, EVENT, row[OPPOSED], event)


@part
def oppose(row: Longs, place: int, profile: int, at_us: int, acting_us: int, event: int, log: ChangeLog) -> None:
    """Takes the tag off where the event comes after the match's action (G4): at the same instant it does (T2)."""
    row[OPPOSED] = max(row[OPPOSED], at_us)
    if row[FLAGGED] & TAGGED and at_us >= instant_in(row[FLAGGED]):
        row[FLAGGED] &= ~TAGGED
        if acting_us < NEVER:
            write(log, place, profile, REMOVED, EVENT, at_us, event)


@part
def take_window(
    spec: Longs,
    row: Longs,
    timers: Timers,
    place: int,
    profile: int,
    mask: int,
    at_us: int,
    now_us: int,
    acting_us: int,
    event: int,
    seq: int,
    log: ChangeLog,
) -> None:
    """Live 2. Bit 0 of the mask is the action, bit 1 the inaction; an event that is both acts as that first (L7)."""
    if at_us < spec[SINCE_US]:
        return
    if mask & 2:
        oppose(row, place, profile, at_us, acting_us, event, log)
        if row[WINDOW] and at_us >= row[WINDOW]:
            row[WINDOW] = 0  # L4
    if mask & 1 and at_us >= acting_us and opens(row, at_us, spec[LENGTH_US], now_us):
        row[WINDOW] = at_us
        row[OPENER] = seq
        arm(spec, row, timers, place, profile)


@part
def opens(row: Longs, at_us: int, length_us: int, now_us: int) -> bool:
    """Whether an action opens a window (L3, L6)."""
    if at_us + length_us <= now_us or row[WINDOW] or row[OPPOSED] > at_us:
        return False
    last_us = instant_in(row[FLAGGED])
    return last_us == 0 or at_us >= last_us + length_us  # matches never overlap


@part
def arm(spec: Longs, row: Longs, timers: Timers, place: int, profile: int) -> None:
    """Sees to it that an open window comes up no later than its end.

    Where an entry comes up before, that will do: who opens a thousand windows within the length of one has one entry.
    """
    due_us = row[WINDOW] + spec[LENGTH_US]
    if row[WINDOW] and (row[ARMED] == 0 or due_us < row[ARMED]):
        push(timers, due_us, place, profile)
        row[ARMED] = due_us


@part
def come_up(spec: Longs, row: Longs, timers: Timers, place: int, profile: int, due_us: int, log: ChangeLog) -> None:
    """An entry has come up: the window elapses, or is one that was opened later, which has an entry from now on."""
    if row[ARMED] == due_us:
        row[ARMED] = 0
    elapse(spec, row, place, profile, due_us, log)
    arm(spec, row, timers, place, profile)


@part
def elapse(spec: Longs, row: Longs, place: int, profile: int, due_us: int, log: ChangeLog) -> None:
    """A window has reached its end, and makes its match (L5); or it was closed, and perhaps opened anew."""
    if not row[WINDOW] or row[WINDOW] + spec[LENGTH_US] != due_us:
        return
    if spec[ACTING_US] < NEVER:
        write(log, place, profile, UPDATED if row[FLAGGED] & TAGGED else CREATED, TIME, due_us, NO_EVENT)
        opened_by(log, row[OPENER])
        row[FLAGGED] = with_instant(row[FLAGGED], row[WINDOW]) | TAGGED
    row[WINDOW] = 0
