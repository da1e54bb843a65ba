"""Which webhooks do changes of tags make, and what do they say? One for each change that the account wants to hear of.

Unless it has chosen otherwise, that is each live match (H1). They are stored in the transaction of the changes (H3),
each with its number among those about the same profile in the same segment. Where the account bounds what it is told,
digests tell the rest (`octy.service.storms`). Some are made at a time, so that a million changes take no more memory
than a few thousand.
"""

from collections.abc import Mapping, Sequence

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace
from sqlalchemy import Connection

from octy.engine.batch import Longs
from octy.model.instants import iso
from octy.model.segments import SegmentType
from octy.model.tags import CAUSE_TEXT, Cause, ChangeKind
from octy.model.webhooks import WebhookEvent
from octy.service.choosing import EVENT_OF, Choice
from octy.service.ids import EventIds, new_id
from octy.service.news import SegmentNews, delivery_of, digest_of, stop_of
from octy.service.retractions import NOT_ON, LiveTelling, TagDates, retracted
from octy.service.storms import Ending, Storm, Verdict
from octy.service.tracing import Traces
from octy.store import digests, outbox, webhook_sequences
from octy.store.digests import NewChange
from octy.store.outbox import NewDelivery
from octy.store.segments import StoredSegment
from octy.store.tags import ChangeColumns
from octy.webhooks import message
from octy.webhooks.message import SEGMENT_VERSION, Meta, Moment, tag_body
from octy.webhooks.schedule import WAIT_US_MAX

CHANGES_AT_ONCE = 4_096

SUBJECTS = {
    (WebhookEvent.MATCHED, ChangeKind.CREATED): message.TAG_CREATED,
    (WebhookEvent.MATCHED, ChangeKind.UPDATED): message.TAG_UPDATED,
    (WebhookEvent.RETRACTED, ChangeKind.REMOVED): message.TAG_REMOVED,
    (WebhookEvent.ENTERED, ChangeKind.CREATED): message.TAG_ENTERED,
    (WebhookEvent.LEFT, ChangeKind.REMOVED): message.TAG_LEFT,
}


class Audience(Struct, frozen=True):
    """An account as its webhooks speak of it."""

    account_id: int
    choice: Choice
    storm: Storm
    profile_count: int
    segments: Mapping[int, StoredSegment]
    """By key, also those that go with the changes."""
    profile_ids: Sequence[str] | Mapping[int, str]
    """By profile key."""
    event_ids: EventIds
    traces: Traces

    def live(self) -> list[int]:
        """The keys of live segments."""
        return [key for key, one in self.segments.items() if one.definition.segment_type is SegmentType.LIVE]


class TagChange(Struct, frozen=True):
    """A change of a tag as the columns have it."""

    profile: int
    segment: int
    kind: int
    cause: int
    effective_us: int
    tag_created_us: int
    recorded_us: int
    event_seq: int
    opener_seq: int


class Telling(Struct, frozen=True):
    """A webhook in the making: what it tells, and as which."""

    change: TagChange
    event: WebhookEvent
    webhook_id: str
    dated_us: int
    """From when the tag dated before, where that matters for retractions."""

    @property
    def pair(self) -> webhook_sequences.Pair:
        """What it is counted by."""
        return self.change.segment, self.change.profile

    def of_live(self) -> LiveTelling:
        """As retractions see it."""
        change = self.change
        return LiveTelling(self.pair, self.webhook_id, ChangeKind(change.kind), change.effective_us, self.dated_us)


def notify(connection: Connection, audience: Audience, changes: ChangeColumns, live: Sequence[int]) -> bool:
    """Stores the webhooks that the changes make; true where there was one. `live` are the keys of live segments.

    The changes themselves are stored afterwards: a retraction depends upon what the tag was before.
    """
    rows = audience.choice.rows(changes, live)
    if not len(rows):
        return False
    is_bounded = audience.storm.is_bounded(audience.choice)
    dates = TagDates(changes, live) if WebhookEvent.RETRACTED in audience.choice.events else None
    for first in range(0, len(rows), CHANGES_AT_ONCE):
        some = rows[first : first + CHANGES_AT_ONCE]
        dated_us = [NOT_ON] * len(some) if dates is None else dates.before(connection, some)
        tellings = _tellings(changes, some, frozenset(live), dated_us)
        if is_bounded:
            _tell_within_bounds(connection, audience, tellings)
        else:
            _tell(connection, audience, tellings, tellings)
    return True


def tell_backfilled(
    connection: Connection, audience: Audience, segment: StoredSegment, members: int, now_us: int
) -> bool:
    """Stores the webhook that says so, where the account wants to hear of it; true where it does."""
    if WebhookEvent.BACKFILLED not in audience.choice.events:
        return False
    said = {"members": members}
    news = SegmentNews(segment.segment_key, WebhookEvent.BACKFILLED, CAUSE_TEXT[Cause.BACKFILL], now_us, said)
    _tell(connection, audience, [news], ())
    return True


def tell_ended(connection: Connection, audience: Audience, now_us: int) -> bool:
    """Stores the digests of minutes that are over by now; true where there was one."""
    return _tell_digests(connection, audience, audience.storm.ended(now_us))


def tell_gone(connection: Connection, audience: Audience, segment_key: int, now_us: int) -> bool:
    """The segment goes: stores the digest of its minute, if it has one; true where it has."""
    return _tell_digests(connection, audience, audience.storm.gone(segment_key, now_us))


