"""What do events of each kind do to past segments, all of them together (`kernels.history`)?"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from octy.engine.batch import Ints, Longs
from octy.engine.kernels.history import ENTRIES_AT_ONCE, NONE, NOW, NOWHERE, WORDS, Steps
from octy.engine.kernels.kinds import Kinds
from octy.engine.kernels.layout import ACTIONS, INACTION, LENGTH_US, NEWEST, START, WIDTH
from octy.engine.kinds import Conditions, by_kind, numbering_of
from octy.engine.plan import StepTable
from octy.engine.runs import Wanted
from octy.model.instants import NEVER


class Deed(NamedTuple):
    """What an event that fits a step does: it copies a word of the scratch row to another."""

    target: int
    source: int
    since_us: int
    conditions: Conditions
    rank: tuple[int, int, int]
    """Longest window first; of one segment, the last step first."""


NOTHING = Deed(NOWHERE, NONE, NEVER, {}, (0, 0, 0))


def words_of(spec: Longs) -> Ints:
    """int32[segments + 1]: where the scratch row has the words of each past segment's rows, from `START` on."""
    return np.cumsum([WORDS, *(spec[:, WIDTH] - START)], dtype=np.int32)


def steps_of(tables: Sequence[StepTable], spec: Longs, wanted: Wanted, now_us: int) -> tuple[Kinds, Steps]:
    """The deeds of past segments with these tables and specifications, by place, and the kinds that they tell apart.

    `now_us` is counted from 1: what has left a window by then never comes back into it.
    """
    deeds = _deeds(tables, spec, now_us)
    numbering = numbering_of(deeds, wanted)
    first = [0]
    entries: list[tuple[Deed, Conditions]] = []
    for event_type, those in by_kind(deeds, numbering, wanted):
        entries += [(deed, numbering.left(event_type, deed.conditions)) for deed in those]
        entries += [(NOTHING, {})] * (-len(those) % ENTRIES_AT_ONCE)
        first.append(len(entries))
    left = [list(conditions.items()) for _, conditions in entries]
    flat = [pair for pairs in left for pair in pairs]
    return numbering.kinds, Steps(
        first=np.array(first, np.int32),
        target=np.array([deed.target for deed, _ in entries], np.uint32),
        source=np.array([deed.source for deed, _ in entries], np.uint32),
        since_us=np.array([deed.since_us for deed, _ in entries], np.int64),
        condition=np.cumsum([0, *map(len, left)], dtype=np.int32),
        slot=np.array([slot for slot, _ in flat], np.int32),
        code=np.array([code for _, code in flat], np.int32),
    )


def _deeds(tables: Sequence[StepTable], spec: Longs, now_us: int) -> dict[int, list[Deed]]:
    """By event type, in the order in which they are done."""
    found: dict[int, list[Deed]] = {}
    for place, (table, begin) in enumerate(zip(tables, words_of(spec).tolist(), strict=False)):
        actions, inaction, newest, length_us = spec[place, [ACTIONS, INACTION, NEWEST, LENGTH_US]].tolist()
        word = begin - START
        for step, (event_type, conditions) in enumerate(table.steps()):
            if step < actions:
                copies = [(word + START + step, word + START + step - 1 if step else NOW)]
                copies += [(word + newest, NOW)] if newest else []
            else:
                copies = [(word + inaction, NOW)]
            found.setdefault(event_type, []).extend(
                Deed(target, source, now_us - length_us, conditions, (-length_us, place, -step))
                for target, source in copies
            )
    found.pop(-1, None)  # types that do not exist
    return {event_type: sorted(deeds, key=lambda deed: deed.rank) for event_type, deeds in found.items()}
