"""How events come in: judged, numbered and put into their group (E2 to E4, E8, T4).

The answer goes out after the commit that stores them. A batch is handled as columns, because
what is done for each event is done a hundred thousand times a second.
"""

from collections.abc import Sequence
from itertools import compress

from octy.model import limits
from octy.model.errors import Refused
from octy.model.events import EventDraft, EventInstance, EventInstances
from octy.model.instants import FUTURE_TOLERANCE_US, NEVER
from octy.model.outcomes import Outcome
from octy.service.judging import Judged, judge
from octy.service.pending import PendingEvents
from octy.service.transaction import Transaction
from octy.store import message_ids


def ingest(tx: Transaction, account_id: int, drafts: Sequence[EventDraft]) -> Outcome[EventInstance]:
    """Accepts the good ones of 1 to 500 events, in their order."""
    if not 1 <= len(drafts) <= limits.EVENTS_PER_BATCH_MAX:
        raise Refused(f"A batch holds 1 to {limits.EVENTS_PER_BATCH_MAX} events; this one holds {len(drafts)}.")
    pending = tx.pending(account_id)
    latest_us = NEVER if tx.world.clock.is_sandbox else tx.now_us + FUTURE_TOLERANCE_US
    judged = judge(pending.tenant, drafts, latest_us)
    seqs, repeats = _numbered(tx, pending, judged.drafts)
    created_us, accepted_us = _instants(tx, judged.created_us, repeats)
    fresh = [not is_repeat for is_repeat in repeats]
    repeated = repeats.count(True)
    lines = judged.lines
    if repeated:
        lines = b"".join(compress(lines.splitlines(keepends=True), fresh))
    tx.world.counts.add_events(len(fresh) - repeated, repeated)
    tx.world.counts.events_refused.update(judged.reasons)
    pending.add(
        compress(seqs, fresh),
        compress(judged.profiles, fresh),
        compress(judged.types, fresh),
        compress(created_us, fresh),
        compress(accepted_us, fresh),
        compress([draft.event_properties for draft in judged.drafts], fresh),
        lines,
    )
    return Outcome(_instances(tx, judged, seqs, created_us, repeats), judged.failed)


def _numbered(tx: Transaction, pending: PendingEvents, drafts: Sequence[EventDraft]) -> tuple[list[int], list[bool]]:
    """The number of each event, and whether that is an earlier one's with the same message id (E8)."""
    first = tx.world.last_seq + 1
    named = {draft.message_id for draft in drafts if draft.message_id is not None}
    if not named:
        tx.world.last_seq += len(drafts)
        return list(range(first, first + len(drafts))), [False] * len(drafts)
    known = message_ids.find_many(tx.connection, pending.tenant.account_id, sorted(named))
    known.update((name, pending.message_ids[name]) for name in named & pending.message_ids.keys())
    seqs, repeats = [], []
    for draft in drafts:
        seq = None if draft.message_id is None else known.get(draft.message_id)
        repeats.append(seq is not None)
        if seq is None:
            tx.world.last_seq = seq = tx.world.last_seq + 1
            if draft.message_id is not None:
                known[draft.message_id] = pending.message_ids[draft.message_id] = seq
        seqs.append(seq)
    return seqs, repeats


def _instants(tx: Transaction, said_us: Sequence[int | None], repeats: Sequence[bool]) -> tuple[list[int], list[int]]:
    """When each event happened and when it was accepted (T4). An event ahead of a sandbox's clock moves it."""
    now_us = tx.now_us
    if not tx.world.clock.is_sandbox:
        return [now_us if at_us is None or at_us > now_us else at_us for at_us in said_us], [now_us] * len(said_us)
    created_us, accepted_us = [], []
    for at_us, is_repeat in zip(said_us, repeats, strict=True):
        if at_us is not None and at_us > now_us and not is_repeat:
            now_us = at_us
        created_us.append(now_us if at_us is None else at_us)
        accepted_us.append(now_us)
    tx.move_to(now_us)
    return created_us, accepted_us


def _instances(
    tx: Transaction,
    judged: Judged,
    seqs: Sequence[int],
    created_us: Sequence[int],
    repeats: Sequence[bool],
) -> EventInstances:
    """What the sender is told."""
    return EventInstances(
        tx.world.event_ids.of_many(seqs),
        [known.event_type_id for known in judged.types],
        [draft.event_type for draft in judged.drafts],
        [draft.profile_id for draft in judged.drafts],
        judged.lines,
        created_us,
        repeats,
    )
