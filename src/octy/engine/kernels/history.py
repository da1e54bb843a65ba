"""Stored events through many past segments at once, one profile after another, as backfills need it.

What all segments keep of one profile lies in one scratch row, in the fastest memory, until all events of that profile
have passed by. Taken in order, an event that matches a step does one of two things: it carries the start of the steps
before it on (P2), or it notes its own instant; either way it copies one word of the row to another. Which words those
are is looked up by the event's kind. So a loop without decisions does it, and nothing is compared that was known
before.
"""

from typing import Any, NamedTuple

import numpy as np

from octy.engine.batch import Ints, Longs
from octy.engine.kernels.compiled import kernel, part
from octy.engine.kernels.events import Events, ordered_rows
from octy.engine.kernels.layout import START
from octy.engine.kernels.memory import Segments, lent, row_of

NONE, NOW, NOWHERE, WORDS = range(4)
"""The scratch row: a word that is always 0, one for the event's own instant, one that nobody reads; then each segment's
words, one segment after another."""

ENTRIES_AT_ONCE = 4
"""Entries are done so many at a time, which a kind's are filled up to: a loop that ends after a few rounds, but nobody
knows after how many, costs more than some rounds for nothing."""


class Steps(NamedTuple):
    """What events of each kind do to the scratch row."""

    first: Ints
    """int32[kinds + 1]: kind k has the entries first[k] to first[k + 1], a multiple of `ENTRIES_AT_ONCE`."""
    target: Ints
    """uint32[entries]: the word that is written. Of one segment, from the last step down: an event is used once."""
    source: Ints
    """uint32[entries]: the word that is written there."""
    since_us: Longs
    """int64[entries]: events that are not later have left the window (P1); the longest windows come first."""
    condition: Ints
    """int32[entries + 1]: what the kind does not tell: entry i has the conditions condition[i] to condition[i + 1]."""
    slot: Ints
    """int32[conditions]"""
    code: Ints
    """int32[conditions]: what must stand in the slot."""


@kernel
def fold_into(
    steps: Steps, segments: Segments, words: Ints, events: Events, first: int, end: int, scratch: Longs
) -> None:
    """Folds the events of the profiles `first` to `end` - 1 into the states of past segments, which knew nothing.

    `words` is int32[segments + 1]: where the scratch row has each segment's. Rows of which nothing is known are left
    untouched, so that they take no memory.
    """
    steps = lent(steps)
    segments = lent(segments)
    words = lent(words)
    events = lent(events)
    scratch = lent(scratch)
    next_row = events.bounds[:-1].copy()
    for profile in range(first, end):
        if fold_profile(steps, events, next_row, profile, scratch):
            for place in range(words.size - 1):
                known = np.int64(0)
                for word in range(words[place], words[place + 1]):
                    known |= scratch[word]
                if known:
                    row = row_of(segments, place, profile)
                    for word in range(words[place], words[place + 1]):
                        row[START + word - words[place]] = scratch[word]


@part
def fold_profile(steps: Steps, events: Events, next_row: Longs, profile: int, scratch: Longs) -> bool:
    """Folds one profile's events into the scratch row. False where there are none."""
    count = 0
    before_us = -1
    in_order = True
    for run in range(next_row.size):
        row = next_row[run]
        while row < events.bounds[run + 1] and events.profile[row] == profile:
            if count == 0:
                clear(scratch)
            in_order &= events.created_us[row] >= before_us
            before_us = events.created_us[row]
            take(steps, events, row, scratch)
            count += 1
            row += 1
        next_row[run] = row
    if not in_order:
        clear(scratch)
        for row in ordered_rows(events, next_row, profile, count):
            take(steps, events, row, scratch)
    return count > 0


@part
def clear(scratch: Longs) -> None:
    """Forgets the profile before."""
    for word in range(scratch.size):
        scratch[word] = 0


@part
def take(steps: Steps, events: Events, event: int, scratch: Longs) -> None:
    """The next event of a profile, in T2's order.

    Entries whose windows it has left are skipped where that is cheap: what they would do is not seen by anybody.
    """
    kind = np.uintp(events.kind[event])
    created_us = events.created_us[event] + 1
    scratch[NOW] = created_us
    entry, last = np.uintp(steps.first[kind]), np.uintp(steps.first[kind + np.uintp(1)])
    while entry < last and created_us > steps.since_us[entry]:
        put(steps, entry, events, event, scratch)
        put(steps, entry + np.uintp(1), events, event, scratch)
        put(steps, entry + np.uintp(2), events, event, scratch)
        put(steps, entry + np.uintp(3), events, event, scratch)
        entry += np.uintp(ENTRIES_AT_ONCE)


@part
def put(steps: Steps, entry: np.unsignedinteger[Any], events: Events, event: int, scratch: Longs) -> None:
    """Does what an entry says, if the event has what else it asks for."""
    target = steps.target[entry]
    if steps.slot.size and not fits(steps, entry, events, event):
        target = np.uint32(NOWHERE)
    scratch[target] = scratch[steps.source[entry]]


@part
def fits(steps: Steps, entry: np.unsignedinteger[Any], events: Events, event: int) -> bool:
    """Whether an event of the entry's kind has what else the entry asks for: mostly nothing."""
    for condition in range(steps.condition[entry], steps.condition[entry + 1]):
        if events.codes[steps.slot[condition], event] != steps.code[condition]:
            return False
    return True
