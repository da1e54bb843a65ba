"""Which events of a batch are acceptable (E2, E8, E9, T4)? The others fail alone, each with every reason against it.

The whole batch is looked through once, quickly; only an event that something may speak against is judged by itself.
"""

from collections.abc import Iterator, Sequence
from itertools import compress

from msgspec import Struct

from octy.model import limits
from octy.model.errors import Problem
from octy.model.events import EventDraft, PlainEventDraft
from octy.model.instants import CREATED_AT_FORM, FUTURE_TOLERANCE_US, UNSET, iso, parse_instant
from octy.model.outcomes import Failure
from octy.model.values import property_problems, shown
from octy.service.tenant import KnownType, Tenant


class Judged(Struct):
    """The acceptable events of a batch, as columns in the batch's order, and the failures of the others."""

    drafts: Sequence[EventDraft]
    profiles: Sequence[int]
    """Keys."""
    types: Sequence[KnownType]
    created_us: Sequence[int | None]
    """As their senders say; None where they do not."""
    failed: list[Failure]


def judge(tenant: Tenant, drafts: Sequence[EventDraft], latest_us: int) -> Judged:
    """Parts the acceptable events from the others. None may have happened after `latest_us`."""
    profiles = list(map(tenant.profile_keys.get, [draft.profile_id for draft in drafts]))
    types = list(map(tenant.types.get, [draft.event_type for draft in drafts]))
    created_us = [None if draft.created_at is None else _instant(draft.created_at) for draft in drafts]
    suspects = [
        index
        for index, (draft, profile, known, at_us) in enumerate(zip(drafts, profiles, types, created_us, strict=True))
        if profile is None
        or known is None
        or type(draft) is not PlainEventDraft
        or (at_us is not None and not 0 <= at_us <= latest_us)
    ]
    problems = {index: list(_problems(tenant, drafts[index], created_us[index], latest_us)) for index in suspects}
    failed = [Failure(index, "; ".join(map(str, found))) for index, found in problems.items() if found]
    good = [not problems.get(index) for index in range(len(drafts))] if failed else [True] * len(drafts)
    accepted = Judged(
        list(compress(drafts, good)),
        [profile for profile in compress(profiles, good) if profile is not None],
        [known for known in compress(types, good) if known is not None],
        list(compress(created_us, good)),
        failed,
    )
    assert len(accepted.profiles) == len(accepted.types) == len(accepted.drafts), "no good event names anything unknown"
    return accepted


def _instant(created_at: str) -> int:
    """The instant; UNSET where the text is none (E9)."""
    try:
        return parse_instant(created_at)
    except ValueError:
        return UNSET


def _problems(tenant: Tenant, draft: EventDraft, created_us: int | None, latest_us: int) -> Iterator[Problem]:
    if draft.profile_id not in tenant.profile_keys:
        yield Problem("profile_id", shown(draft.profile_id), "the profile_id of an existing profile")
    if draft.event_type not in tenant.types:
        yield Problem("event_type", shown(draft.event_type), "the name of an existing event type")
    yield from property_problems(draft.event_properties or {}, "event_properties")
    if created_us == UNSET:
        yield Problem("created_at", shown(draft.created_at), CREATED_AT_FORM)
    elif created_us is not None and created_us > latest_us:
        clock = iso(latest_us - FUTURE_TOLERANCE_US)
        wanted = f"no more than 60 seconds ahead of the server's clock, which says {clock}"
        yield Problem("created_at", shown(draft.created_at), wanted)
    message_id = draft.message_id
    if message_id is not None and (not 1 <= len(message_id) <= limits.MESSAGE_ID_CHARACTERS_MAX or "\0" in message_id):
        wanted = f"1 to {limits.MESSAGE_ID_CHARACTERS_MAX} characters, without NUL"
        yield Problem("message_id", shown(message_id), wanted)
