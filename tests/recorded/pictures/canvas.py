"""What do all pictures of a segment share? A title, time from left to right, and the marks of events."""

from collections.abc import Iterator

from octy.model.instants import US_PER_DAY
from octy.model.segments import SegmentDefinition, SegmentType
from tests.recorded.pictures.svg import Svg
from tests.recorded.stories import Happening
from tests.reference.segment import Event, condition
from tests.unit.engine.shop import OPENING_US, instant, said

WIDTH = 760
LEFT, RIGHT = 118, 716
MARGIN = 24
CHARACTER = 6.4
"""How wide a character of a small label is, more or less."""


class Canvas:
    """A picture of one segment, under way; `_y` is how far down it is drawn."""

    def __init__(
        self, title: str, about: str, definition: SegmentDefinition, span: tuple[str, str], step_us: int
    ) -> None:
        self._definition = definition
        self._is_past = definition.segment_type is SegmentType.PAST
        self._actions = [condition(step) for step in definition.actions]
        self._inactions = [condition(definition.inaction)] if definition.inaction else []
        self._from_us, self._until_us = instant(span[0]), instant(span[1])
        self._step_us = step_us
        self._svg = Svg(WIDTH, title, about)
        self._svg.text(MARGIN, 33, title, "ink title")
        self._svg.text(MARGIN, 53, about, "muted")
        self._y = 72.0

    def _ended(self) -> str:
        """With the axis below all else."""
        self._rule(self._y)
        for at_us, words in self._ticks():
            self._svg.text(self._x(at_us), self._y + 20, words, "muted small", "middle")
        return self._svg.written(self._y + 34)

    def _heading(self, name: str, note: str, height: float) -> None:
        """What a row of the picture is called, above the grid of its height."""
        self._rule(self._y)
        self._svg.text(MARGIN, self._y + 24, name, "ink strong")
        self._svg.text(LEFT, self._y + 24, note, "muted")
        for at_us, _ in self._ticks():
            self._svg.line(self._x(at_us), self._y + 36, self._x(at_us), self._y + height - 10, "grid-line thin")

    def _label(self, y: float, words: str) -> None:
        self._svg.text(MARGIN, y, words, "muted small")

    def _rule(self, y: float) -> None:
        self._svg.line(MARGIN, y, WIDTH - MARGIN, y, "edge-line thin")

    def _event(self, event: Event, part: Happening, y: float) -> None:
        """A mark with its words above; one that came late, with an arrow to when it came in."""
        x, kind, is_late = self._x(event.created_us), self._kind(event), event.created_us < event.accepted_us
        words = " ".join([event.event_type, *(str(value) for value in part.properties.values())])
        self._svg.text(x, y - 12, words, f"{kind if kind != 'other' else 'muted'} small", "middle")
        if is_late:
            self._comes_late(x, self._x(event.accepted_us), y, kind)
        self._mark(x, y, kind, hollow=is_late)

    def _comes_late(self, x: float, arrives: float, y: float, kind: str) -> None:
        svg = self._svg
        svg.path(f"M{x + 9:.1f} {y:.1f}H{arrives - 10:.1f}", f"{kind}-line thick")
        tip = f"M{arrives - 16:.1f} {y - 5:.1f}L{arrives - 9:.1f} {y:.1f}L{arrives - 16:.1f} {y + 5:.1f}"
        svg.path(tip, f"{kind}-line thick")
        svg.text(arrives, y - 12, "comes in", "muted small", "middle")
        self._mark(arrives, y, kind)

    def _mark(self, x: float, y: float, kind: str, *, hollow: bool = False) -> None:
        """A disc for an action, a square for an inaction, a ring for what the segment does not ask about."""
        if kind == "inaction":
            self._svg.rect(x - 6, y - 6, 12, 12, "card inaction-line hollow" if hollow else "inaction", 2)
        elif kind == "action":
            self._svg.circle(x, y, 6.5, "card action-line hollow" if hollow else "action")
        else:
            self._svg.circle(x, y, 5, "card other-line hollow")

    def _kind(self, event: Event) -> str:
        """What the event is to the segment; to a live 1, what contradicts it is as an inaction (G4)."""
        if any(step.matches(event) for step in self._inactions):
            return "inaction"
        if any(step.matches(event) for step in self._actions):
            return "action"
        is_contrary = not self._is_past and any(step.event_type == event.event_type for step in self._actions)
        return "inaction" if is_contrary else "other"

    def _x(self, at_us: int) -> float:
        share = (at_us - self._from_us) / (self._until_us - self._from_us)
        return LEFT + min(max(share, 0), 1) * (RIGHT - LEFT)

    def _ticks(self) -> Iterator[tuple[int, str]]:
        for at_us in range(self._from_us, self._until_us + 1, self._step_us):
            yield at_us, self._instant(at_us)

    def _instant(self, at_us: int) -> str:
        """`12:30`, or the day where days are what matters."""
        return f"day {self._day(at_us)}" if self._is_past else said(at_us)

    def _day(self, at_us: int) -> str:
        return f"{(at_us - OPENING_US) / US_PER_DAY:g}"
