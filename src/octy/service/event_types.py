"""Event types come and go (E1, E7)."""

from collections.abc import Sequence

from octy.model import limits
from octy.model.errors import Problem, Refused
from octy.model.events import SYSTEM_EVENT_TYPES, EventType, EventTypeDraft
from octy.model.outcomes import Failure, Outcome
from octy.model.segments import SegmentStatus
from octy.model.values import name_problems, shown
from octy.service.ids import new_id
from octy.service.tenant import Tenant
from octy.service.transaction import Transaction
from octy.store import event_types, events
from octy.store.event_types import StoredEventType


def create(tx: Transaction, account_id: int, drafts: Sequence[EventTypeDraft]) -> Outcome[EventType]:
    """Creates those whose name is free; none where there are too many."""
    if not 1 <= len(drafts) <= limits.EVENT_TYPES_PER_REQUEST_MAX:
        wanted = f"1 to {limits.EVENT_TYPES_PER_REQUEST_MAX} event types"
        raise Refused(f"A request creates {wanted}; this one names {len(drafts)}.")
    tenant = tx.tenant(account_id)
    done: list[EventType] = []
    failed: list[Failure] = []
    for index, draft in enumerate(drafts):
        problems = _problems(tenant, draft)
        if problems:
            failed.append(Failure(index, "; ".join(map(str, problems))))
        else:
            done.append(add(tx, tenant, draft, is_system=False))
    return Outcome(done, failed)


def add(tx: Transaction, tenant: Tenant, draft: EventTypeDraft, *, is_system: bool) -> EventType:
    """Stores an event type that is known to be good."""
    name = draft.event_type.strip()
    properties = tuple(dict.fromkeys(draft.event_properties))
    prefix = "system_event_type" if is_system else "custom_event_type"
    event_type = EventType(new_id(prefix, 8), name, properties, tx.now_us, is_system)
    type_id = event_types.insert(tx.connection, tenant.account_id, event_type)
    tenant.add_type(StoredEventType(type_id, tenant.account_id, event_type))
    return event_type


def delete(tx: Transaction, account_id: int, ids: Sequence[str]) -> Outcome[str]:
    """Deletes those that nothing uses (E7)."""
    tenant = tx.tenant(account_id)
    names = {known.event_type_id: name for name, known in tenant.types.items()}
    done: list[str] = []
    failed: list[Failure] = []
    for index, event_type_id in enumerate(ids):
        name = names.get(event_type_id)
        if name is None:
            unknown = Problem("event_type_id", shown(event_type_id), "the id of an existing event type")
            failed.append(Failure(index, str(unknown)))
            continue
        reason = _why_not(tx, tenant, name)
        if reason is not None:
            failed.append(Failure(index, reason))
            continue
        del names[event_type_id]
        event_types.delete(tx.connection, tenant.types[name].type_id)
        tenant.remove_type(name)
        done.append(event_type_id)
    return Outcome(done, failed)


def _problems(tenant: Tenant, draft: EventTypeDraft) -> list[Problem]:
    problems = list(name_problems(draft.event_type, "event_type"))
    name = draft.event_type.strip()
    if name in SYSTEM_EVENT_TYPES:
        problems.append(Problem("event_type", shown(name), "a name that is no system event type's"))
    elif name in tenant.types:
        problems.append(Problem("event_type", shown(name), "a name that no other event type of the account bears"))
    if len(draft.event_properties) > limits.PROPERTIES_MAX:
        found = f"{len(draft.event_properties)} keys"
        problems.append(Problem("event_properties", found, f"at most {limits.PROPERTIES_MAX} keys"))
    for index, key in enumerate(draft.event_properties):
        problems += name_problems(key, f"event_properties[{index}]")
    return problems


def _why_not(tx: Transaction, tenant: Tenant, name: str) -> str | None:
    """Why an event type cannot be deleted; None where it can."""
    if name in SYSTEM_EVENT_TYPES:
        return f"{shown(name)} is a system event type and cannot be deleted"
    users = [
        segment.definition.name
        for segment in tenant.segments.values()
        if segment.status is not SegmentStatus.PENDING_DELETION
        and any(step.event_type == name for step in segment.definition.event_sequence)
    ]
    if users:
        return f"{shown(name)} is used by the segments {', '.join(map(shown, sorted(users)))}; delete those first"
    if events.has_type(tx.connection, tenant.account_id, tenant.types[name].type_id):
        return f"{shown(name)} is used by stored events and cannot be deleted"
    return None
