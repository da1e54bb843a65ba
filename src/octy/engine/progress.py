"""The steps of past segments as bits, and who is a member by them (`kernels.progress`), for one instant."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from octy.engine.batch import Ints, Longs
from octy.engine.kernels.kinds import Kinds
from octy.engine.kernels.layout import ACTIONS, INACTION, LENGTH_US
from octy.engine.kernels.progress import BITS_PER_WORD, Bits, Goals, Routes, Windows
from octy.engine.kinds import Conditions, Numbering, by_kind, numbering_of
from octy.engine.plan import StepTable
from octy.engine.runs import Wanted
from octy.model.instants import NEVER


class StepBit(NamedTuple):
    """A step of a segment, and where its bit is."""

    place: int
    step: int
    event_type: int
    conditions: Conditions
    word: int
    bit: int


def routes_of(tables: Sequence[StepTable], spec: Longs, wanted: Wanted, now_us: int) -> tuple[Kinds, Routes, Goals]:
    """What moves profiles through past segments with these tables and specifications, and the kinds that it takes."""
    steps = list(_bits(tables))
    words = steps[-1].word + 1
    by_type: dict[int, list[StepBit]] = {}
    for step in steps:
        if step.event_type != -1:  # a type that does not exist
            by_type.setdefault(step.event_type, []).append(step)
    numbering = numbering_of(by_type, wanted)
    slot, allowed = _left(by_type, numbering, wanted, words)
    routes = Routes(
        _windows(steps, spec[:, LENGTH_US], words, now_us),
        starting=_row(words, (one for one in steps if one.step in {0, spec[one.place, ACTIONS]})),
        fitting=np.stack([_row(words, those) for _, those in by_kind(by_type, numbering, wanted)]),
        slot=slot,
        allowed=allowed,
    )
    return numbering.kinds, routes, _goals(steps, spec)


def _bits(tables: Sequence[StepTable]) -> Iterator[StepBit]:
    word = used = 0
    for place, table in enumerate(tables):
        steps = table.steps()
        if used + len(steps) > BITS_PER_WORD:
            word, used = word + 1, 0
        for step, (event_type, conditions) in enumerate(steps):
            yield StepBit(place, step, event_type, conditions, word, used + step)
        used += len(steps)


def _row(words: int, steps: Iterable[StepBit]) -> Bits:
    """uint64[words] with the bits of those steps."""
    row = [0] * words
    for step in steps:
        row[step.word] |= 1 << step.bit
    return np.array(row, np.uint64)


def _windows(steps: Sequence[StepBit], length_us: Longs, words: int, now_us: int) -> Windows:
    """Parts as long as fits between any two ends, and before the first one. Windows are whole days (D2): the parts are
    some thousands at most.
    """
    ends = np.unique(length_us)
    shift = int(np.diff(ends, prepend=0).min()).bit_length() - 1
    parts = (int(ends[-1]) >> shift) + 2
    ends_us = np.full(parts, NEVER, np.int64)
    ends_us[ends >> shift] = ends
    sides_us = np.stack([np.arange(parts) << shift, ends_us], axis=1).ravel()
    open_after = [_row(words, (one for one in steps if length_us[one.place] > age_us)) for age_us in (0, *ends)]
    return Windows(now_us, shift, ends_us, np.stack(open_after)[np.searchsorted(ends, sides_us, "right")])


def _left(
    by_type: Mapping[int, Sequence[StepBit]], numbering: Numbering, wanted: Wanted, words: int
) -> tuple[Ints, Bits]:
    """The slots that kinds do not tell, and the steps that each code there allows."""
    left = [
        (step, numbering.left(event_type, step.conditions)) for event_type, those in by_type.items() for step in those
    ]
    slots = sorted({slot for _, conditions in left for slot in conditions})
    codes = 1 + max((len(wanted[slot][1]) for slot in slots), default=0)
    allowed = np.full((len(slots), codes, words), ~np.uint64(0), np.uint64)
    for place, slot in enumerate(slots):
        for code in range(codes):
            allowed[place, code] ^= _row(words, (step for step, its in left if its.get(slot, code) != code))
    return np.array(slots, np.int32), allowed


def _goals(steps: Sequence[StepBit], spec: Longs) -> Goals:
    """The last action has been reached, and the inaction, if there is one, has not (P2, P3)."""
    last = [step for step in steps if step.step == spec[step.place, ACTIONS] - 1]
    wanted = [1 << step.bit for step in last]
    matters = [bit | bit << 1 if spec[step.place, INACTION] else bit for bit, step in zip(wanted, last, strict=True)]
    word = [step.word for step in last]
    return Goals(np.array(word, np.int32), np.array(matters, np.uint64), np.array(wanted, np.uint64))
