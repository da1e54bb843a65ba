"""Past segments: O(1) per event, and exact (P1 to P5, P7).

For actions a1..an, `start[i]` is the latest possible start of a match of the prefix a1..ai; with the latest inaction it
says, for every instant until the next event, whether the profile is a member. Only an event that is older than the
profile's newest needs more, and only in sequences of two or more actions: the pair is then folded anew from the log.
"""

from typing import NamedTuple

import numpy as np

from octy.engine.batch import Bools, Ints, Longs
from octy.engine.kernels.columns import NO_EVENT, ChangeLog, Columns, has_room, match_mask, write
from octy.engine.kernels.compiled import kernel
from octy.engine.kernels.timers import Timers, is_due, pop, push
from octy.engine.plan import StepTable
from octy.model.instants import NEVER, UNSET
from octy.model.tags import Cause, ChangeKind

CREATED = int(ChangeKind.CREATED)
REMOVED = int(ChangeKind.REMOVED)
EVENT = int(Cause.EVENT)
TIME = int(Cause.TIME)

MISSING_HISTORY = -1
"""What `apply` returns where a late event's profile is not in the lookback: the caller's mistake."""


class PastState(NamedTuple):
    """A past segment's knowledge of each profile, by profile key."""

    start_us: Longs
    """int64[profiles, actions]"""
    newest_us: Longs
    """The newest event that matched an action."""
    inaction_us: Longs
    """The latest event that matched the inaction."""
    eligible: Bools
    """Whether the profile property has the wanted value (V3); true where none is wanted."""
    tagged: Bools
    armed_us: Longs
    """The earliest entry among the timers; NEVER where there is none."""


class Lookback(NamedTuple):
    """Stored events of some profiles, for folding them anew: ordered by profile, created_us and seq."""

    profiles: Ints
    """int32[profiles], ascending."""
    first: Longs
    """int64[profiles + 1]: profile i has the events first[i] to first[i + 1]."""
    columns: Columns


@kernel
def is_member(start_us: int, inaction_us: int, window_us: int, now_us: int) -> bool:
    """P5: a match in the window, and no inaction in it."""
    if start_us == UNSET or start_us + window_us <= now_us:
        return False
    return inaction_us == UNSET or inaction_us + window_us <= now_us


@kernel
def next_change_us(start_us: int, inaction_us: int, window_us: int, now_us: int) -> int:
    """The first instant after `now_us` at which time alone flips membership, or NEVER (P5)."""
    if start_us == UNSET or start_us + window_us <= now_us:
        return NEVER  # no match left in the window: only an event can change that
    leaves_us = start_us + window_us
    if inaction_us != UNSET and inaction_us + window_us > now_us:
        clears_us = inaction_us + window_us
        return clears_us if clears_us < leaves_us else NEVER
    return leaves_us


@kernel
def advance_starts(start_us: Longs, created_us: int, mask: int) -> None:
    """One more event at the end of a profile's order. From the last action down, so that it is used once (P2)."""
    for action in range(start_us.size - 1, 0, -1):
        if mask >> action & 1 and start_us[action - 1] != UNSET:
            start_us[action] = start_us[action - 1]
    if mask & 1:
        start_us[0] = created_us


@kernel
def arm(state: PastState, timers: Timers, profile: int, window_us: int, now_us: int) -> None:
    """Sees to it that the pair comes up no later than its next change."""
    start_us = state.start_us[profile, state.start_us.shape[1] - 1]
    due_us = next_change_us(start_us, state.inaction_us[profile], window_us, now_us)
    if due_us < state.armed_us[profile]:
        push(timers, due_us, profile)
        state.armed_us[profile] = due_us


@kernel
def settle(
    state: PastState,
    timers: Timers,
    profile: int,
    window_us: int,
    now_us: int,
    cause: int,
    effective_us: int,
    event: int,
    log: ChangeLog,
) -> None:
    """Makes the tag agree with membership at `now_us` (P4, G2), and arms the next change."""
    start_us = state.start_us[profile, state.start_us.shape[1] - 1]
    member = state.eligible[profile] and is_member(start_us, state.inaction_us[profile], window_us, now_us)
    if member != state.tagged[profile]:
        state.tagged[profile] = member
        write(log, profile, CREATED if member else REMOVED, cause, effective_us, event)
    arm(state, timers, profile, window_us, now_us)


@kernel
def advance(state: PastState, timers: Timers, window_us: int, until_us: int, log: ChangeLog) -> bool:
    """Applies what falls due at or before `until_us`, in order (T6). False where the log filled up before the end."""
    while is_due(timers, until_us):
        if not has_room(log):
            return False
        due_us, profile = pop(timers)
        if due_us == state.armed_us[profile]:
            state.armed_us[profile] = NEVER
            settle(state, timers, profile, window_us, due_us, TIME, due_us, NO_EVENT, log)
    return True