def _tell_digests(connection: Connection, audience: Audience, endings: Sequence[Ending]) -> bool:
    news = [one for ending in endings if (one := digest_of(connection, ending)) is not None]
    _tell(connection, audience, news, ())
    audience.storm.save(connection)
    return len(news) > 0


def _tell_within_bounds(connection: Connection, audience: Audience, tellings: Sequence[Telling]) -> None:
    """As `_tell`, of what may be told one by one; the rest is kept for a digest, or not told at all."""
    storm, choice = audience.storm, audience.choice
    told: list[Telling | Ending | SegmentNews] = []
    kept: list[Telling] = []
    digested: list[NewChange] = []
    for one in tellings:
        segment_key, now_us = one.change.segment, storm.counted_us(one.change.recorded_us)
        told += storm.ended(now_us)
        verdict = storm.judge(segment_key, now_us, choice, audience.profile_count)
        if verdict is Verdict.TELL:
            told.append(one)
            kept.append(one)
        elif verdict is Verdict.DIGEST:
            minute = storm.minute_of(segment_key)
            assert minute.digest_id is not None, "it has something to tell"
            kept.append(replace(one, webhook_id=minute.digest_id))
            digested.append(_digested(audience, one, minute.digest_id, minute.digested))
        elif verdict is Verdict.STOP:
            minute = storm.minute_of(segment_key)
            told += storm.cut_short(segment_key, now_us)
            told.append(stop_of(minute, audience.profile_count, choice.breaker_share, now_us))
    digests.add(connection, digested)
    found = ((digest_of(connection, one) if isinstance(one, Ending) else one) for one in told)
    _tell(connection, audience, [one for one in found if one is not None], kept)
    storm.save(connection)


def _digested(audience: Audience, telling: Telling, digest_id: str, number: int) -> NewChange:
    change = telling.change
    return NewChange(
        webhook_id=digest_id,
        number=number,
        account_id=audience.account_id,
        profile_key=change.profile,
        event=telling.event.value,
        cause=change.cause,
        effective_us=change.effective_us,
        recorded_us=change.recorded_us,
    )


def _tellings(changes: ChangeColumns, rows: Longs, live: frozenset[int], dated_us: Sequence[int]) -> list[Telling]:
    columns = (getattr(changes, name)[rows].tolist() for name in TagChange.__struct_fields__)
    found = (TagChange(*row) for row in zip(*columns, strict=True))
    return [
        Telling(change, EVENT_OF[change.segment in live, ChangeKind(change.kind)], new_id("msg", 16), at_us)
        for change, at_us in zip(found, dated_us, strict=True)
    ]


def _tell(
    connection: Connection, audience: Audience, told: Sequence[Telling | SegmentNews], kept: Sequence[Telling]
) -> None:
    """Stores webhooks in their order. `kept` are all changes that are told, with the webhook that does it."""
    numbers = webhook_sequences.take(connection, [one.pair for one in told])
    taken_back: dict[str, str | None] = {}
    if WebhookEvent.RETRACTED in audience.choice.events:
        live = (one.of_live() for one in kept if one.event in (WebhookEvent.MATCHED, WebhookEvent.RETRACTED))
        taken_back = retracted(connection, audience.account_id, live)
    deliveries = [
        delivery_of(connection, audience.account_id, one, number)
        if isinstance(one, SegmentNews)
        else _delivery(audience, one, number, taken_back.get(one.webhook_id, UNSET))
        for one, number in zip(told, numbers, strict=True)
    ]
    outbox.add(connection, deliveries, WAIT_US_MAX)


def _delivery(audience: Audience, telling: Telling, number: int, retracts: str | UnsetType | None) -> NewDelivery:
    change, event = telling.change, telling.event
    segment = audience.segments[change.segment]
    is_match = event is WebhookEvent.MATCHED
    audience.traces.add_webhook(telling.webhook_id, change.event_seq)
    moment = _moment(audience.event_ids, change)
    meta = Meta(
        delivery_id=telling.webhook_id,
        event=event,
        segment_id=segment.segment_id,
        segment_version=SEGMENT_VERSION,
        cause=CAUSE_TEXT[Cause(change.cause)],
        action=_action(audience.event_ids, change, moment, segment.definition.window_us) if is_match else UNSET,
        match=moment if is_match else UNSET,
        change=UNSET if is_match else moment,
        retracts=retracts,
        sequence=number,
        evaluated_through=iso(change.recorded_us),
    )
    body = tag_body(
        subject=SUBJECTS[event, ChangeKind(change.kind)],
        profile_id=audience.profile_ids[change.profile],
        segment_tag=segment.definition.name,
        dated_us=change.tag_created_us,
        meta=meta,
    )
    return NewDelivery(
        webhook_id=telling.webhook_id,
        account_id=audience.account_id,
        profile_key=change.profile,
        segment_key=change.segment,
        event=event,
        body=body,
        created_us=change.recorded_us,
    )


def _action(event_ids: EventIds, change: TagChange, match: Moment, window_us: int) -> Moment | None:
    """The match's: the same moment for live 1, a window before it for live 2 (L5). A repair knows of none."""
    if change.cause == Cause.TIME:
        return Moment(event_ids.of(change.opener_seq), iso(change.effective_us - window_us))
    return match if change.event_seq else None


def _moment(event_ids: EventIds, change: TagChange) -> Moment:
    return Moment(event_ids.of(change.event_seq) if change.event_seq else None, iso(change.effective_us))
