"""Which kinds of events are there, and what do events of each have that somebody asks for?

Worked out before any event is looked at (`kernels.kinds`). Where there would be too many combinations of texts, some
properties are left to be compared event by event.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple, Protocol, TypeVar

import numpy as np

from octy.engine.kernels.kinds import NO_KIND, Kinds
from octy.engine.runs import Wanted

KINDS_PER_TYPE_MAX = 256

Conditions = Mapping[int, int]
"""By slot, the code that must stand there."""


class Asker(Protocol):
    """Whatever asks for events of a type."""

    @property
    def conditions(self) -> Conditions:
        """What else it asks of them."""


A = TypeVar("A", bound=Asker)


class Numbering(NamedTuple):
    """How kinds are numbered, and which slots tell those of each event type apart."""

    kinds: Kinds
    slots_by_type: Mapping[int, Sequence[int]]

    def left(self, event_type: int, conditions: Conditions) -> dict[int, int]:
        """Those conditions that an event's kind does not answer."""
        told = self.slots_by_type[event_type]
        return {slot: code for slot, code in conditions.items() if slot not in told}


def numbering_of(askers: Mapping[int, Sequence[Asker]], wanted: Wanted) -> Numbering:
    """The kinds that some askers, by event type, tell apart: of each type, those of `by_kind`."""
    sizes = [len(codes) + 1 for _, codes in wanted]
    others = max(askers, default=-1) + 1
    kinds = Kinds(np.full(others + 1, NO_KIND, np.int32), np.zeros((len(wanted), others + 1), np.int32))
    slots_by_type = {event_type: _telling(its, sizes) for event_type, its in askers.items()}
    kind = NO_KIND + 1
    for event_type, slots in slots_by_type.items():
        kinds.base[event_type] = kind
        for place, slot in enumerate(slots):
            kinds.stride[slot, event_type] = int(np.prod([sizes[later] for later in slots[place + 1 :]]))
        kind += int(np.prod([sizes[slot] for slot in slots]))
    return Numbering(kinds, slots_by_type)


def by_kind(askers: Mapping[int, Sequence[A]], numbering: Numbering, wanted: Wanted) -> list[tuple[int, list[A]]]:
    """The event type of each kind, and who of its askers get events of the kind, as far as the kind tells."""
    found: list[tuple[int, list[A]]] = [(-1, [])]
    for event_type, slots in numbering.slots_by_type.items():
        for codes in product(*(range(len(wanted[slot][1]) + 1) for slot in slots)):
            told = dict(zip(slots, codes, strict=True))
            fitting = [
                asker
                for asker in askers[event_type]
                if all(told.get(slot, code) == code for slot, code in asker.conditions.items())
            ]
            found.append((event_type, fitting))
    return found


def _telling(askers: Sequence[Asker], sizes: Sequence[int]) -> list[int]:
    """The slots that tell kinds apart: those with the fewest codes, as many as there is room for."""
    chosen: list[int] = []
    kinds = 1
    for slot in sorted({slot for asker in askers for slot in asker.conditions}, key=lambda slot: sizes[slot]):
        if kinds * sizes[slot] <= KINDS_PER_TYPE_MAX:
            kinds *= sizes[slot]
            chosen.append(slot)
    return chosen
