"""How far have profiles come through past segments, all of them at once, at one instant? In bits, for a preview.

Who asks about one instant knows which events are in a window (P1), so an event need not leave behind when it happened,
only that it did. So each step is a bit, of one profile's word or words: 1 once the steps up to it have occurred in
order. An event moves all segments on with a shift and an "and", the shift-and of text search (Baeza-Yates and Gonnet,
1992): what is reached, moved to the next step, is kept where the event fits that step.
"""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from octy.engine.batch import Bools, Ints, Longs
from octy.engine.kernels.compiled import kernel, part
from octy.engine.kernels.events import Events, ordered_rows
from octy.engine.kernels.memory import lent
from octy.model.instants import NEVER

Bits: TypeAlias = NDArray[np.uint64]
BITS_PER_WORD = 64


class Windows(NamedTuple):
    """Which steps' windows is an event in? By its age, which is parted so finely that a part has one end at most."""

    now_us: int
    shift: int
    """Ages of which this many bits are cut off are equal belong to one part; the last part is beyond all windows."""
    ends_us: Longs
    """int64[parts]: the age at which a window ends in each part; `NEVER` where none does."""
    open: Bits
    """uint64[2 * parts, words]: the steps whose windows an event is in before and, in the next row, after that end."""


class Routes(NamedTuple):
    """What moves profiles on. The steps of a segment are neighbours in one word, the first one lowest."""

    windows: Windows
    starting: Bits
    """uint64[words]: the steps that need none before them: first actions, and inactions (P3)."""
    fitting: Bits
    """uint64[kinds, words]: the steps that an event of a kind fits, as far as the kind tells."""
    slot: Ints
    """int32[slots that kinds do not tell]"""
    allowed: Bits
    """uint64[the same, codes, words]: the steps that a code there allows."""


class Goals(NamedTuple):
    """Who is a member (P4)? Whose word, but for bits that do not matter, is the wanted one."""

    word: Ints
    """int32[segments]"""
    matters: Bits
    """uint64[segments]"""
    wanted: Bits
    """uint64[segments]"""


@kernel
def mark_members(
    routes: Routes,
    goals: Goals,
    events: Events,
    first: int,
    end: int,
    reached: Bits,
    newest_us: Longs,
    member: Bools,
) -> None:
    """Who of the profiles `first` to `end` - 1 is a member of which segment, properties aside?

    `member` is bool[segments, profiles]; `reached`, uint64[profiles, words], and `newest_us` are room for at least so
    many profiles.
    """
    routes = lent(routes)
    goals = lent(goals)
    events = lent(events)
    reached = lent(reached)
    newest_us = lent(newest_us)
    member = lent(member)
    follow(routes, events, first, end, reached, newest_us)
    follow_late(routes, events, first, end, reached, newest_us)
    judge(goals, reached[: end - first], member[:, first:end])


@part
def judge(goals: Goals, reached: Bits, member: Bools) -> None:
    """Fills bool[segments, profiles]. A word is copied at first, so that its profiles lie together."""
    words = np.empty(reached.shape[0], np.uint64)
    copied = -1
    for place in range(goals.word.size):
        if goals.word[place] != copied:
            copied = goals.word[place]
            words[:] = reached[:, copied]
        matters, wanted = goals.matters[place], goals.wanted[place]
        for profile in range(words.size):
            member[place, profile] = (words[profile] & matters) == wanted


@part
def follow(routes: Routes, events: Events, first: int, end: int, reached: Bits, newest_us: Longs) -> None:
    """Takes all events as they lie. Where one is older than its profile's newest, that becomes `NEVER`."""
    reached[: end - first] = 0
    newest_us[: end - first] = 0
    for event in range(events.profile.size):
        at = np.uintp(events.profile[event] - first)
        created_us = events.created_us[event]
        newest_us[at] = created_us if created_us >= newest_us[at] else NEVER
        advance(routes, events, event, reached, at)


@part
def follow_late(routes: Routes, events: Events, first: int, end: int, reached: Bits, newest_us: Longs) -> None:
    """Takes the events of those profiles again, in T2's order."""
    next_row = events.bounds[:-1].copy()
    for profile in range(first, end):
        if newest_us[profile - first] == NEVER:
            count = 0
            for run in range(next_row.size):
                row = next_row[run]
                while row < events.bounds[run + 1] and events.profile[row] <= profile:
                    count += events.profile[row] == profile
                    row += 1
                next_row[run] = row
            reached[profile - first] = 0
            for event in ordered_rows(events, next_row, profile, count):
                advance(routes, events, event, reached, np.uintp(profile - first))


@part
def advance(routes: Routes, events: Events, event: int, reached: Bits, at: np.unsignedinteger[Any]) -> None:
    """The next event of a profile."""
    windows = routes.windows
    kind = np.uintp(events.kind[event])
    age_us = max(windows.now_us - events.created_us[event], 0)
    span = np.uintp(min(age_us >> windows.shift, windows.ends_us.size - 1))
    span_side = np.uintp(2) * span + np.uintp(age_us >= windows.ends_us[span])
    for word in range(routes.starting.size):
        fitting = routes.fitting[kind, word] & windows.open[span_side, word]
        for left in range(routes.slot.size):
            code = np.uintp(events.codes[routes.slot[left], event])
            fitting &= routes.allowed[left, code, word]
        before = reached[at, word]
        reached[at, word] = before | ((before << np.uint64(1) | routes.starting[word]) & fitting)
