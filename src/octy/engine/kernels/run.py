"""The loops: a batch through all segments, time through all timers, one segment through all profiles.

Those that fill the log, the timers or the trails return how far they came. Where that is not the end, there was no
room: the caller makes some, and calls again from there.
"""

import numpy as np

from octy.engine.batch import Bools, Longs
from octy.engine.kernels import live, past
from octy.engine.kernels.columns import NO_EVENT, ChangeLog, Columns, has_room
from octy.engine.kernels.compiled import kernel, part
from octy.engine.kernels.layout import (
    ACTING_US,
    ACTIONS,
    ARMED,
    FLAGGED,
    KIND,
    LENGTH_US,
    LIVE_ACTION,
    LIVE_WINDOW,
    PAST,
    START,
    WINDOW,
    instant_in,
)
from octy.engine.kernels.matching import Index, entries_of, fits, match_mask
from octy.engine.kernels.memory import Segments, lent, row_of
from octy.engine.kernels.past import Lookback
from octy.engine.kernels.rests import Rests, acting_at, is_at_rest
from octy.engine.kernels.timers import Timers, can_take, is_due, pop
from octy.engine.kernels.trail import Trails, can_enter, enter
from octy.model.instants import NEVER

MISSING_HISTORY = -1
"""What `apply` returns where a late event's profile has no trail: the caller's mistake."""

CATCHING_UP = 2
"""How many timers a pair takes at most while it is caught up with: one for each change."""


@kernel
def apply(
    first: int,
    index: Index,
    segments: Segments,
    windows: Timers,
    timers: Timers,
    columns: Columns,
    trails: Trails,
    log: ChangeLog,
    pairs: int,
    behind: bool,
) -> int:
    """Takes the events from `first` on in every segment, each after everything that is due by then (T7).

    `windows` are the timers of live segments, `timers` those of past ones. Where these are `behind`, they stay so, and
    only what is due for the event's own profile comes first.
    """
    index = lent(index)
    segments = lent(segments)
    windows = lent(windows)
    timers = lent(timers)
    columns = lent(columns)
    trails = lent(trails)
    log = lent(log)
    for event in range(first, columns.profile.size):
        now_us = columns.accepted_us[event]
        if is_due(windows, now_us):
            advance(segments, windows, now_us, NEVER, log)
        if is_due(timers, now_us) and not behind:
            advance(segments, timers, now_us, NEVER, log)
        if is_due(windows, now_us) or (is_due(timers, now_us) and not behind):
            return event
        if behind:
            if not (has_room(log, pairs) and can_take(timers, CATCHING_UP * pairs)):
                return event
            catch_up(segments, timers, columns.profile[event], now_us, log)
        if not (has_room(log, pairs) and can_take(windows, pairs) and can_take(timers, pairs) and can_enter(trails)):
            return event
        spot = enter(trails, columns, event)
        entry, last = entries_of(index, columns.event_type[event])
        while entry < last:
            place = index.place[entry]
            mask = 0
            while entry < last and index.place[entry] == place:
                if fits(index, entry, columns, event):
                    mask |= 1 << index.step[entry]
                entry += 1
            if mask and not take(place, mask, segments, windows, timers, columns, event, trails, spot, log):
                return MISSING_HISTORY
    return columns.profile.size


@part
def take(
    place: int,
    mask: int,
    segments: Segments,
    windows: Timers,
    timers: Timers,
    columns: Columns,
    event: int,
    trails: Trails,
    spot: int,
    log: ChangeLog,
) -> bool:
    """One segment takes an event; `spot` is its row in its profile's trail. False where that is missing."""
    spec = segments.spec[place]
    profile = columns.profile[event]
    row = row_of(segments, place, profile)
    if spec[KIND] == PAST:
        return past.take(spec, row, timers, place, mask, columns, event, trails, spot, log)
    created_us, now_us = columns.created_us[event], columns.accepted_us[event]
    if spec[KIND] == LIVE_ACTION:
        live.take_action(spec, row, place, profile, mask, created_us, now_us, spec[ACTING_US], event, log)
    else:
        seq = columns.seq[event]
        live.take_window(spec, row, windows, place, profile, mask, created_us, now_us, spec[ACTING_US], event, seq, log)
    return True


@kernel
def advance(segments: Segments, timers: Timers, until_us: int, at_most: int, log: ChangeLog) -> int:
    """Applies what is due at or before `until_us`, in order (T6): how many timers, fewer where the log is full."""
    segments = lent(segments)
    timers = lent(timers)
    log = lent(log)
    count = 0
    while count < at_most and is_due(timers, until_us) and has_room(log, 1):
        due_us, place, profile = pop(timers)
        spec = segments.spec[place]
        row = row_of(segments, place, profile)
        if spec[KIND] == PAST:
            past.elapse(spec, row, timers, place, profile, due_us, log)
        elif spec[KIND] == LIVE_WINDOW:
            live.come_up(spec, row, timers, place, profile, due_us, log)
        count += 1
    return count


@kernel
def catch_up_all(
    first: int, profiles: Longs, segments: Segments, timers: Timers, until_us: int, log: ChangeLog, pairs: int
) -> int:
    """Applies to some profiles, from the one at `first` on, what is due in past segments at or before `until_us`."""
    profiles = lent(profiles)
    segments = lent(segments)
    timers = lent(timers)
    log = lent(log)
    for place in range(first, profiles.size):
        if not (has_room(log, pairs) and can_take(timers, CATCHING_UP * pairs)):
            return place
        catch_up(segments, timers, profiles[place], until_us, log)
    return profiles.size


