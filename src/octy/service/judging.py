"""Which events of a batch are acceptable (E2, E8, E9, T4)? The others fail alone, each with every reason against it.

The whole batch is looked through once, quickly; only an event that something may speak against is judged by itself.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import compress
from typing import Any, cast

import msgspec
from msgspec import Struct

from octy.model import limits
from octy.model.errors import Problem
from octy.model.events import EventDraft, PlainEventDraft, share_lines, unpacked
from octy.model.instants import CREATED_AT_FORM, FUTURE_TOLERANCE_US, UNSET, iso, parse_instant
from octy.model.outcomes import Failure
from octy.model.values import property_problems, shown
from octy.service.tenant import KnownType, Tenant

_encode_lines = msgspec.json.Encoder(enc_hook=lambda packed: msgspec.Raw(packed.line)).encode_lines

LINES_LARGE_BYTES = 500_000
"""Of less it does not matter whether it is held twice."""

_FIELD = re.compile(r"[.\[]")
"""What ends a path's first part."""


class Judged(Struct):
    """The acceptable events of a batch, as columns in the batch's order, and the failures of the others."""

    drafts: Sequence[EventDraft]
    profiles: Sequence[int]
    """Keys."""
    types: Sequence[KnownType]
    created_us: Sequence[int | None]
    """As their senders say; None where they do not."""
    lines: bytes
    """The properties: a line of JSON each."""
    failed: list[Failure]
    reasons: list[str]
    """For each failure, the field that speaks against its event first."""


def judge(tenant: Tenant, drafts: Sequence[EventDraft], latest_us: int) -> Judged:
    """Parts the acceptable events from the others. None may have happened after `latest_us`."""
    profiles = list(map(tenant.profile_keys.get, [draft.profile_id for draft in drafts]))
    types = list(map(tenant.types.get, [draft.event_type for draft in drafts]))
    created_us = _instants([draft.created_at for draft in drafts])
    places: Sequence[int] = range(len(drafts))
    failed: list[tuple[Failure, str]] = []
    if not _all_beyond_doubt(drafts, profiles, types, created_us, latest_us):
        failed = list(_failures(tenant, drafts, created_us, latest_us))
        bad = {failure.index for failure, _ in failed}
        drafts, profiles, types, created_us, places = _without(bad, drafts, profiles, types, created_us, places)
    properties = [draft.event_properties for draft in drafts]
    lines = _encode_lines(properties)
    if len(lines) > LINES_LARGE_BYTES:
        share_lines(properties, lines)
    if too_large := _too_large(lines):
        failed += [(Failure(places[index], str(problem)), problem.path) for index, problem in too_large.items()]
        failed.sort(key=lambda one: one[0].index)
        texts = lines.splitlines(keepends=True)
        drafts, profiles, types, created_us, texts = _without(too_large, drafts, profiles, types, created_us, texts)
        lines = b"".join(texts)
    assert None not in profiles, "no good event is an unknown profile's"
    assert None not in types, "no good event is of an unknown type"
    failures, reasons = [failure for failure, _ in failed], [reason for _, reason in failed]
    keys, known = cast("list[int]", profiles), cast("list[KnownType]", types)
    return Judged(drafts, keys, known, created_us, lines, failures, reasons)


def _without(bad: Collection[int], *columns: Sequence[Any]) -> list[list[Any]]:
    """The columns without the rows in `bad`."""
    good = [index not in bad for index in range(len(columns[0]))]
    return [list(compress(column, good)) for column in columns]


def _too_large(lines: bytes) -> dict[int, Problem]:
    """Which events' properties are too large: none, where all together are not."""
    most = limits.EVENT_PROPERTIES_BYTES_MAX
    if len(lines) <= most:
        return {}
    wanted = f"at most {most:,} bytes as JSON"
    return {
        index: Problem("event_properties", f"{size:,} bytes", wanted)
        for index, size in enumerate(map(len, lines.split(b"\n")))
        if size > most
    }


def _all_beyond_doubt(
    drafts: Sequence[EventDraft],
    profiles: Sequence[int | None],
    types: Sequence[KnownType | None],
    created_us: Sequence[int | None],
    latest_us: int,
) -> bool:
    """Whether no event need be judged by itself: looks at columns, each in one go, and not at events."""
    return (
        None not in profiles
        and None not in types
        and set(map(type, drafts)) == {PlainEventDraft}
        and all(0 <= at_us <= latest_us for at_us in set(created_us) if at_us is not None)
    )


def _failures(
    tenant: Tenant, drafts: Sequence[EventDraft], created_us: Sequence[int | None], latest_us: int
) -> Iterator[tuple[Failure, str]]:
    """What speaks against each event that something speaks against, and the field that does so first."""
    for index, (draft, at_us) in enumerate(zip(drafts, created_us, strict=True)):
        if problems := list(_problems(tenant, draft, at_us, latest_us)):
            yield Failure(index, "; ".join(map(str, problems))), _FIELD.split(problems[0].path, 1)[0]


def _instants(created_at: Sequence[str | None]) -> list[int | None]:
    """The instants that senders give; UNSET where a text is none (E9)."""
    if created_at.count(None) == len(created_at):
        return [None] * len(created_at)
    return [None if text is None else _instant(text) for text in created_at]


def _instant(created_at: str) -> int:
    """The instant; UNSET where the text is none (E9)."""
    try:
        return parse_instant(created_at)
    except ValueError:
        return UNSET


def _problems(tenant: Tenant, draft: EventDraft, created_us: int | None, latest_us: int) -> Iterator[Problem]:
    """What speaks against one event. A plain one's properties are right by their type."""
    if draft.profile_id not in tenant.profile_keys:
        yield Problem("profile_id", shown(draft.profile_id), "the profile_id of an existing profile")
    if draft.event_type not in tenant.types:
        yield Problem("event_type", shown(draft.event_type), "the name of an existing event type")
    if type(draft) is not PlainEventDraft:
        yield from property_problems(unpacked(draft.event_properties) or {}, "event_properties")
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
