"""The reference model of an account whose deleted segments leave their tags behind for 72 hours (X1, X2), unless the
deletion is cancelled.
"""

from typing import NamedTuple

from octy.model.instants import NEVER, US_PER_HOUR
from octy.model.tags import Cause, ChangeKind
from tests.reference.life import Change, Pair
from tests.reference.model import Model
from tests.reference.segment import Pause, Segment

STAY_US = 72 * US_PER_HOUR


class Rest(NamedTuple):
    """What a segment was when its deletion was asked for."""

    segment: Segment
    said: dict[Pair, list[Change]]
    requested_us: int
    after_seq: int


class LeavingModel(Model):
    """`Model`, and the tags of segments that are pending deletion."""

    def __init__(self, now_us: int) -> None:
        super().__init__(now_us)
        self._leaving: dict[int, int] = {}
        """When each segment goes."""
        self._left: dict[Pair, int] = {}
        self._rests: dict[int, Rest] = {}
        self._restored: set[int] = set()

    def remove_segment(self, key: int) -> None:
        """X1: the tags stay visible."""
        self._left |= {pair: created_us for pair, created_us in self._tags.items() if pair[0] == key}
        self._leaving[key] = self.now_us + STAY_US
        said = {pair: changes for pair, changes in self._said.items() if pair[0] == key}
        self._rests[key] = Rest(self._segments[key], said, self.now_us, self._accepted)
        super().remove_segment(key)

    def restore_segment(self, key: int) -> list[Change]:
        """The deletion is cancelled: a live segment goes on now, a past one when it is backfilled."""
        rest = self._rests.pop(key)
        del self._leaving[key]
        self._segments[key] = rest.segment
        self._said |= {pair: changes for pair, changes in rest.said.items() if pair[1] in self._data}
        self._tags |= {pair: created_us for pair, created_us in self._left.items() if pair[0] == key}
        self._left = {pair: created_us for pair, created_us in self._left.items() if pair[0] != key}
        if not rest.segment.is_live:
            rest.segment.is_active = False
            self._restored.add(key)
            return []
        rest.segment.pauses.append(Pause(rest.requested_us, rest.after_seq, self.now_us, self._accepted))
        return self._look_at(self._data, [rest.segment], Cause.RESTORE)

    def finish_backfill(self, key: int) -> list[Change]:
        """P6."""
        if key not in self._restored:
            return super().finish_backfill(key)
        self._segments[key].is_active = True
        return self._look_at(self._data, [self._segments[key]], Cause.RESTORE)

    def forget_profile(self, profile: int) -> None:
        """X3."""
        super().forget_profile(profile)
        self._left = {pair: created_us for pair, created_us in self._left.items() if pair[1] != profile}

    def advance(self, until_us: int, noticed_us: int | None = None) -> list[Change]:
        """X2: a segment goes at its due instant, as everything that time brings (T6)."""
        changes = []
        for key, due_us in sorted(self._leaving.items(), key=lambda item: item[1]):
            if due_us <= until_us:
                changes += super().advance(due_us, noticed_us)
                changes += self._take_off(key, due_us, due_us if noticed_us is None else noticed_us)
        return changes + super().advance(until_us, noticed_us)

    def tags(self) -> dict[Pair, int]:
        """Those of pending deletions too."""
        return super().tags() | self._left

    def is_leaving(self, key: int) -> bool:
        """Whether a segment is pending deletion."""
        return key in self._leaving

    def next_due_us(self) -> int:
        """Of a tag or of a segment."""
        return min(super().next_due_us(), *self._leaving.values(), NEVER)

    def moments_ahead(self) -> list[int]:
        """With the ends of deleted segments."""
        return [*super().moments_ahead(), *self._leaving.values()]

    def _take_off(self, key: int, due_us: int, recorded_us: int) -> list[Change]:
        del self._leaving[key], self._rests[key]
        pairs = [pair for pair in self._left if pair[0] == key]
        for pair in pairs:
            del self._left[pair]
        return [Change(*pair, ChangeKind.REMOVED, Cause.DELETION, due_us, recorded_us) for pair in pairs]
