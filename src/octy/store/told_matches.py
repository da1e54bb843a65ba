"""Which webhook told last of a match, and at which instant was that? The tag that it put on may be gone by now.

Kept for accounts that want to hear of retractions. Of a match that was told before, the deliveries tell, as long as
they are kept.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, bindparam, literal_column, select, tuple_

from octy.model.instants import iso
from octy.model.webhooks import WebhookEvent
from octy.store.rows import in_chunks, insert_rows
from octy.store.schema import outbox, told_matches
from octy.store.sqlite import upsert
from octy.store.webhook_sequences import PAIRS_PER_STATEMENT, Pair

DELIVERIES_LOOKED_AT_MAX = 100
"""How many of the latest webhooks about a profile's matches in a segment are looked at for the one of an instant."""

_PUT = upsert(told_matches, ["webhook_id", "at_us"])
_DELIVERED = (
    select(outbox.c.webhook_id, outbox.c.body)
    .where(
        outbox.c.account_id == bindparam("account"),
        outbox.c.profile_key == bindparam("profile"),
        outbox.c.segment_key == bindparam("segment"),
        outbox.c.event == literal_column(f"'{WebhookEvent.MATCHED.value}'"),
    )
    .order_by(outbox.c.delivery_id.desc())
    .limit(DELIVERIES_LOOKED_AT_MAX)
)


class ToldMatch(Struct, frozen=True):
    """A match, and the webhook that told of it; both None where that was taken back, or where there was none."""

    webhook_id: str | None = None
    at_us: int | None = None


NOTHING = ToldMatch()


def told(connection: Connection, account_id: int, dated_us: Mapping[Pair, int]) -> dict[Pair, ToldMatch]:
    """By pair, the match that was told last; or the one from which the tag dates, if that was told before."""
    found: dict[Pair, ToldMatch] = {}
    key = tuple_(told_matches.c.segment_key, told_matches.c.profile_key)
    for chunk in in_chunks(list(dated_us), PAIRS_PER_STATEMENT):
        for row in connection.execute(select(told_matches).where(key.in_(chunk))):
            found[row.segment_key, row.profile_key] = ToldMatch(row.webhook_id, row.at_us)
        for pair in set(chunk) - found.keys():
            found[pair] = _delivered(connection, account_id, pair, dated_us[pair])
    return found


def put(connection: Connection, matches: Mapping[Pair, ToldMatch]) -> None:
    """What is so from now on."""
    insert_rows(connection, _PUT, [(*pair, one.webhook_id, one.at_us) for pair, one in matches.items()])


def forget_profiles(connection: Connection, segment_keys: Sequence[int], profile_keys: Sequence[int]) -> None:
    """The profiles are deleted (X3)."""
    mine = told_matches.delete().where(told_matches.c.segment_key.in_(segment_keys))
    for chunk in in_chunks(profile_keys):
        connection.execute(mine.where(told_matches.c.profile_key.in_(chunk)))


def forget_segment(connection: Connection, segment_key: int) -> None:
    """The segment is gone (X2), or nobody wants to hear of its retractions any more."""
    connection.execute(told_matches.delete().where(told_matches.c.segment_key == segment_key))


def _delivered(connection: Connection, account_id: int, pair: Pair, at_us: int) -> ToldMatch:
    segment_key, profile_key = pair
    at = iso(at_us)
    asked = {"account": account_id, "profile": profile_key, "segment": segment_key}
    for webhook_id, body in connection.execute(_DELIVERED, asked):
        said: dict[str, Any] = msgspec.json.decode(body)
        if said.get("meta", {}).get("match", {}).get("at") == at:
            return ToldMatch(webhook_id, at_us)
    return NOTHING