@part
def catch_up(segments: Segments, timers: Timers, profile: int, until_us: int, log: ChangeLog) -> None:
    """Applies to a profile what is due in past segments: in order in each, and none sees another.

    Its entries among the timers stay, and find nothing to do when they come up.
    """
    for place in range(segments.address.size):
        spec = segments.spec[place]
        if spec[KIND] == PAST:
            row = row_of(segments, place, profile)
            due_us = instant_in(row[FLAGGED])
            while due_us != 0 and due_us <= until_us:
                past.elapse(spec, row, timers, place, profile, due_us, log)
                due_us = instant_in(row[FLAGGED])


@kernel
def settle_all(
    first: int, profiles: int, place: int, segments: Segments, timers: Timers, now_us: int, cause: int, log: ChangeLog
) -> int:
    """Makes a past segment's tags agree with membership at `now_us`, from profile `first` on."""
    segments = lent(segments)
    timers = lent(timers)
    log = lent(log)
    spec = segments.spec[place]
    for profile in range(first, profiles):
        if not (has_room(log, 1) and can_take(timers, 1)):
            return profile
        row = row_of(segments, place, profile)
        past.settle(spec, row, timers, place, profile, now_us, cause, now_us, NO_EVENT, log)
    return profiles


@kernel
def arm_all(first: int, profiles: int, place: int, segments: Segments, timers: Timers, settled_us: Longs) -> int:
    """Arms the next change of a past segment's profiles, from `first` on: after the instant that each is settled by."""
    segments = lent(segments)
    timers = lent(timers)
    settled_us = lent(settled_us)
    spec = segments.spec[place]
    for profile in range(first, profiles):
        if not can_take(timers, 1):
            return profile
        past.arm(spec, row_of(segments, place, profile), timers, place, profile, settled_us[profile])
    return profiles


@kernel
def fold(index: Index, segments: Segments, columns: Columns, late: Bools) -> None:
    """Takes stored events in seq order in the past segment at place 0, deciding nothing; marks who needs `refold`."""
    index = lent(index)
    segments = lent(segments)
    columns = lent(columns)
    late = lent(late)
    spec = segments.spec[0]
    for event in range(columns.profile.size):
        mask = match_mask(index, 0, columns, event)
        if mask:
            profile = columns.profile[event]
            if not past.note(spec, row_of(segments, 0, profile), columns.created_us[event], mask):
                late[profile] = True


@kernel
def refold(index: Index, segments: Segments, lookback: Lookback) -> None:
    """Folds the lookback's profiles anew from their stored events, in the past segment at place 0."""
    index = lent(index)
    segments = lent(segments)
    lookback = lent(lookback)
    actions = segments.spec[0, ACTIONS]
    for found in range(lookback.profiles.size):
        row = row_of(segments, 0, lookback.profiles[found])
        row[START : START + actions] = 0
        for event in range(lookback.first[found], lookback.first[found + 1]):
            mask = match_mask(index, 0, lookback.columns, event) & ((1 << actions) - 1)
            if mask:
                past.advance_starts(row, actions, lookback.columns.created_us[event], mask)


@kernel
def relive(
    index: Index,
    segments: Segments,
    after_seq: Longs,
    rests: Rests,
    columns: Columns,
    order: Longs,
    log: ChangeLog,
) -> None:
    """Takes stored events again in live segments, in an `order` by profile and seq; nothing is recorded.

    A segment at a place sees what was accepted after `after_seq[place]`. What is due by then comes first (T7), though
    only where an event asks: to a profile, nobody else's time matters.
    """
    index = lent(index)
    segments = lent(segments)
    after_seq = lent(after_seq)
    rests = lent(rests)
    columns = lent(columns)
    order = lent(order)
    log = lent(log)
    timers = Timers(np.empty(1, np.int64), np.empty(1, np.int64), np.zeros(2, np.int64))
    for event in order:
        profile, now_us = columns.profile[event], columns.accepted_us[event]
        entry, last = entries_of(index, columns.event_type[event])
        while entry < last:
            place = index.place[entry]
            mask = 0
            while entry < last and index.place[entry] == place:
                if fits(index, entry, columns, event):
                    mask |= 1 << index.step[entry]
                entry += 1
            if mask == 0 or columns.seq[event] <= after_seq[place]:
                continue
            spec = segments.spec[place]
            row = row_of(segments, place, profile)
            created_us = columns.created_us[event]
            log.written[0] = 0
            seq = columns.seq[event]
            acting_us = acting_at(rests, place, seq, spec[ACTING_US])
            if spec[KIND] == LIVE_ACTION:
                live.take_action(spec, row, place, profile, mask, created_us, now_us, acting_us, event, log)
            else:
                due_us = row[WINDOW] + spec[LENGTH_US]
                if row[WINDOW] and due_us <= now_us:
                    if is_at_rest(rests, place, due_us):
                        row[WINDOW] = 0
                    else:
                        live.elapse(spec, row, place, profile, due_us, log)
                live.take_window(
                    spec, row, timers, place, profile, mask, created_us, now_us, acting_us, event, seq, log
                )
                timers.size[0] = row[ARMED] = 0  # all windows that are open in the end are armed then
    log.written[0] = 0


@kernel
def arm_windows(first: int, profiles: int, place: int, segments: Segments, timers: Timers) -> int:
    """Puts the ends of a live segment's open windows among the timers, from profile `first` on."""
    segments = lent(segments)
    timers = lent(timers)
    for profile in range(first, profiles):
        if not can_take(timers, 1):
            return profile
        row = row_of(segments, place, profile)
        live.arm(segments.spec[place], row, timers, place, profile)
    return profiles
