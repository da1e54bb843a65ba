"""Which events match which steps (V1, V2), turned into small integers so that kernels can tell.

A step asks for an event type and for some properties to be equal to some texts. The plan gives each event type that
anybody names a code; for each property that a step of that type asks for, a slot; and for each text it asks for there,
a code from 1. An event then becomes its type's code and, by slot, the codes of its texts, 0 standing for every text
that no step asks for.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from octy.engine.batch import EventBatch, Ints
from octy.model.segments import SegmentDefinition, SegmentType, Step
from octy.model.values import canonical


class StepTable(NamedTuple):
    """A definition's steps as the kernels read them. A step's bit in a match mask is its index here."""

    event_type: Ints
    """int32[steps]"""
    first: Ints
    """int32[steps + 1]: step i has the conditions first[i] to first[i + 1]."""
    slot: Ints
    """int32[conditions]"""
    code: Ints
    """int32[conditions]: what must stand in the slot."""

    def steps(self) -> list[tuple[int, dict[int, int]]]:
        """Of each step, the event type and, by slot, the code that must stand there."""
        conditions = list(zip(self.slot.tolist(), self.code.tolist(), strict=True))
        return [
            (event_type, dict(conditions[first:end]))
            for event_type, (first, end) in zip(self.event_type.tolist(), pairwise(self.first.tolist()), strict=True)
        ]


def step_table(
    definition: SegmentDefinition,
    type_code: Callable[[str], int],
    conditions_of: Callable[[Step], list[tuple[int, int]]],
) -> StepTable:
    """The steps in order, so actions first and the inaction after them (D5).

    A live 1 with properties gets a second step, any event of the action's type: one that matches it alone conflicts
    (G4).
    """
    steps = list(definition.event_sequence)
    if definition.segment_type is SegmentType.LIVE and definition.sub_type == 1 and steps[0].conditions():
        steps.append(Step(steps[0].event_type, None, is_inaction=True, exp_timeframe_minutes=0))
    conditions = [conditions_of(step) for step in steps]
    flat = [pair for pairs in conditions for pair in pairs]
    return StepTable(
        np.array([type_code(step.event_type) for step in steps], np.int32),
        np.cumsum([0, *map(len, conditions)], dtype=np.int32),
        np.array([slot for slot, _ in flat], np.int32),
        np.array([code for _, code in flat], np.int32),
    )


class Watch:
    """What steps ask of properties: of one event type's, or of all."""

    def __init__(self) -> None:
        self.slots: dict[str, int] = {}
        self.codes: list[dict[str, int]] = []

    def condition(self, key: str, text: str) -> tuple[int, int]:
        """The slot and code of "`key` equals `text`"."""
        slot = self.slots.setdefault(key, len(self.slots))
        if slot == len(self.codes):
            self.codes.append({})
        code = self.codes[slot].setdefault(text, len(self.codes[slot]) + 1)
        return slot, code


class Plan:
    """Everything that some definitions ask of their account's events. It only ever grows."""

    def __init__(self, type_codes: Mapping[str, int] | None = None) -> None:
        self._type_codes = dict(type_codes or {})
        self._watches: dict[int, Watch] = {}

    def private(self) -> "Plan":
        """A plan with the same event type codes that asks for nothing yet, for another thread's use beside this one."""
        return Plan(self._type_codes)

    def type_code(self, name: str) -> int:
        """The code of an event type, whether it exists or not: a definition may be ahead of it (D9)."""
        return self._type_codes.setdefault(name, len(self._type_codes))

    def watched_types(self) -> set[int]:
        """Codes of the event types whose properties some step asks for."""
        return set(self._watches)

    def compile(self, definition: SegmentDefinition) -> StepTable:
        """The steps of a definition in this plan's codes."""
        return step_table(definition, self.type_code, self._conditions)

    def encode(self, batch: EventBatch) -> Ints:
        """int32[events, slots]: the codes of each event's texts."""
        slots_max = max((len(watch.slots) for watch in self._watches.values()), default=0)
        codes = np.zeros((len(batch.profile), slots_max), np.int32)
        if slots_max:
            self._fill(codes, batch.event_type, batch.properties)
        return codes

    def _conditions(self, step: Step) -> list[tuple[int, int]]:
        pairs = step.conditions()
        if not pairs:
            return []
        watch = self._watches.setdefault(self.type_code(step.event_type), Watch())
        return [watch.condition(key, text) for key, text in pairs]

    def _fill(self, codes: Ints, types: Ints, properties: Sequence[Mapping[str, Any] | None]) -> None:
        """Only texts that some step asks for are written, all at once: an assignment for each would cost the most."""
        is_watched = np.zeros(int(types.max(initial=-1)) + 1, np.bool_)
        is_watched[[code for code in self._watches if code < len(is_watched)]] = True
        found: list[tuple[int, int, int]] = []
        rows = np.flatnonzero(is_watched[types])
        for row, code in zip(rows.tolist(), types[rows].tolist(), strict=True):
            given = properties[row]
            if given:
                watch = self._watches[code]
                for key, slot in watch.slots.items():
                    value = given.get(key)
                    text = value if type(value) is str else canonical(value)
                    if text in watch.codes[slot]:
                        found.append((row, slot, watch.codes[slot][text]))
        if found:
            where = np.array(found, np.int32)
            codes[where[:, 0], where[:, 1]] = where[:, 2]
