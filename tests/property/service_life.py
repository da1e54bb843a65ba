"""How does a whole Octy live an account's life? Service, writer and SQLite store, seen through what they store.

`ServiceLife` lives the life of `tests.reference.life.Life`. What each step changed is read from the tag history's new
rows; with every step, the history's old rows, the tags and the outbox must still be what they were told to be.
Outside a sandbox a backfill's end waits until the life says so.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from octy.model.accounts import AccountConfiguration
from octy.model.clock import ManualClock
from octy.model.definitions import to_wire
from octy.model.errors import Unavailable
from octy.model.events import EventDraft, EventTypeDraft, PlainEventDraft
from octy.model.instants import iso, rfc1123
from octy.model.profiles import ProfileDraft, ProfileUpdate
from octy.model.segments import SegmentDefinition, SegmentType
from octy.model.tags import CAUSE_TEXT, Cause, ChangeKind, TagChange
from octy.service import archiver
from octy.service.checking.check import check, check_folder
from octy.service.keys import new_keys
from octy.store.folder import snapshot
from tests.integration.service.failing import FAILURES
from tests.integration.service.holding import HeldService
from tests.integration.service.serving import StandingClock, done, eventually
from tests.property.happenings import EVENT_TYPES
from tests.reference.life import Change, Occurrence, Pair

DATA_KEYS = ("plan", "size")


class ServiceLife:
    """An account's life as a served store tells it."""

    def __init__(self, folder: Path, now_us: int, *, is_sandbox: bool, retention_days: int = 0) -> None:
        self._is_sandbox = is_sandbox
        self._service = HeldService(folder, ManualClock(now_us) if is_sandbox else StandingClock(now_us))
        self._account = self._service.octy.create_account(new_keys()).account_id
        self._event_ids: list[str] = []
        """By seq, from 1."""
        self._profile_ids: list[str] = []
        self._there: set[int] = set()
        self._segments: dict[str, tuple[int, SegmentDefinition]] = {}
        """By segment id: the key that the life knows it by."""
        self._backfilling: list[int] = []
        self._told: dict[int, list[Change]] = {}
        self._last_change = self._last_delivery = 0
        self._sequences: dict[Pair, int] = {}
        """How many webhooks there were about each profile in each segment."""
        drafts = [EventTypeDraft(name, ("a", "b")) for name in EVENT_TYPES]
        done(self._service.octy.create_event_types(self._account, drafts))
        configuration = AccountConfiguration(
            webhook_url="https://hooks.example.org/octy", retention_days=retention_days
        )
        done(self._service.octy.configure(self._account, configuration))

    @property
    def now_us(self) -> int:
        """The instant through which everything is stored."""
        (row,) = self._service.rows("SELECT value FROM meta WHERE name = 'now_us'")
        return int(row[0])

    def next_due_us(self) -> int:
        """When the writer would wake."""
        assert self._service.octy._writer._world is not None
        return int(self._service.octy._writer._world.due_us())

    @property
    def events_ever(self) -> int:
        """How many were stored, though some may be gone."""
        return len(self._event_ids)

    # Customers

    def add_profile(self) -> int:
        """A new profile without data."""
        key = len(self._profile_ids)
        (created,) = done(self._service.octy.create_profiles(self._account, [ProfileDraft(f"customer {key}")])).done
        self._profile_ids.append(created.profile_id)
        self._there.add(key)
        self._told[key] = []
        return key

    def change_data(self, profile: int, data: Mapping[str, Any]) -> list[Change]:
        """V3: an update merges (E6), so what is to go is named with a null."""
        update = ProfileUpdate(
            profile_id=self._profile_ids[profile], profile_data=dict.fromkeys(DATA_KEYS) | dict(data)
        )
        done(self._service.octy.update_profiles(self._account, [update]))
        return self.news()

    def forget_profile(self, profile: int) -> None:
        """X3."""
        self._there.remove(profile)
        done(self._service.octy.delete_profiles(self._account, [self._profile_ids[profile]]))
        eventually(lambda: not self._service.rows("SELECT * FROM erasures"))

    # Segments

    def create_live(self, key: int, definition: SegmentDefinition) -> None:
        """L1."""
        self._create(key, definition)

    def begin_backfill(self, key: int, definition: SegmentDefinition) -> None:
        """P6. In a sandbox that is all of it."""
        self._create(key, definition)
        if not self._is_sandbox:
            self._backfilling.append(key)
            self._service.wait_until_folded([self._store_key(key)])

    def finish_backfill(self, key: int) -> list[Change]:
        """P6."""
        if not self._is_sandbox:
            assert self._status(key) == "backfilling"
            self._backfilling.remove(key)
            self._service.end_backfill(self._store_key(key))
        assert self._status(key) == "active"
        return self.news()

    def remove_segment(self, key: int) -> None:
        """X1."""
        if key in self._backfilling:
            self._backfilling.remove(key)
            self._service.drop_backfill(self._store_key(key))
        done(self._service.octy.delete_segments(self._account, [self._segment_id(key)]))

    def restore_segment(self, key: int) -> list[Change]:
        """The deletion is cancelled; a past segment's backfill is begun as by `begin_backfill`."""
        done(self._service.octy.restore_segments(self._account, [self._segment_id(key)]))
        definition = self._segments[self._segment_id(key)][1]
        if definition.segment_type is SegmentType.LIVE:
            return self.news()
        if not self._is_sandbox:
            self._backfilling.append(key)
            self._service.wait_until_folded([self._store_key(key)])
        return []

    # Events and time

    def accept(self, occurrences: Sequence[Occurrence], message_ids: Sequence[str] = ()) -> list[Change]:
        """One request; none where a sequel leaves nothing to be done."""
        if not occurrences:
            return []
        outcome = done(self._service.octy.ingest(self._account, self._drafts(occurrences, message_ids)))
        assert not outcome.failed
        assert [event.duplicate for event in outcome.done] == [False] * len(occurrences)
        self._event_ids += [event.event_id for event in outcome.done]
        return self.news()

    def repeat(self, occurrences: Sequence[Occurrence], message_ids: Sequence[str], first_seq: int) -> None:
        """E8: whatever is in them now, these were stored before under the seqs from `first_seq` on."""
        outcome = done(self._service.octy.ingest(self._account, self._drafts(occurrences, message_ids)))
        ids = self._event_ids[first_seq - 1 : first_seq - 1 + len(occurrences)]
        assert [(event.event_id, event.duplicate) for event in outcome.done] == [(event_id, True) for event_id in ids]

    def advance(self, until_us: int, noticed_us: int | None = None) -> list[Change]:
        """T6; after a downtime in a new process."""
        if noticed_us is not None:
            assert noticed_us == until_us
            self._restart(until_us)
        elif self._is_sandbox:
            done(self._service.octy.move_clock(until_us))
        else:
            self._service.clock.move_to(until_us)
            self._service.asks_nothing()
        return self.news()

    def restart(self) -> None:
        """A new process goes on at the same instant."""
        self._restart(self.now_us)
        assert self.news() == []

    def archive(self) -> None:
        """What is enough for a file becomes one, and what is too old goes; at no other time, if a test says so."""
        usually_us, archiver.AGED_EVERY_US = archiver.AGED_EVERY_US, 1
        try:
            self._service.octy._writer._archiver.work()
        finally:
            archiver.AGED_EVERY_US = usually_us

    @contextmanager
    def cannot_store(self, failure: str) -> Iterator[None]:
        """Within, nothing can be stored; afterwards, the world is rebuilt from the log."""
        self._service.forget_what_is_folded()
        with FAILURES[failure](self._service.store):
            before = self._service.everything()  # not earlier: a backfill beside may end at any time until then
            yield
        assert self._service.everything() == before, "what failed left something"

    def recovers(self) -> list[Change]:
        """The next request is served; what fell due meanwhile has been noticed."""
        self._service.asks_nothing()
        self._service.wait_until_folded([self._store_key(key) for key in self._backfilling])
        return self.news()

    def fails_to_accept(self, occurrences: Sequence[Occurrence]) -> None:
        """Events are refused for now."""
        _is_unavailable(lambda: done(self._service.octy.ingest(self._account, self._drafts(occurrences, ()))))

    def fails_to_advance(self, until_us: int) -> None:
        """Time passes, and nothing of it can be stored."""
        if self._is_sandbox:
            _is_unavailable(lambda: done(self._service.octy.move_clock(until_us)))
        else:
            self._service.clock.move_to(until_us)
            _is_unavailable(self._service.asks_nothing)

    def end(self) -> None:
        """The folder is not needed any more, and all of it is as it must be."""
        self._service.stop()
        findings = check_folder(self._service.folder, lambda _: None)
        assert findings.is_clean, findings.differences

    def check(self) -> None:
        """As `octy check`, of the store as it is now. A file that nobody needs any more may stay for a while."""
        with snapshot(self._service.folder) as now:
            findings = check(now, lambda _: None)
        assert not findings.by_kind - Counter({"archive file": findings.by_kind["archive file"]}), findings.differences

    # What is seen

    def tags(self) -> dict[Pair, int]:
        """As the account sees them, in the order of creation (G1)."""
        found: dict[Pair, int] = {}
        for profile in self._service.octy.reading.profiles(self._account).profiles:
            instants = [tag.created_us for tag in profile.segment_tags]
            assert instants == sorted(instants)
            for tag in profile.segment_tags:
                found[int(tag.segment_tag), self._profile_ids.index(profile.profile_id)] = tag.created_us
        return found

    def check_histories(self) -> None:
        """G5: what was recorded is still there, in its order, and nothing else."""
        reading = self._service.octy.reading
        for profile in self._there:
            lines = reading.tag_history(self._account, self._profile_ids[profile])
            assert [self._change(profile, line) for line in lines] == self._told[profile]

    def news(self) -> list[Change]:
        """The changes since the last look, in the order of recording; each live match with its webhook (H1, H3)."""
        rows = self._service.rows(
            "SELECT change_id, profile_key, segment_id, segment_tag, kind, effective_us, recorded_us, cause, event_seq"
            " FROM tag_history WHERE change_id > :last ORDER BY change_id",
            last=self._last_change,
        )
        changes: list[Change] = []
        for change_id, profile, segment_id, _, kind, effective_us, recorded_us, cause, seq in rows:
            self._last_change = change_id
            key = self._segments[segment_id][0]
            change = Change(key, profile, ChangeKind(kind), Cause(cause), effective_us, recorded_us, seq)
            changes.append(change)
            self._told[profile].append(change)
        webhooks = iter(self._new_webhooks())
        found = [self._with_webhook(change, next(webhooks)) if self._is_match(change) else change for change in changes]
        assert next(webhooks, None) is None
        return found

    def _new_webhooks(self) -> list[tuple[int, Any]]:
        rows = self._service.rows(
            "SELECT delivery_id, profile_key, body FROM outbox WHERE delivery_id > :last ORDER BY delivery_id",
            last=self._last_delivery,
        )
        if rows:
            self._last_delivery = rows[-1][0]
        return [(profile, json.loads(body)) for _, profile, body in rows]

    def _with_webhook(self, change: Change, webhook: tuple[int, Any]) -> Change:
        """The change, with what its webhook says of the action that opened its window."""
        profile, body = webhook
        meta = body.pop("meta")
        assert (profile, body) == self._webhook_of(change)
        pair = change.segment, change.profile
        self._sequences[pair] = self._sequences.get(pair, 0) + 1
        assert meta["sequence"] == self._sequences[pair]
        assert meta["cause"] == CAUSE_TEXT[change.cause]
        assert meta["match"]["at"] == iso(change.effective_us)
        assert meta["evaluated_through"] == iso(change.recorded_us)
        action = self._event_ids.index(meta["action"]["event_id"]) + 1
        if change.cause is Cause.EVENT:
            assert meta["action"] == meta["match"]
            assert action == change.event
            return change
        assert meta["match"]["event_id"] is None
        return change._replace(opener=action)

    def _webhook_of(self, change: Change) -> tuple[int, Any]:
        verb = "created" if change.kind is ChangeKind.CREATED else "updated"
        segment = {"segment_id": self._segment_id(change.segment), "segment_tag": str(change.segment)}
        body = {
            "subject": f"Live segment tag {verb}",
            "body": {"profile_id": self._profile_ids[change.profile], "segment": segment},
            "date_time": rfc1123(change.effective_us),
        }
        return change.profile, body

    # Translation

    def _create(self, key: int, definition: SegmentDefinition) -> None:
        raw = to_wire(definition) | {"segment_name": str(key)}
        segment, _ = done(self._service.octy.create_segment(self._account, raw))
        self._segments[segment.segment_id] = key, definition

    def _restart(self, at_us: int) -> None:
        self._service.restart(at_us)
        self._service.wait_until_folded([self._store_key(key) for key in self._backfilling])

    def _drafts(self, occurrences: Sequence[Occurrence], message_ids: Sequence[str]) -> list[EventDraft]:
        return [
            _draft_of(one.properties)(
                event_type=one.event_type,
                profile_id=self._profile_ids[one.profile],
                event_properties=None if one.properties is None else dict(one.properties),
                created_at=iso(one.created_us),
                message_id=message_ids[index] if message_ids else None,
            )
            for index, one in enumerate(occurrences)
        ]

    def _change(self, profile: int, line: TagChange) -> Change:
        key = self._segments[line.segment_id][0]
        assert line.segment_tag == str(key)
        seq = None if line.event_id is None else self._event_ids.index(line.event_id) + 1
        return Change(key, profile, line.kind, line.cause, line.effective_us, line.recorded_us, seq)

    def _segment_id(self, key: int) -> str:
        return next(segment_id for segment_id, (other, _) in self._segments.items() if other == key)

    def _store_key(self, key: int) -> int:
        ((store_key,),) = self._service.rows(
            "SELECT segment_key FROM segments WHERE segment_id = :id", id=self._segment_id(key)
        )
        return int(store_key)

    def _status(self, key: int) -> str:
        (segment,) = self._service.octy.reading.segments(self._account, [self._segment_id(key)])
        return segment.status.value

    def _is_match(self, change: Change) -> bool:
        is_live = self._segments[self._segment_id(change.segment)][1].segment_type is SegmentType.LIVE
        return is_live and change.kind != ChangeKind.REMOVED


def _draft_of(properties: Mapping[str, Any] | None) -> type[EventDraft]:
    """The draft that somebody who decodes an event makes of it."""
    is_flat = not any(isinstance(value, dict | list) for value in (properties or {}).values())
    return PlainEventDraft if is_flat else EventDraft


def _is_unavailable(request: Callable[[], object]) -> None:
    try:
        request()
    except Unavailable:
        return
    raise AssertionError("acknowledged, and not stored")
