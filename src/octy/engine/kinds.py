"""What do events of which kind do to past segments, all of them together? Worked out before any event is looked at.

A kind is an event type with a combination of the wanted texts that its properties may have. Where there would be too
many combinations, some properties are left to be compared event by event.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from octy.engine.batch import Ints, Longs
from octy.engine.kernels.history import ENTRIES_AT_ONCE, MATCHES, NONE, NOW, NOWHERE, Steps
from octy.engine.kernels.layout import ACTIONS, INACTION, LENGTH_US, NEWEST, START, WIDTH
from octy.engine.plan import StepTable
from octy.engine.runs import Wanted
from octy.model.instants import NEVER

KINDS_PER_TYPE_MAX = 256


class Deed(NamedTuple):
    """What an event that fits a step does: it copies a word of the scratch row to another."""

    target: int
    source: int
    since_us: int
    conditions: Mapping[int, int]
    """By slot, the code that must stand there."""
    rank: tuple[int, int, int]
    """Longest window first; of one segment, the last step first."""


NOTHING = Deed(NOWHERE, NONE, NEVER, {}, (0, 0, 0))


def places_of(spec: Longs) -> Ints:
    """int32[segments, words]: where the scratch row has each word of past segments' rows; `NONE` for none."""
    places = np.full((len(spec), int(spec[:, WIDTH].max())), NONE, np.int32)
    between = MATCHES + 2 * len(spec)
    for place, (actions, newest, inaction) in enumerate(spec[:, [ACTIONS, NEWEST, INACTION]].tolist()):
        others = [*range(START, START + actions - 1), *([newest] if newest else [])]
        places[place, others] = range(between, between + len(others))
        between += len(others)
        places[place, START + actions - 1] = MATCHES + place
        if inaction:
            places[place, inaction] = MATCHES + len(spec) + place
    return places


def scratch_for(places: Ints) -> Longs:
    """A scratch row with those places."""
    return np.zeros(max(MATCHES + 2 * len(places), int(places.max()) + 1), np.int64)


def steps_of(tables: Sequence[StepTable], spec: Longs, wanted: Wanted, now_us: int, *, notes_newest: bool) -> Steps:
    """The deeds of past segments with these tables and specifications, by place.

    `now_us` is counted from 1: what has left a window by then never comes back into it. `notes_newest` is for states
    that will see later events.
    """
    places = places_of(spec)
    deeds = _deeds(tables, spec, places, now_us, notes_newest=notes_newest)
    types = max(deeds, default=-1) + 1
    sizes = [len(codes) + 1 for _, codes in wanted]
    base, stride = np.zeros(types, np.int32), np.zeros((types, len(wanted)), np.int32)
    first = [0, 0]  # the kind of all events that nobody asks for
    entries: list[tuple[Deed, Mapping[int, int]]] = []
    for event_type, its_deeds in deeds.items():
        base[event_type] = len(first) - 1
        dimensions = _dimensions(its_deeds, sizes)
        for place, slot in enumerate(dimensions):
            stride[event_type, slot] = int(np.prod([sizes[later] for later in dimensions[place + 1 :]]))
        for those in _by_kind(its_deeds, dimensions, sizes):
            entries += those
            entries += [(NOTHING, {})] * (-len(those) % ENTRIES_AT_ONCE)
            first.append(len(entries))
    left = [list(conditions.items()) for _, conditions in entries]
    flat = [pair for pairs in left for pair in pairs]
    return Steps(
        base=base,
        stride=stride,
        first=np.array(first, np.int32),
        target=np.array([deed.target for deed, _ in entries], np.uint32),
        source=np.array([deed.source for deed, _ in entries], np.uint32),
        since_us=np.array([deed.since_us for deed, _ in entries], np.int64),
        condition=np.cumsum([0, *map(len, left)], dtype=np.int32),
        slot=np.array([slot for slot, _ in flat], np.int32),
        code=np.array([code for _, code in flat], np.int32),
    )


def _deeds(
    tables: Sequence[StepTable], spec: Longs, places: Ints, now_us: int, *, notes_newest: bool
) -> dict[int, list[Deed]]:
    """By event type, in the order in which they are done."""
    found: dict[int, list[Deed]] = {}
    for place, table in enumerate(tables):
        actions, inaction, newest, length_us = spec[place, [ACTIONS, INACTION, NEWEST, LENGTH_US]].tolist()
        word = places[place].tolist()
        for step, event_type in enumerate(table.event_type.tolist()):
            those = range(table.first[step], table.first[step + 1])
            conditions = {int(table.slot[i]): int(table.code[i]) for i in those}
            if step < actions:
                copies = [(word[START + step], word[START + step - 1] if step else NOW)]
                if notes_newest and newest:
                    copies.append((word[newest], NOW))
            else:
                copies = [(word[inaction], NOW)]
            found.setdefault(event_type, []).extend(
                Deed(target, source, now_us - length_us, conditions, (-length_us, place, -step))
                for target, source in copies
            )
    found.pop(-1, None)  # types that do not exist
    return {event_type: sorted(deeds, key=lambda deed: deed.rank) for event_type, deeds in found.items()}


def _dimensions(deeds: Sequence[Deed], sizes: Sequence[int]) -> list[int]:
    """The slots that tell kinds apart: those with the fewest codes, as many as there is room for."""
    chosen: list[int] = []
    kinds = 1
    for slot in sorted({slot for deed in deeds for slot in deed.conditions}, key=lambda slot: sizes[slot]):
        kinds *= sizes[slot]
        if kinds <= KINDS_PER_TYPE_MAX:
            chosen.append(slot)
    return chosen


def _by_kind(
    deeds: Sequence[Deed], dimensions: Sequence[int], sizes: Sequence[int]
) -> Iterator[list[tuple[Deed, Mapping[int, int]]]]:
    """What events of each kind do, in the kinds' order; each with the conditions that the kind does not tell."""
    for codes in product(*(range(sizes[slot]) for slot in dimensions)):
        told = dict(zip(dimensions, codes, strict=True))
        yield [
            (deed, {slot: code for slot, code in deed.conditions.items() if slot not in told})
            for deed in deeds
            if all(told.get(slot, code) == code for slot, code in deed.conditions.items())
        ]
