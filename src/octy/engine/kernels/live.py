"""Live segments: an action (live 1), or an action that another event does not follow in time (live 2).

Rules L1 to L7, G3 and G4.
"""

from typing import NamedTuple

from octy.engine.batch import Bools, Longs
from octy.engine.kernels.columns import NO_EVENT, ChangeLog, Columns, has_room, match_mask, write
from octy.engine.kernels.compiled import kernel
from octy.engine.kernels.timers import Timers, is_due, pop, push
from octy.engine.plan import StepTable
from octy.model.instants import UNSET, US_PER_MINUTE
from octy.model.tags import Cause, ChangeKind

CREATED = int(ChangeKind.CREATED)
UPDATED = int(ChangeKind.UPDATED)
REMOVED = int(ChangeKind.REMOVED)
EVENT = int(Cause.EVENT)
TIME = int(Cause.TIME)

FRESH_US = 10 * US_PER_MINUTE
"""L2: how old an event may be when accepted and still make a live 1 match."""


class LiveState(NamedTuple):
    """A live segment's knowledge of each profile, by profile key."""

    action_us: Longs
    """The action of the latest match, kept when the tag has gone; UNSET before the first."""
    opposed_us: Longs
    """The latest event that speaks against a match: a conflict (live 1, G4), the inaction (live 2)."""
    window_us: Longs
    """Live 2: the action that opened the window; UNSET while none is open."""
    tagged: Bools


@kernel
def apply_action(
    first: int, table: StepTable, columns: Columns, state: LiveState, created_us: int, log: ChangeLog
) -> int:
    """Live 1. Takes the events from `first` on; returns the first not taken (the log is full), or their number.

    `created_us` is the segment's creation (L1). Bit 0 of a match mask is the action, bit 1 any event of its type.
    """
    for event in range(first, columns.profile.size):
        if not has_room(log):
            return event
        mask = match_mask(table, columns, event)
        if mask == 0 or columns.created_us[event] < created_us:
            continue
        if mask & 1:
            if columns.accepted_us[event] - columns.created_us[event] <= FRESH_US:
                match_action(state, columns.profile[event], columns.created_us[event], event, log)
        else:
            oppose(state, columns.profile[event], columns.created_us[event], event, log)
    return columns.profile.size


@kernel
def match_action(state: LiveState, profile: int, at_us: int, event: int, log: ChangeLog) -> None:
    """A live 1 match puts the tag on or moves it (G3); it goes again where a later event already conflicts (G4)."""
    write(log, profile, UPDATED if state.tagged[profile] else CREATED, EVENT, at_us, event)
    if not state.tagged[profile] or at_us > state.action_us[profile]:
        state.action_us[profile] = at_us
    state.tagged[profile] = True
    if state.opposed_us[profile] > state.action_us[profile]:
        state.tagged[profile] = False
        write(log, profile, REMOVED, EVENT, state.opposed_us[profile], event)


@kernel
def oppose(state: LiveState, profile: int, at_us: int, event: int, log: ChangeLog) -> None:
    """Takes the tag off where the event comes after the match's action (G4): at the same instant it does (T2)."""
    if at_us > state.opposed_us[profile]:
        state.opposed_us[profile] = at_us
    if state.tagged[profile] and at_us >= state.action_us[profile]:
        state.tagged[profile] = False
        write(log, profile, REMOVED, EVENT, at_us, event)


@kernel
def apply_window(
    first: int,
    table: StepTable,
    columns: Columns,
    state: LiveState,
    timers: Timers,
    length_us: int,
    created_us: int,
    log: ChangeLog,
) -> int:
    """Live 2, with windows of `length_us`. Takes the events from `first` on, as `apply_action` does.

    Bit 0 of a match mask is the action, bit 1 the inaction; an event that is both acts as the inaction first (L7).
    """
    for event in range(first, columns.profile.size):
        now_us = columns.accepted_us[event]
        if is_due(timers, now_us) and not advance(state, timers, length_us, now_us, log):
            return event
        if not has_room(log):
            return event
        mask = match_mask(table, columns, event)
        at_us = columns.created_us[event]
        if mask == 0 or at_us < created_us:
            continue
        profile = columns.profile[event]
        if mask & 2:
            oppose(state, profile, at_us, event, log)
            if state.window_us[profile] != UNSET and at_us >= state.window_us[profile]:
                state.window_us[profile] = UNSET  # L4
        if mask & 1 and opens(state, profile, at_us, length_us, now_us):
            state.window_us[profile] = at_us
            push(timers, at_us + length_us, profile)
    return columns.profile.size


@kernel
def opens(state: LiveState, profile: int, at_us: int, length_us: int, now_us: int) -> bool:
    """Whether an action opens a window (L3, L6)."""
    if at_us + length_us <= now_us or state.window_us[profile] != UNSET:
        return False
    if state.opposed_us[profile] > at_us:
        return False
    last_us = state.action_us[profile]
    return bool(last_us == UNSET or at_us >= last_us + length_us)  # matches never overlap


@kernel
def advance(state: LiveState, timers: Timers, length_us: int, until_us: int, log: ChangeLog) -> bool:
    """Makes the matches of windows that end at or before `until_us`, in order (L5). False where the log filled up."""
    while is_due(timers, until_us):
        if not has_room(log):
            return False
        due_us, profile = pop(timers)
        if state.window_us[profile] == UNSET or state.window_us[profile] + length_us != due_us:
            continue  # closed, or closed and opened anew
        write(log, profile, UPDATED if state.tagged[profile] else CREATED, TIME, due_us, NO_EVENT)
        state.action_us[profile] = state.window_us[profile]
        state.window_us[profile] = UNSET
        state.tagged[profile] = True
    return True
