"""Which webhook told last of a match that stands? The one that a retraction names, for as long as the tag is borne.

Of a match from before the account wanted to hear of retractions, the deliveries tell, as long as they are kept.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, func, literal_column, select, tuple_

from octy.model.webhooks import WebhookEvent
from octy.store.rows import fetch_row, in_chunks, insert_rows
from octy.store.schema import outbox, told_matches
from octy.store.sqlite import upsert
from octy.store.webhook_sequences import PAIRS_PER_STATEMENT, Pair

_PUT = upsert(told_matches, ["webhook_id"])
_LAST = select(func.max(outbox.c.delivery_id)).where(
    outbox.c.account_id == bindparam("account"),
    outbox.c.profile_key == bindparam("profile"),
    outbox.c.segment_key == bindparam("segment"),
    outbox.c.event == literal_column(f"'{WebhookEvent.MATCHED.value}'"),
)
_DELIVERED = select(outbox.c.webhook_id).where(outbox.c.delivery_id == _LAST.scalar_subquery())


def standing(connection: Connection, account_id: int, pairs: Sequence[Pair]) -> dict[Pair, str | None]:
    """By pair, the webhook that told last of a match; None where none did, or it was taken back."""
    found: dict[Pair, str | None] = {}
    key = tuple_(told_matches.c.segment_key, told_matches.c.profile_key)
    for chunk in in_chunks(list(dict.fromkeys(pairs)), PAIRS_PER_STATEMENT):
        for segment_key, profile_key, webhook_id in connection.execute(select(told_matches).where(key.in_(chunk))):
            found[segment_key, profile_key] = webhook_id
        for segment_key, profile_key in set(chunk) - found.keys():
            row = fetch_row(connection, _DELIVERED, (account_id, profile_key, segment_key))
            found[segment_key, profile_key] = None if row is None else row[0]
    return found


def put(connection: Connection, told: Mapping[Pair, str | None]) -> None:
    """What is so from now on."""
    insert_rows(connection, _PUT, [(*pair, webhook_id) for pair, webhook_id in told.items()])


def forget_profile(connection: Connection, segment_keys: Sequence[int], profile_key: int) -> None:
    """The profile is deleted (X3)."""
    mine = told_matches.c.segment_key.in_(segment_keys), told_matches.c.profile_key == profile_key
    connection.execute(told_matches.delete().where(*mine))


def forget_segment(connection: Connection, segment_key: int) -> None:
    """The segment is gone (X2), or nobody wants to hear of its retractions any more."""
    connection.execute(told_matches.delete().where(told_matches.c.segment_key == segment_key))
