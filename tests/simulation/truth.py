"""What must be, by all that was acknowledged: the reference model, and the names by which clients speak of things.

It is told of each group of requests once that group is durable, in the group's order, at the group's instant.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from octy.model.accounts import DEFAULT_CAUSES, DEFAULT_EVENTS
from octy.model.instants import FUTURE_TOLERANCE_US, US_PER_DAY
from octy.model.segments import SegmentDefinition, SegmentType
from octy.model.tags import CAUSE_TEXT, Cause, ChangeKind
from tests.property.leaving import LeavingModel
from tests.reference.life import Change, Occurrence

SAID_AGAIN_US_MAX = 5 * US_PER_DAY
"""E8 promises seven days; a clock that is set may take two of them."""
NOBODY = -1
"""In the place of a profile, where a webhook is about a whole segment."""
MATCHED, RETRACTED = "live_segment.matched", "live_segment.retracted"
ENTERED, LEFT = "past_segment.entered", "past_segment.left"
BACKFILLED = "segment.backfilled"
SUBJECTS = {
    (MATCHED, ChangeKind.CREATED): "Live segment tag created",
    (MATCHED, ChangeKind.UPDATED): "Live segment tag updated",
    (RETRACTED, ChangeKind.REMOVED): "Live segment tag removed",
    (ENTERED, ChangeKind.CREATED): "Past segment tag created",
    (LEFT, ChangeKind.REMOVED): "Past segment tag removed",
}


class Notice(Struct, frozen=True):
    """A webhook that must be, as one of those about its profile in its segment."""

    profile: int
    segment: int
    number: int
    subject: str
    event: str
    cause: str
    at_us: int
    retracts: int | None = None
    """The number of the notice that it takes back; None where nothing that was told is."""
    members: int | None = None


class Truth:
    """One account's."""

    def __init__(self, now_us: int) -> None:
        self.model = LeavingModel(now_us)
        self.profiles: dict[str, int] = {}
        """The key of each customer that is there."""
        self.data: dict[str, dict[str, Any]] = {}
        self.segments: dict[int, SegmentDefinition] = {}
        """Those at work, those that backfill among them."""
        self.definitions: dict[int, SegmentDefinition] = {}
        """Of all that ever were."""
        self.names: set[int] = set()
        """Those whose names are taken: pending deletions too."""
        self.backfilling: set[int] = set()
        self.kinds: dict[int, SegmentType] = {}
        """Of all that ever were."""
        self.messages: dict[str, int] = {}
        """The seq of each message id."""
        self.events: dict[int, tuple[int, int]] = {}
        """By seq: whose, and when it happened."""
        self.told: list[Change] = []
        self.webhooks: list[Notice] = []
        """All that must be told, of profiles that are gone too."""
        self._numbers: Counter[tuple[int, int]] = Counter()
        """How many webhooks there are about a profile in a segment."""
        self._standing: dict[tuple[int, int], tuple[int, int | None]] = {}
        """Of a live tag: from when it dates, and the number of the webhook that told of that match, if one did."""
        self._events: tuple[str, ...] = DEFAULT_EVENTS
        self._causes: tuple[str, ...] = DEFAULT_CAUSES
        self.last_seq = 0

    def passes(self, now_us: int) -> None:
        """Everything through this instant has been made."""
        if now_us > self.model.now_us:
            self._tells(self.model.advance(now_us))

    # What requests do, and what they are to be answered

    def gets_customer(self, name: str, data: Mapping[str, Any]) -> bool:
        """Whether it is created (E6)."""
        if name in self.profiles:
            return False
        self.profiles[name] = self.model.add_profile()
        self.data[name] = {}
        return self.learns(name, data)

    def learns(self, name: str, data: Mapping[str, Any]) -> bool:
        """V3, E6."""
        if name not in self.profiles:
            return False
        merged = self.data[name] | dict(data)
        self.data[name] = {key: value for key, value in merged.items() if value is not None}
        self._tells(self.model.change_data(self.profiles[name], self.data[name]))
        return True

    def loses_customer(self, name: str) -> bool:
        """X3."""
        if name not in self.profiles:
            return False
        profile = self.profiles.pop(name)
        self.model.forget_profile(profile)
        self.events = {seq: event for seq, event in self.events.items() if event[0] != profile}
        self.told = [change for change in self.told if change.profile != profile]
        return True

    def gets_segment(self, key: int, definition: SegmentDefinition) -> bool:
        """L1, P6, D1."""
        if key in self.taken():
            return False
        self.segments[key] = self.definitions[key] = definition
        self.names.add(key)
        self.kinds[key] = definition.segment_type
        if definition.segment_type is SegmentType.LIVE:
            self.model.create_live(key, definition)
        else:
            self.backfilling.add(key)
            self.model.begin_backfill(key, definition)
        return True

    def ends_backfill(self, key: int) -> None:
        """P6."""
        self.backfilling.remove(key)
        self._tells(self.model.finish_backfill(key))
        if BACKFILLED in self._events:
            members = sum(segment == key for segment, _ in self.model.tags())
            cause, at_us = CAUSE_TEXT[Cause.BACKFILL], self.model.now_us
            self._notes(NOBODY, key, "Segment backfill completed", BACKFILLED, cause, at_us, members=members)

    def chooses(self, events: tuple[str, ...], causes: tuple[str, ...]) -> None:
        """What is told from now on."""
        self._events, self._causes = events, causes

    def loses_segment(self, key: int) -> bool:
        """X1. Again, until it is gone, is no mistake."""
        if key not in self.taken():
            return False
        if key in self.segments:
            del self.segments[key]
            self.backfilling.discard(key)
            self.model.remove_segment(key)
        return True

    def restores_segment(self, key: int) -> bool:
        """X1: its deletion is cancelled, if it is there."""
        if key not in self.taken():
            return False
        if key not in self.segments:
            self.segments[key] = self.definitions[key]
            if self.kinds[key] is SegmentType.PAST:
                self.backfilling.add(key)
            self._tells(self.model.restore_segment(key))
        return True

    def taken(self) -> set[int]:
        """The segments that there are, those that are pending deletion among them (X2)."""
        self.names = {key for key in self.names if key in self.segments or self.model.is_leaving(key)}
        return self.names

    def accepts(
        self, name: str, event_type: str, properties: Mapping[str, Any] | None, said_us: int | None, message_id: str
    ) -> tuple[int, bool] | None:
        """The event's seq, and whether it is an earlier one's; None where it is refused (E2, E8, T4)."""
        now_us = self.model.now_us
        if name not in self.profiles or (said_us is not None and said_us > now_us + FUTURE_TOLERANCE_US):
            return None
        if message_id in self.messages:
            return self.messages[message_id], True
        self.last_seq += 1
        created_us = now_us if said_us is None else min(said_us, now_us)
        self.messages[message_id] = self.last_seq
        self.events[self.last_seq] = self.profiles[name], created_us
        occurrence = Occurrence(self.profiles[name], event_type, created_us, now_us, properties)
        self._tells(self.model.accept([occurrence]))
        return self.last_seq, False

    def _tells(self, changes: list[Change]) -> None:
        self.told += changes
        for one in changes:
            self._tells_account(one)

    def _tells_account(self, change: Change) -> None:
        is_live = self.kinds[change.segment] is SegmentType.LIVE
        is_off = change.kind is ChangeKind.REMOVED
        event = (RETRACTED if is_off else MATCHED) if is_live else (LEFT if is_off else ENTERED)
        pair, cause = (change.segment, change.profile), CAUSE_TEXT[change.cause]
        is_told = event in self._events and cause in self._causes
        if is_told:
            subject = SUBJECTS[event, change.kind]
            retracts = self._standing[pair][1] if event == RETRACTED else None
            is_dated_late = not is_live and change.cause is Cause.EVENT  # G2
            at_us = change.recorded_us if is_dated_late else change.effective_us
            self._notes(change.profile, change.segment, subject, event, cause, at_us, retracts=retracts)
        if event == RETRACTED:
            del self._standing[pair]
        elif event == MATCHED and (pair not in self._standing or self._standing[pair][0] <= change.effective_us):  # G3
            self._standing[pair] = change.effective_us, self._numbers[pair] if is_told else None

    def _notes(self, profile: int, segment: int, *said: Any, **more: Any) -> None:
        self._numbers[segment, profile] += 1
        self.webhooks.append(Notice(profile, segment, self._numbers[segment, profile], *said, **more))
