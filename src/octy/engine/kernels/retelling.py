"""A profile's tags told again from its first event on: who bore which tag at some instants, since when, how often?

The rows of all segments of one profile (`layout`) lie in scratch memory until its instants are told. A segment's
history is hypothetical: it takes every event, at the time that the caller gives to each. Past segments flip by events
and by time alone exactly as in `past`, live ones by the parts of `live`.
"""

from typing import NamedTuple

import numpy as np

from octy.engine.batch import Ints, Longs
from octy.engine.kernels import live, past
from octy.engine.kernels.columns import EFFECTIVE, KIND, LOG_COLUMNS, ChangeLog, Columns
from octy.engine.kernels.compiled import part
from octy.engine.kernels.layout import ACTING_US, ACTIONS, LENGTH_US, LIVE_ACTION, LIVE_WINDOW, PAST, START, WINDOW
from octy.engine.kernels.layout import KIND as KIND_OF_SEGMENT
from octy.engine.kernels.matching import Index, entries_of, fits
from octy.engine.kernels.timers import Timers
from octy.model.instants import NEVER

LOG_ROWS = 16
WORDS_APART = 16
"""Two lines of a processor's cache: it fetches them in pairs."""
NOT_BORNE = -1
"""How long a tag is held that is not on the profile."""


class Scratch(NamedTuple):
    """What is known of one profile, by segment; instants counted from 1."""

    rows: Longs
    """int64[segments, the widest row]"""
    due_us: Longs
    """When time alone flips a past segment next; `NEVER` where it does not."""
    since_us: Longs
    """Since when the tag is borne; 0 where it is not."""
    entries: Longs
    """How often it was put on."""
    log: ChangeLog
    timers: Timers
    """Live segments want to arm something; here every instant asks for what is due."""


class Told(NamedTuple):
    """The answer: a column for each segment, a row for each profile and instant."""

    held_us: Longs
    """int64[segments, rows]: how long the tag had been borne; `NOT_BORNE` where it was not."""
    entries: Ints
    """int32[segments, rows]"""


def scratch_for(segments: int, width: int) -> Scratch:
    """Room for one profile, for one thread."""
    return Scratch(
        apart(segments * width).reshape(segments, width),
        apart(segments),
        apart(segments),
        apart(segments),
        ChangeLog(apart(LOG_ROWS * LOG_COLUMNS).reshape(LOG_ROWS, LOG_COLUMNS), apart(1)),
        Timers(apart(1), apart(1), apart(2)),
    )


def apart(words: int) -> Longs:
    """Zeros that share no line of the processor's caches with another thread's: sharing made two threads take three
    times as long as one.
    """
    return np.zeros(words + 2 * WORDS_APART, np.int64)[WORDS_APART : WORDS_APART + words]


@part
def forget(scratch: Scratch) -> None:
    """Begins with another profile, or with the same anew."""
    scratch.rows[:] = 0
    scratch.due_us[:] = NEVER
    scratch.since_us[:] = 0
    scratch.entries[:] = 0


@part
def take(spec: Longs, scratch: Scratch, index: Index, columns: Columns, event: int, now_us: int) -> None:
    """The next event in every segment that the index names, as if it were accepted at `now_us`."""
    entry, last = entries_of(index, columns.event_type[event])
    while entry < last:
        place = index.place[entry]
        mask = 0
        while entry < last and index.place[entry] == place:
            if fits(index, entry, columns, event):
                mask |= 1 << index.step[entry]
            entry += 1
        if mask:
            if spec[place, KIND_OF_SEGMENT] == PAST:
                take_past(spec[place], scratch.rows[place], scratch, place, columns.created_us[event], mask)
            else:
                take_live(spec[place], scratch.rows[place], scratch, place, columns, event, now_us, mask)


@part
def take_past(spec: Longs, row: Longs, scratch: Scratch, place: int, created_us: int, mask: int) -> None:
    """An event in T2's order, after what is due by then (T7)."""
    pass_time(spec, row, scratch, place, created_us)
    past.note(spec, row, created_us, mask)
    start_us, inaction_us = row[START + spec[ACTIONS] - 1], past.last_inaction_us(spec, row)
    if past.is_member(start_us, inaction_us, spec[LENGTH_US], created_us) != (scratch.since_us[place] != 0):
        flip(scratch, place, created_us)
    scratch.due_us[place] = past.next_change_us(start_us, inaction_us, spec[LENGTH_US], created_us)


@part
def pass_time(spec: Longs, row: Longs, scratch: Scratch, place: int, until_us: int) -> None:
    """What time alone does to a past segment at or before an instant (P5, T6)."""
    while scratch.due_us[place] <= until_us:
        due_us = scratch.due_us[place]
        flip(scratch, place, due_us)
        start_us, inaction_us = row[START + spec[ACTIONS] - 1], past.last_inaction_us(spec, row)
        scratch.due_us[place] = past.next_change_us(start_us, inaction_us, spec[LENGTH_US], due_us)


@part
def flip(scratch: Scratch, place: int, at_us: int) -> None:
    """A past segment's tag comes or goes."""
    if scratch.since_us[place]:
        scratch.since_us[place] = 0
    else:
        scratch.since_us[place] = at_us
        scratch.entries[place] += 1


@part
def take_live(
    spec: Longs, row: Longs, scratch: Scratch, place: int, columns: Columns, event: int, now_us: int, mask: int
) -> None:
    """An event in the order of acceptance, after the end of a window that is due by then (T7)."""
    log, timers, created_us = scratch.log, scratch.timers, columns.created_us[event]
    log.written[0] = 0
    timers.size[0] = 0
    if spec[KIND_OF_SEGMENT] == LIVE_ACTION:
        live.take_action(spec, row, place, 0, mask, created_us, now_us, spec[ACTING_US], event, log)
    else:
        end_window(spec, row, scratch, place, now_us)
        seq = columns.seq[event]
        live.take_window(spec, row, timers, place, 0, mask, created_us, now_us, spec[ACTING_US], event, seq, log)
    hear(scratch, place)


@part
def end_window(spec: Longs, row: Longs, scratch: Scratch, place: int, until_us: int) -> None:
    """An open window of a live 2 that ends at or before an instant makes its match (L5)."""
    if row[WINDOW] and row[WINDOW] + spec[LENGTH_US] <= until_us:
        live.elapse(spec, row, place, 0, row[WINDOW] + spec[LENGTH_US], scratch.log)


@part
def hear(scratch: Scratch, place: int) -> None:
    """What a live segment has written. A match of a tag that is there already (G3) is no entry."""
    log = scratch.log
    for line in range(log.written[0]):
        kind = log.rows[line, KIND]
        if kind == live.CREATED:
            scratch.since_us[place] = log.rows[line, EFFECTIVE]
            scratch.entries[place] += 1
        elif kind == live.REMOVED:
            scratch.since_us[place] = 0
    log.written[0] = 0


@part
def tell(spec: Longs, scratch: Scratch, places: Longs, at_us: int, told: Told, out: int) -> None:
    """Writes how some segments stand at an instant, by which all that is to be taken has been."""
    for place in places:
        row = scratch.rows[place]
        if spec[place, KIND_OF_SEGMENT] == PAST:
            pass_time(spec[place], row, scratch, place, at_us)
        elif spec[place, KIND_OF_SEGMENT] == LIVE_WINDOW:
            scratch.log.written[0] = 0
            end_window(spec[place], row, scratch, place, at_us)
            hear(scratch, place)
        since_us = scratch.since_us[place]
        told.held_us[place, out] = at_us - since_us if since_us else NOT_BORNE
        told.entries[place, out] = scratch.entries[place]