@kernel
def apply(
    first: int,
    table: StepTable,
    columns: Columns,
    state: PastState,
    timers: Timers,
    window_us: int,
    lookback: Lookback,
    log: ChangeLog,
) -> int:
    """Takes the events from `first` on; returns the first not taken (the log is full), or their number."""
    actions = state.start_us.shape[1]
    for event in range(first, columns.profile.size):
        now_us = columns.accepted_us[event]
        if is_due(timers, now_us) and not advance(state, timers, window_us, now_us, log):
            return event
        if not has_room(log):
            return event
        mask = match_mask(table, columns, event)
        if mask == 0:
            continue
        profile = columns.profile[event]
        created_us = columns.created_us[event]
        if mask >> actions & 1 and created_us > state.inaction_us[profile]:
            state.inaction_us[profile] = created_us
        mask &= (1 << actions) - 1
        if mask != 0 and not take_action(state, profile, created_us, mask):
            late_matters = created_us + window_us > now_us
            if late_matters and not fold_again(state, table, columns, event, lookback, now_us - window_us):
                return MISSING_HISTORY
        settle(state, timers, profile, window_us, now_us, EVENT, created_us, event, log)
    return columns.profile.size


@kernel
def take_action(state: PastState, profile: int, created_us: int, mask: int) -> bool:
    """Takes an event that matches the actions in `mask`. False where its order matters and it is not the newest."""
    if state.start_us.shape[1] == 1:
        if created_us > state.start_us[profile, 0]:
            state.start_us[profile, 0] = created_us
        return True
    if created_us < state.newest_us[profile]:
        return False
    state.newest_us[profile] = created_us
    advance_starts(state.start_us[profile], created_us, mask)
    return True


@kernel
def fold_again(
    state: PastState, table: StepTable, columns: Columns, event: int, lookback: Lookback, after_us: int
) -> bool:
    """Folds a profile's order anew: its stored events, then the batch's up to `event`, sorted by created_us (T2).

    Stored events precede the batch's in seq, and a stable sort keeps that. Events at or before `after_us` have left the
    window and cannot start a match in it. False where the profile is not in the lookback.
    """
    profile = columns.profile[event]
    place = np.searchsorted(lookback.profiles, profile)
    if place == lookback.profiles.size or lookback.profiles[place] != profile:
        return False
    first, last = lookback.first[place], lookback.first[place + 1]
    fresh = 0
    other = event
    while other >= 0:
        fresh += 1
        other = columns.previous[other]
    times = np.empty(last - first + fresh, np.int64)
    masks = np.empty(last - first + fresh, np.int64)
    for stored in range(first, last):
        times[stored - first] = lookback.columns.created_us[stored]
        masks[stored - first] = match_mask(table, lookback.columns, stored)
    other = event
    for place in range(times.size - 1, last - first - 1, -1):  # the links lead from the last event to the first
        times[place] = columns.created_us[other]
        masks[place] = match_mask(table, columns, other)
        other = columns.previous[other]
    state.start_us[profile, :] = UNSET
    for place in np.argsort(times, kind="mergesort"):
        if times[place] > after_us:
            advance_starts(state.start_us[profile], times[place], masks[place])
    return True


@kernel
def fold(table: StepTable, columns: Columns, state: PastState, late: Bools) -> None:
    """Takes stored events in seq order without deciding anything; marks the profiles that need `refold`."""
    actions = state.start_us.shape[1]
    for event in range(columns.profile.size):
        mask = match_mask(table, columns, event)
        if mask == 0:
            continue
        profile = columns.profile[event]
        created_us = columns.created_us[event]
        if mask >> actions & 1 and created_us > state.inaction_us[profile]:
            state.inaction_us[profile] = created_us
        mask &= (1 << actions) - 1
        if mask != 0 and not take_action(state, profile, created_us, mask):
            late[profile] = True


@kernel
def refold(table: StepTable, lookback: Lookback, state: PastState) -> None:
    """Folds the lookback's profiles anew from their stored events."""
    action_bits = (1 << state.start_us.shape[1]) - 1
    for place in range(lookback.profiles.size):
        start_us = state.start_us[lookback.profiles[place]]
        start_us[:] = UNSET
        for event in range(lookback.first[place], lookback.first[place + 1]):
            mask = match_mask(table, lookback.columns, event) & action_bits
            if mask != 0:
                advance_starts(start_us, lookback.columns.created_us[event], mask)


@kernel
def settle_all(
    first: int,
    profiles: int,
    state: PastState,
    timers: Timers,
    window_us: int,
    now_us: int,
    cause: int,
    log: ChangeLog,
) -> int:
    """Settles the profiles from `first` on; returns the first not settled (the log is full), or their number."""
    for profile in range(first, profiles):
        if not has_room(log):
            return profile
        settle(state, timers, profile, window_us, now_us, cause, now_us, NO_EVENT, log)
    return profiles


@kernel
def arm_all(profiles: int, state: PastState, timers: Timers, window_us: int, now_us: int) -> None:
    """Arms every profile's next change after `now_us`."""
    for profile in range(profiles):
        arm(state, timers, profile, window_us, now_us)
