"""An engine's life in which time's changes are made a few at a time, with other things in between and new processes.

What it tells of a step is told once nothing is left of it; until then, whoever is concerned must be up to date.
"""

import random
from collections.abc import Sequence

from tests.property.harness import EngineLife
from tests.reference.life import Change, Occurrence

AT_MOST = 1


class LaggingLife(EngineLife):
    """`EngineLife`, by a caller who never lets the engine make all that is due."""

    def __init__(self, now_us: int, fold_rows: int, *, refolds_early: bool) -> None:
        super().__init__(now_us, fold_rows, refolds_early=refolds_early)
        self._chance = random.Random(fold_rows)

    def accept(self, occurrences: Sequence[Occurrence]) -> list[Change]:
        """Events meet an engine that is behind."""
        if not occurrences:
            return []
        until_us = occurrences[self._chance.randrange(len(occurrences))].accepted_us
        before = [one for one in occurrences if one.accepted_us < until_us]
        after = [one for one in occurrences if one.accepted_us >= until_us]
        changes = super().accept(before) if before else []
        changes += self._go_on(until_us)
        changes += super().accept(after)
        return in_order(changes + self._rest(after[-1].accepted_us))

    def advance(self, until_us: int, noticed_us: int | None = None) -> list[Change]:
        """T6, bit by bit."""
        if noticed_us is not None:
            return super().advance(until_us, noticed_us)
        return in_order(self._rest(until_us))

    def _rest(self, until_us: int) -> list[Change]:
        changes = self._go_on(until_us)
        while self._engine.settled is not None:
            if self._chance.random() < 0.3:
                changes += self._come_back(until_us)
            changes += self._go_on(until_us)
        return changes

    def _come_back(self, until_us: int) -> list[Change]:
        """A new process makes all that is due before it serves."""
        self.restart()
        return self._recorded(self._engine.advance(until_us))

    def _go_on(self, until_us: int) -> list[Change]:
        return self._recorded(self._engine.advance(until_us, at_most=AT_MOST))


def in_order(changes: list[Change]) -> list[Change]:
    """As they would have been told by an engine that does all at once."""
    return sorted(changes, key=lambda change: change.recorded_us)
