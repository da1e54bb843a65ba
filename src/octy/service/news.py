"""What is told of a whole segment: that a backfill is complete, what a minute held besides, that it is told of no more.

Such webhooks are counted by themselves, and are a lane of their own.
"""

from collections.abc import Mapping
from functools import partial

from msgspec import Struct, field
from sqlalchemy import Connection

from octy.model import limits
from octy.model.instants import iso
from octy.model.tags import CAUSE_TEXT, Cause
from octy.model.webhooks import WebhookEvent
from octy.service.ids import new_id
from octy.service.storms import Ending
from octy.store import digests, outbox, storms
from octy.store.outbox import NewDelivery, about_all_of
from octy.store.storms import Minute
from octy.store.webhook_sequences import Pair
from octy.webhooks import message
from octy.webhooks.message import SEGMENT_VERSION, Digested, Meta, segment_body, without_profiles

SUBJECTS = {
    WebhookEvent.BACKFILLED: message.BACKFILLED,
    WebhookEvent.DIGEST: message.DIGEST,
    WebhookEvent.STOPPED: message.STOPPED,
}
LIMIT, BREAKER = "limit", "breaker"
"""Why there is a webhook that no change has caused by itself."""


class SegmentNews(Struct, frozen=True):
    """A webhook in the making that is about a whole segment."""

    segment_key: int
    event: WebhookEvent
    cause: str
    at_us: int
    said: Mapping[str, object]
    """The body, besides the segment."""
    webhook_id: str = field(default_factory=partial(new_id, "msg", 16))

    @property
    def pair(self) -> Pair:
        """What it is counted by."""
        return self.segment_key, about_all_of(self.segment_key)


def digest_of(connection: Connection, ending: Ending) -> SegmentNews | None:
    """What a minute kept; None where all of whom it would tell are deleted (X3)."""
    count = digests.count(connection, ending.digest_id)
    if not count:
        return None
    shown = digests.page(connection, ending.digest_id, limits.DIGEST_CHANGES_SHOWN_MAX)
    said = {
        "from": iso(ending.minute.begins_us),
        "to": iso(ending.at_us),
        "count": count,
        "changes": [
            Digested(one.profile_id, one.event, CAUSE_TEXT[Cause(one.cause)], iso(one.effective_us)) for one in shown
        ],
    }
    key = ending.minute.segment_key
    return SegmentNews(key, WebhookEvent.DIGEST, LIMIT, ending.at_us, said, webhook_id=ending.digest_id)


def stop_of(minute: Minute, profile_count: int, share: float, now_us: int) -> SegmentNews:
    """That the breaker is open, after so many changes in the minute."""
    said = {
        "from": iso(minute.begins_us),
        "count": minute.changes,
        "profiles": profile_count,
        "share": share,
    }
    return SegmentNews(minute.segment_key, WebhookEvent.STOPPED, BREAKER, now_us, said)


def delivery_of(connection: Connection, account_id: int, news: SegmentNews, number: int) -> NewDelivery:
    """The webhook, as which of those about its segment."""
    segment_id, segment_tag = storms.name_of(connection, news.segment_key)
    meta = Meta(
        delivery_id=news.webhook_id,
        event=news.event,
        segment_id=segment_id,
        segment_version=SEGMENT_VERSION,
        cause=news.cause,
        sequence=number,
        evaluated_through=iso(news.at_us),
    )
    subject = SUBJECTS[news.event]
    return NewDelivery(
        webhook_id=news.webhook_id,
        account_id=account_id,
        profile_key=about_all_of(news.segment_key),
        segment_key=news.segment_key,
        event=news.event,
        body=segment_body(subject=subject, segment_tag=segment_tag, dated_us=news.at_us, meta=meta, **news.said),
        created_us=news.at_us,
    )


def take_out_of_digests(connection: Connection, account_id: int, ids: Mapping[int, str]) -> None:
    """Whoever is deleted is not named in a digest any more, whatever became of that (X3). `ids` are by profile key."""
    gone = set(ids.values())
    for delivery_id, body in digests.telling_of(connection, account_id, list(ids)).items():
        outbox.set_body(connection, delivery_id, without_profiles(body, gone))
