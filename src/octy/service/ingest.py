"""How an event comes in: judged, numbered and put into its group (E2 to E4, E8, E9, T4).

Each event is judged alone: a bad one fails with a reason, and the rest of its batch is accepted. An event is an
`EventInstance` to its sender as soon as it is numbered; the answer goes out after the commit that stores it.
"""

from collections.abc import Sequence

import msgspec

from octy.model import limits
from octy.model.errors import Problem, Refused
from octy.model.events import CHARGED, EventDraft, EventInstance
from octy.model.instants import CREATED_AT_FORM, FUTURE_TOLERANCE_US, iso, parse_instant
from octy.model.outcomes import Failure, Outcome
from octy.model.values import are_plain, property_problems, shown
from octy.service.pending import PendingEvents
from octy.service.tenant import KnownType, Tenant
from octy.service.transaction import Transaction
from octy.store import message_ids

_encode = msgspec.json.Encoder().encode


def ingest(tx: Transaction, account_id: int, drafts: Sequence[EventDraft]) -> Outcome[EventInstance]:
    """Accepts the good ones of 1 to 500 events, in their order."""
    if not 1 <= len(drafts) <= limits.EVENTS_PER_BATCH_MAX:
        raise Refused(f"A batch holds 1 to {limits.EVENTS_PER_BATCH_MAX} events; this one holds {len(drafts)}.")
    pending = tx.pending(account_id)
    known_messages = _known_messages(tx, pending, drafts)
    done: list[EventInstance] = []
    failed: list[Failure] = []
    for index, draft in enumerate(drafts):
        try:
            done.append(_accept(tx, pending, draft, known_messages))
        except Refused as refused:
            failed.append(Failure(index, "; ".join(refused.messages)))
    return Outcome(done, failed)


def _accept(
    tx: Transaction, pending: PendingEvents, draft: EventDraft, known_messages: dict[str, int]
) -> EventInstance:
    tenant = pending.tenant
    profile = tenant.profile_keys.get(draft.profile_id)
    known = tenant.types.get(draft.event_type)
    if profile is None or known is None:
        raise Refused("The event names something unknown.", _unknown(tenant, draft))
    properties = draft.event_properties
    if properties and not are_plain(properties):
        problems = list(property_problems(properties, "event_properties"))
        if problems:
            raise Refused("The event's properties are not acceptable.", problems)
    created_us, accepted_us = _instants(tx, draft.created_at)
    if draft.message_id is not None:
        first_seq = _first_seq(draft.message_id, known_messages, pending)
        if first_seq is not None:
            return _instance(tx, draft, known, first_seq, created_us, duplicate=True)
    if accepted_us > tx.now_us:
        tx.move_to(accepted_us)
    tx.world.last_seq = seq = tx.world.last_seq + 1
    if draft.message_id is not None:
        pending.message_ids[draft.message_id] = seq
    text = _encode(properties).decode() if properties else None
    pending.rows.append((seq, tenant.account_id, profile, known.type_id, created_us, accepted_us, text))
    pending.codes.append(known.code)
    pending.properties.append(properties)
    if draft.event_type == CHARGED:
        pending.charged.add(profile)
    return _instance(tx, draft, known, seq, created_us)


def _instance(
    tx: Transaction, draft: EventDraft, known: KnownType, seq: int, created_us: int, *, duplicate: bool = False
) -> EventInstance:
    event_id = tx.world.event_ids.of(seq)
    return EventInstance(
        event_id,
        known.event_type_id,
        draft.event_type,
        draft.profile_id,
        draft.event_properties,
        created_us,
        duplicate,
    )


def _instants(tx: Transaction, created_at: str | None) -> tuple[int, int]:
    """When it happened and when it was accepted (T4)."""
    now_us = tx.now_us
    if created_at is None:
        return now_us, now_us
    try:
        created_us = parse_instant(created_at)
    except ValueError:
        raise Refused(
            "The event's instant is not acceptable.", [Problem("created_at", shown(created_at), CREATED_AT_FORM)]
        ) from None
    if created_us <= now_us:
        return created_us, now_us
    if tx.world.clock.is_sandbox:
        return created_us, created_us
    if created_us > now_us + FUTURE_TOLERANCE_US:
        wanted = f"no more than 60 seconds ahead of the server's clock, which says {iso(now_us)}"
        raise Refused("The event's instant is not acceptable.", [Problem("created_at", shown(created_at), wanted)])
    return now_us, now_us


def _unknown(tenant: Tenant, draft: EventDraft) -> list[Problem]:
    problems = []
    if draft.profile_id not in tenant.profile_keys:
        problems.append(Problem("profile_id", shown(draft.profile_id), "the profile_id of an existing profile"))
    if draft.event_type not in tenant.types:
        problems.append(Problem("event_type", shown(draft.event_type), "the name of an existing event type"))
    return problems


def _known_messages(tx: Transaction, pending: PendingEvents, drafts: Sequence[EventDraft]) -> dict[str, int]:
    """The seq of each message id of the batch that was stored before (E8)."""
    named = {draft.message_id for draft in drafts if draft.message_id is not None}
    if not named:
        return {}
    return message_ids.find_many(tx.connection, pending.tenant.account_id, sorted(named))


def _first_seq(message_id: str, known: dict[str, int], pending: PendingEvents) -> int | None:
    if not 1 <= len(message_id) <= limits.MESSAGE_ID_CHARACTERS_MAX or "\0" in message_id:
        wanted = f"1 to {limits.MESSAGE_ID_CHARACTERS_MAX} characters, without NUL"
        raise Refused("The message id is not acceptable.", [Problem("message_id", shown(message_id), wanted)])
    return known.get(message_id, pending.message_ids.get(message_id))
