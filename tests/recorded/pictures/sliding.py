"""How does a window slide? The same customer at several instants, and what is in the window at each."""

from collections.abc import Sequence

from tests.property.harness import EngineLife
from tests.recorded.pictures.canvas import LEFT, RIGHT, Canvas
from tests.recorded.stories import happenings, lived
from tests.unit.engine.shop import instant, said


class Sliding(Canvas):
    """One story, looked at again and again."""

    def drawn(self, story: str, looks: Sequence[tuple[str, str]]) -> str:
        """The picture's text; a look is an instant, and what to see."""
        for at, note in looks:
            self._look(story, instant(at), note)
        return self._ended()

    def _look(self, story: str, now_us: int, note: str) -> None:
        height = 108.0
        known = [part for part in happenings(story) if part.at_us <= now_us]
        so_far = story.split("; ")[: len(known)]
        came = lived(self._definition, "; ".join([*so_far, f"{said(now_us)} ."]), EngineLife)
        is_member = came.tag_us is not None
        self._heading(self._instant(now_us), note, height)
        y = self._y + 76
        x1, x2 = self._x(now_us - self._definition.window_us), self._x(now_us)
        self._svg.rect(x1, y - 30, x2 - x1, 44, "reach", 5)
        self._svg.line(LEFT, y, RIGHT, y, "other-line thin")
        self._svg.line(x2, y - 8, x2, y + 16, "ink-line thick")
        for event, part in zip(came.events, known, strict=True):
            self._event(event, part, y)
        words = "a member" if is_member else "not a member"
        self._svg.rect(x2 + 14, y - 11, 96, 22, "tag" if is_member else "grid", 11)
        self._svg.text(x2 + 62, y + 4, words, ("ontag strong" if is_member else "muted") + " small", "middle")
        self._y += height
