"""How does a segment go for several customers? For each, events, windows and the tag, below one another.

A customer's rows are drawn from what the engine said of the story; nothing that a picture claims is put in by hand.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from octy.model.tags import ChangeKind
from tests.property.harness import EngineLife
from tests.recorded.pictures.canvas import CHARACTER, LEFT, RIGHT, Canvas
from tests.recorded.stories import Happening, Lived, happenings, lived
from tests.reference.segment import Condition, Event

LANE = 24


class Row(NamedTuple):
    """A customer in a picture: a name, the story, and what to look at."""

    name: str
    story: str
    note: str


class Bar(NamedTuple):
    """A stretch of time that something lasts; one that is `against` keeps the tag off."""

    from_us: int
    until_us: int
    against: bool
    words: str


class Timeline(Canvas):
    """Customers below one another."""

    def drawn(self, rows: Sequence[Row]) -> str:
        """The picture's text."""
        for row in rows:
            self._customer(row)
        return self._ended()

    def _customer(self, row: Row) -> None:
        came, parts = lived(self._definition, row.story, EngineLife), happenings(row.story)
        bars = list(self._bars(came))
        lanes = _lanes(bars)
        property_name = self._definition.profile_property_name
        bars_height, known_height = LANE * len(set(lanes)), 26 if property_name else 0
        height = 132 + bars_height + known_height
        self._heading(row.name, row.note, height)
        events_y = self._y + 70
        bars_y = events_y + 20
        tag_y = bars_y + bars_height + known_height + 6
        for change in came.changes:
            x = self._x(change.recorded_us)
            self._svg.line(x, events_y + 10, x, tag_y, "tag-line thin dashed")
        self._label(events_y + 4, "does")
        self._events(came, parts, events_y)
        if bars:
            self._label(bars_y + 13, "counts" if self._is_past else "window")
        for bar, lane in zip(bars, lanes, strict=True):
            self._bar(bar, bars_y + LANE * lane)
        if property_name:
            self._label(bars_y + bars_height + 15, property_name)
            self._known(parts, property_name, bars_y + bars_height)
        self._label(tag_y + 15, "tag")
        self._tag(came, tag_y)
        self._y += height

    def _events(self, came: Lived, parts: Sequence[Happening], y: float) -> None:
        self._svg.line(LEFT, y, RIGHT, y, "other-line thin")
        chain = latest_chain(self._actions, came.events) if len(self._actions) > 1 else []
        for first, second in pairwise(chain):
            x1, x2 = self._x(first.created_us), self._x(second.created_us)
            low, lowest = y + 7, y + 19
            self._svg.path(f"M{x1:.1f} {low:.1f}Q{(x1 + x2) / 2:.1f} {lowest:.1f} {x2:.1f} {low:.1f}", "action-line")
        for event, part in zip(came.events, [part for part in parts if part.is_event], strict=True):
            self._event(event, part, y)

    # Windows

    def _bars(self, came: Lived) -> Iterator[Bar]:
        if self._is_past:
            return self._reaches(came)
        return self._open_windows(came) if self._inactions else iter(())

    def _open_windows(self, came: Lived) -> Iterator[Bar]:
        """L3 to L6: from an action to its end, or to the inaction that closes it."""
        matched = {change.opener: change.effective_us for change in came.changes if change.opener}
        open_until_us = -1
        for event in sorted(came.events, key=lambda one: (one.created_us, one.seq)):
            due_us = event.created_us + self._definition.window_us
            is_absorbed, is_too_late = event.created_us < open_until_us, due_us <= event.accepted_us
            if not self._actions[0].matches(event) or is_absorbed or is_too_late:
                continue
            open_until_us = due_us
            if event.seq in matched:
                assert matched[event.seq] == due_us, "the engine's window is the picture's"
                yield Bar(event.created_us, due_us, against=False, words="elapsed: a match")
                continue
            closing = [
                one.created_us
                for one in came.events
                if self._inactions[0].matches(one) and event.created_us <= one.created_us < due_us
            ]
            assert closing, "what is no match was closed"
            open_until_us = min(closing)
            yield Bar(event.created_us, open_until_us, against=True, words="closed")

    def _reaches(self, came: Lived) -> Iterator[Bar]:
        """P1: how long an event stays in the window: those that can begin a match, and the inactions."""
        for event in came.events:
            until_us = event.created_us + self._definition.window_us
            against = any(step.matches(event) for step in self._inactions)
            if against or self._actions[0].matches(event):
                yield Bar(event.created_us, until_us, against, event.event_type)

    def _bar(self, bar: Bar, y: float) -> None:
        x1, x2 = self._x(bar.from_us), self._x(bar.until_us)
        edge = "inaction-line thick" if bar.against else "action-line thick"
        self._svg.rect(x1, y, max(x2 - x1, 2), 18, "bar" if bar.against else "reach", 4)
        self._svg.line(x1, y + 2, x1, y + 16, edge)
        if bar.until_us <= self._until_us:
            self._svg.line(x2, y + 2, x2, y + 16, edge)
        if x2 - x1 > len(bar.words) * CHARACTER + 14:
            self._svg.text(x1 + 9, y + 13, bar.words, "ink small")

    def _known(self, parts: Sequence[Happening], name: str, y: float) -> None:
        """The profile's property, as it was known at each instant."""
        learnt = [(part.at_us, str(part.properties.get(name, ""))) for part in parts if part.what == "knows"]
        for (from_us, words), (until_us, _) in pairwise([*learnt, (self._until_us, "")]):
            x1, x2 = self._x(from_us), self._x(until_us)
            is_wanted = words == self._definition.profile_property_value
            self._svg.rect(x1 + 1, y + 2, x2 - x1 - 2, 18, "band" if is_wanted else "grid", 4)
            self._svg.text(x1 + 9, y + 15, words, ("violet strong" if is_wanted else "muted") + " small")

    # The tag

    def _tag(self, came: Lived, y: float) -> None:
        self._svg.line(LEFT, y + 11, RIGHT, y + 11, "grid-line thick")
        since_us: int | None = None
        for change in came.changes:
            if change.kind is ChangeKind.CREATED:
                since_us = change.recorded_us
            elif change.kind is ChangeKind.REMOVED and since_us is not None:
                until = self._day(change.recorded_us) if self._is_past else self._instant(change.recorded_us)
                self._tag_bar(since_us, change.recorded_us, f"{self._instant(since_us)} to {until}", y)
                since_us = None
        if since_us is not None:
            self._tag_bar(since_us, self._until_us, f"since {self._instant(since_us)}", y)
        for change in came.changes:
            if not self._is_past and change.kind is not ChangeKind.REMOVED:
                self._envelope(self._x(change.recorded_us) + 9, y + 6)

    def _tag_bar(self, from_us: int, until_us: int, words: str, y: float) -> None:
        """The words stand in it, or where that is too narrow, beside it."""
        x1, x2 = self._x(from_us), self._x(until_us)
        inset = 9 if self._is_past else 29
        needed = len(words) * CHARACTER
        self._svg.rect(x1, y, max(x2 - x1, 3), 22, "tag", 4)
        if x2 - x1 > needed + inset + 6:
            self._svg.text(x1 + inset, y + 15, words, "ontag strong small")
        elif x2 + needed + 8 < RIGHT:
            self._svg.text(x2 + 8, y + 15, words, "tag strong small halo")
        else:
            self._svg.text(x1 - 8, y + 15, words, "tag strong small halo", "end")

    def _envelope(self, x: float, y: float) -> None:
        """A webhook leaves."""
        self._svg.rect(x, y, 14, 10, "ontag", 1.5)
        self._svg.path(
            f"M{x + 1:.1f} {y + 1.5:.1f}L{x + 7:.1f} {y + 6:.1f}L{x + 13:.1f} {y + 1.5:.1f}", "tag-line thin"
        )


def latest_chain(actions: Sequence[Condition], events: Sequence[Event]) -> list[Event]:
    """P5: the match that starts latest; none where there is no match."""
    chain: list[Event] = []
    left = sorted(events, key=lambda one: (one.created_us, one.seq))
    for action in reversed(actions):
        while left and not action.matches(left[-1]):
            left.pop()
        if not left:
            return []
        chain.append(left.pop())
    return chain[::-1]


def _lanes(bars: Sequence[Bar]) -> list[int]:
    """Which line of its row each bar is drawn on: the first that is free."""
    ends: list[int] = []
    lanes = []
    for bar in bars:
        lane = next((number for number, end in enumerate(ends) if end < bar.from_us), len(ends))
        ends[lane : lane + 1] = [bar.until_us]
        lanes.append(lane)
    return lanes
