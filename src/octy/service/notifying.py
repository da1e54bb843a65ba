"""Which webhooks do changes of tags make, and what do they say (H1)? One for each live match, if the account wants it.

They are stored in the transaction of the changes (H3), each with its number among those about the same profile in the
same segment.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection

from octy.model.instants import iso
from octy.model.tags import CAUSE_TEXT, Cause, ChangeKind
from octy.model.webhooks import WebhookEvent
from octy.service.ids import EventIds, new_id
from octy.service.tenant import Tenant
from octy.store import outbox, webhook_sequences
from octy.store.outbox import NewDelivery
from octy.store.tags import ChangeColumns
from octy.webhooks.message import Moment, match_body, match_meta
from octy.webhooks.schedule import WAIT_US_MAX


class Match(Struct, frozen=True):
    """A live match as the columns have it."""

    profile: int
    segment: int
    kind: int
    cause: int
    effective_us: int
    recorded_us: int
    event_seq: int
    opener_seq: int


def notify(
    connection: Connection, event_ids: EventIds, tenant: Tenant, changes: ChangeColumns, live: Sequence[int]
) -> bool:
    """Stores the webhooks that the changes make; true where there was one. `live` are the keys of live segments."""
    if not tenant.account.configuration.webhook_url or not live:
        return False
    rows = np.flatnonzero((changes.kind != ChangeKind.REMOVED) & np.isin(changes.segment, live))
    if not len(rows):
        return False
    columns = (getattr(changes, name)[rows].tolist() for name in Match.__struct_fields__)
    matches = [Match(*row) for row in zip(*columns, strict=True)]
    numbers = webhook_sequences.take(connection, [(one.segment, one.profile) for one in matches])
    deliveries = [_delivery(event_ids, tenant, one, number) for one, number in zip(matches, numbers, strict=True)]
    outbox.add(connection, deliveries, WAIT_US_MAX)
    return True


def _delivery(event_ids: EventIds, tenant: Tenant, match: Match, number: int) -> NewDelivery:
    segment = tenant.segments[match.segment]
    webhook_id = new_id("msg", 16)
    action, made = _moments(event_ids, match, segment.definition.window_us)
    meta = match_meta(
        delivery_id=webhook_id,
        segment_id=segment.segment_id,
        cause=CAUSE_TEXT[Cause(match.cause)],
        action=action,
        match=made,
        sequence=number,
        evaluated_through_us=match.recorded_us,
    )
    body = match_body(
        profile_id=tenant.profile_ids[match.profile],
        segment_tag=segment.definition.name,
        updated=match.kind == ChangeKind.UPDATED,
        matched_us=match.effective_us,
        meta=meta,
    )
    return NewDelivery(
        webhook_id=webhook_id,
        account_id=tenant.account_id,
        profile_key=match.profile,
        segment_key=match.segment,
        event=WebhookEvent.MATCHED,
        body=body,
        created_us=match.recorded_us,
    )


def _moments(event_ids: EventIds, match: Match, window_us: int) -> tuple[Moment, Moment]:
    """The action, and the match: the same for live 1, a window apart for live 2 (L5)."""
    if match.cause == Cause.TIME:
        action = Moment(event_ids.of(match.opener_seq), iso(match.effective_us - window_us))
        return action, Moment(None, iso(match.effective_us))
    moment = Moment(event_ids.of(match.event_seq), iso(match.effective_us))
    return moment, moment
