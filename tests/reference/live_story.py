"""When does a live segment match, and what ends its tag? Told from the start each time (L1 to L7, G3, G4)."""

from collections.abc import Callable, Iterable

from octy.model.instants import NEVER
from octy.model.tags import Cause, ChangeKind
from tests.reference.life import Change
from tests.reference.segment import Event, Segment

FRESH_US = 10 * 60 * 1_000_000
"""L2."""


class LiveStory:
    """A live segment's matches and conflicts on one profile, told from the segment's creation on."""

    def __init__(self, segment: Segment, profile: int, recorded: Callable[[int], int]) -> None:
        self._segment = segment
        self._profile = profile
        self._recorded = recorded
        self._changes: list[Change] = []
        self._stored: list[Event] = []
        self._tag_us: int | None = None
        """The latest action that the tag stands for, while it is on the profile."""
        self._open_us: int | None = None
        """The action that opened a window, while the window is open."""
        self._opener: int | None = None
        """That action's seq."""
        self._restored = 0
        """How many restorings have been told of."""
        self._contradicted = False
        """Whether, in a pause, something has spoken against the tag that is still there."""
        self._last_us: int | None = None
        """The action of the last match, whatever became of its tag."""

    def told(self, events: Iterable[Event], now_us: int) -> list[Change]:
        """All changes through now; the events are those that the segment sees, in the order of acceptance."""
        for event in events:
            self._restorings(event.seq)
            self._time_passes(event.accepted_us)  # T7
            if self._segment.conflicts(event):
                self._conflict(event)  # L7: first as the inaction, then as the action
            if self._segment.actions[0].matches(event) and self._segment.acts_on(event):
                self._act(event)
            self._stored.append(event)
        self._restorings(NEVER)
        self._time_passes(now_us)
        return self._changes

    def _restorings(self, before_seq: int) -> None:
        """X1, G4: the restorings before an event; what has contradicted the tag meanwhile takes it off."""
        for pause in self._segment.pauses[self._restored :]:
            if pause.through_seq >= before_seq:
                return
            self._time_passes(pause.restored_us)
            self._restored += 1
            if self._contradicted:
                self._contradicted, self._tag_us = False, None
                self._change(ChangeKind.REMOVED, Cause.RESTORE, pause.restored_us, pause.restored_us, None)

    def _time_passes(self, until_us: int) -> None:
        """L5."""
        if self._open_us is not None and self._open_us + self._segment.window_us <= until_us:
            due_us = self._open_us + self._segment.window_us
            if self._segment.rests_at(due_us):
                self._open_us = None
                return
            self._match(self._open_us, Cause.TIME, due_us, self._recorded(due_us), None, self._opener)
            self._last_us, self._open_us = self._open_us, None

    def _conflict(self, event: Event) -> None:
        """L4, G4: accepted after the action, it is after it (T2) unless its instant is earlier."""
        if self._open_us is not None and event.created_us >= self._open_us:
            self._open_us = None
        if self._tag_us is not None and event.created_us >= self._tag_us:
            if any(pause.after_seq < event.seq <= pause.through_seq for pause in self._segment.pauses):
                self._contradicted = True
            else:
                self._remove(event.created_us, event)

    def _act(self, event: Event) -> None:
        if self._segment.inactions:
            self._open(event)
        elif event.accepted_us - event.created_us <= FRESH_US:  # L2
            self._match(event.created_us, Cause.EVENT, event.created_us, event.accepted_us, event.seq)
            later = self._conflicts_after(self._tag_us or 0)
            if later:
                self._remove(max(later), event)

    def _open(self, event: Event) -> None:
        """L3, L6."""
        window_us = self._segment.window_us
        came_too_late = event.created_us + window_us <= event.accepted_us
        within_last_match = self._last_us is not None and event.created_us < self._last_us + window_us
        if came_too_late or within_last_match or self._conflicts_after(event.created_us):
            return
        if self._open_us is None:
            self._open_us, self._opener = event.created_us, event.seq

    def _conflicts_after(self, action_us: int) -> list[int]:
        """Conflicts stored before the action was, and yet after it (T2)."""
        conflicts = [event.created_us for event in self._stored if self._segment.conflicts(event)]
        return [created_us for created_us in conflicts if created_us > action_us]

    def _match(
        self,
        action_us: int,
        cause: Cause,
        effective_us: int,
        recorded_us: int,
        event: int | None,
        opener: int | None = None,
    ) -> None:
        """G3, H1."""
        kind = ChangeKind.CREATED if self._tag_us is None else ChangeKind.UPDATED
        self._tag_us = max(action_us, self._tag_us or 0)
        self._change(kind, cause, effective_us, recorded_us, event, opener)

    def _remove(self, effective_us: int, event: Event) -> None:
        self._tag_us = None
        self._change(ChangeKind.REMOVED, Cause.EVENT, effective_us, event.accepted_us, event.seq)

    def _change(
        self,
        kind: ChangeKind,
        cause: Cause,
        effective_us: int,
        recorded_us: int,
        event: int | None,
        opener: int | None = None,
    ) -> None:
        self._changes.append(
            Change(self._segment.key, self._profile, kind, cause, effective_us, recorded_us, event, opener)
        )
