"""How differences go: all that can be told from the log is made anew from it, in one transaction.

Tags become what the plain evaluator says, and the repair is the cause that their history gets (G5). History is added to
and never rewritten. No webhook is made, for matches were made, and told of, long ago (H1): unless the account has asked
to be told of repairs.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import NamedTuple, TypeVar

import msgspec
import numpy as np
from sqlalchemy import Connection

from octy.model.errors import StoreError
from octy.model.tags import Cause, ChangeKind
from octy.service.checking.findings import Findings
from octy.service.checking.remedies import (
    ChangedPage,
    Charged,
    LedgerLine,
    LostFile,
    Nobody,
    Remedy,
    StrayDelivery,
    StrayDigested,
    StrayFile,
    StrayMessageId,
    StrayStorm,
    StrayTag,
    StrayToldMatch,
    StrayUse,
    TagRemedy,
)
from octy.service.choosing import Choice
from octy.service.erasing import commit_to, erase
from octy.service.ids import EventIds
from octy.service.notifying import Audience, notify
from octy.service.storms import Storm
from octy.service.tracing import Traces
from octy.store import (
    accounts,
    digests,
    erasures,
    events,
    job_files,
    jobs,
    message_ids,
    meta,
    outbox,
    profiles,
    segments,
    storms,
    tags,
    tallies,
    told_matches,
    training_uses,
)
from octy.store.archive import ledger
from octy.store.folder import Store
from octy.store.json_text import to_text
from octy.store.tags import ChangeColumns

T = TypeVar("T")
LOST = "The file was lost or damaged. Ask for another dataset."
AudienceOf = Callable[[int, Sequence[int]], Audience]
"""Of an account; the profiles with these keys have ids."""

WORDS: dict[type[Remedy], str] = {
    TagRemedy: "tags and ends of their histories",
    StrayTag: "tags of nothing or nobody",
    Charged: "profiles that have charged",
    StrayMessageId: "message ids of no event",
    StrayDelivery: "webhooks about nobody",
    StrayDigested: "changes in digests about nobody",
    StrayToldMatch: "told matches of nothing or nobody",
    StrayStorm: "minutes and stops of no segment",
    LedgerLine: "lines of the archive's ledger",
    Nobody: "remains of deleted profiles",
    LostFile: "datasets that are lost or damaged",
    StrayUse: "uses of segments by no job, or of no segment",
    StrayFile: "files that the archive does not know",
    ChangedPage: "pages of the database that are taken as they are",
}
"""What is repaired, as the operator is told of it."""


class _Line(NamedTuple):
    """A line of history that is added."""

    remedy: TagRemedy
    kind: ChangeKind
    cause: Cause
    at_us: int


def planned(findings: Findings) -> Counter[str]:
    """What a repair would do, in numbers."""
    return Counter(WORDS[type(one)] for one in dict.fromkeys(findings.remedies))


def repair(store: Store, findings: Findings) -> int:
    """Does it; how many lines were added to the history. The findings are of the store as it is.

    Files that the archive does not know went when the store was opened.
    """
    remedies = list(dict.fromkeys(findings.remedies))
    with store.writer.begin():
        connection = store.writer
        now_us = int(meta.get_value(connection, "now_us") or 0)
        added = repair_tags(connection, _of(TagRemedy, remedies), now_us, partial(_audience, connection)).lines
        tags.drop(connection, [(one.segment_key, one.profile_key) for one in _of(StrayTag, remedies)])
        message_ids.forget(connection, [one.seq for one in _of(StrayMessageId, remedies)])
        outbox.drop(connection, [one.delivery_id for one in _of(StrayDelivery, remedies)])
        for digested in _of(StrayDigested, remedies):
            digests.forget_profiles(connection, digested.account_id, [digested.profile_key])
        for told in _of(StrayToldMatch, remedies):
            told_matches.forget_profiles(connection, [told.segment_key], [told.profile_key])
        for stray in _of(StrayStorm, remedies):
            storms.drop_minutes(connection, [stray.segment_key])
            storms.drop_stop(connection, stray.segment_key)
        for account_id, charged in groupby(_of(Charged, remedies), key=lambda one: one.account_id):
            profiles.set_charged(connection, account_id, [one.profile_key for one in charged], now_us)
        for line in _of(LedgerLine, remedies):
            values = msgspec.structs.asdict(line) | {"type_ids": to_text(line.type_ids)}
            ledger.correct(connection, values.pop("run_id"), values)
        for account_id, nobodies in groupby(_of(Nobody, remedies), key=lambda one: one.account_id):
            keys = [one.profile_key for one in nobodies]
            events.delete_of_profiles(connection, store.archive, account_id, keys)
            tags.delete_of_profiles(connection, store.archive, account_id, keys)
            erasures.request(connection, account_id, keys, now_us)
        for use in _of(StrayUse, remedies):
            training_uses.drop(connection, use.segment_key, use.job_id)
        damaged = [jobs.lose_file(connection, lost.job_id, LOST) for lost in _of(LostFile, remedies)]
    for made in damaged:
        if made is not None:
            job_files.remove(store.folder, made)
    for file in erase(store, commit_to(store)):
        store.archive.drop(file)
    if _of(ChangedPage, remedies):
        store.believe_pages()
    return added


def same_store(connection: Connection, before: tuple[str | None, ...]) -> None:
    """StoreError where the store has changed since `identity` said so of it."""
    if identity(connection) != before:
        raise StoreError("The data folder was served meanwhile; run octy repair again.")


def identity(connection: Connection) -> tuple[str | None, ...]:
    """What changes with every commit."""
    return tuple(meta.get_value(connection, name) for name in ("now_us", "last_seq", "last_change_id"))


def _of(kind: type[T], remedies: Iterable[object]) -> list[T]:
    return [one for one in remedies if isinstance(one, kind)]


class Repaired(NamedTuple):
    """What a repair of tags has come to."""

    lines: int
    """How many were added to the history."""
    added_webhooks: bool


def repair_tags(connection: Connection, remedies: Sequence[TagRemedy], now_us: int, audience: AudienceOf) -> Repaired:
    """Makes tags right, with lines of history recorded at an instant, and webhooks for whom `audience` says."""
    last_change_id = _last_change_id(connection)
    added, is_told = 0, False
    for account_id, mine in groupby(remedies, key=lambda one: one.account_id):
        lines = [line for one in mine for line in _lines(one, now_us)]
        columns = _columns(lines, now_us)
        is_told |= _tell(connection, audience(account_id, np.unique(columns.profile).tolist()), columns)
        tags.apply(connection, account_id, last_change_id + added + 1, columns)
        added += len(lines)
    there = [one for one in remedies if not one.is_segment_gone]
    borne = [(one.segment_key, one.profile_key, one.wanted_us) for one in there if one.wanted_us is not None]
    tags.put(connection, [(segment, profile, at_us) for segment, profile, at_us in borne if at_us is not None])
    tags.drop(connection, [(one.segment_key, one.profile_key) for one in there if one.wanted_us is None])
    last = tallies.given(connection)
    if last is not None:
        grown = msgspec.structs.replace(last, change_id=max(last.change_id, last_change_id + added))
        meta.set_values(connection, tallies.as_text(grown))
    return Repaired(added, is_told)


def _tell(connection: Connection, audience: Audience, changes: ChangeColumns) -> bool:
    """Webhooks for what has changed in segments that there are; true where there was one."""
    mine = changes.chosen(np.flatnonzero(np.isin(changes.segment, list(audience.segments))))
    return notify(connection, audience, mine, audience.live())


def _audience(connection: Connection, account_id: int, profile_keys: Sequence[int]) -> Audience:
    """Of an account that nobody serves."""
    now_us = int(meta.get_value(connection, "now_us") or 0)
    return Audience(
        account_id=account_id,
        choice=Choice(accounts.by_id(connection, account_id).configuration),
        storm=Storm.of(connection, account_id, now_us),
        profile_count=profiles.count(connection, account_id),
        segments={one.segment_key: one for one in segments.of_account(connection, account_id)},
        profile_ids=profiles.ids_of(connection, account_id, profile_keys),
        event_ids=EventIds(meta.get_value(connection, "id_key") or ""),
        traces=Traces(),
    )


def _last_change_id(connection: Connection) -> int:
    said = tallies.given(connection)
    return max(tags.last_change_id(connection), 0 if said is None else said.change_id)


def _lines(remedy: TagRemedy, now_us: int) -> Iterator[_Line]:
    """What leads from the end of the history, as it is, to what is right."""
    told_us, wanted_us = remedy.told_us, remedy.wanted_us
    if told_us == wanted_us:
        return
    if told_us is not None:
        cause = Cause.DELETION if remedy.is_segment_gone else Cause.REPAIR
        yield _Line(remedy, ChangeKind.REMOVED, cause, now_us)
    if wanted_us is not None:
        yield _Line(remedy, ChangeKind.CREATED, Cause.REPAIR, wanted_us)


def _columns(lines: Sequence[_Line], now_us: int) -> ChangeColumns:
    at_us = np.array([line.at_us for line in lines], np.int64)
    return ChangeColumns(
        profile=np.array([line.remedy.profile_key for line in lines], np.int32),
        segment=np.array([line.remedy.segment_key for line in lines], np.int64),
        kind=np.array([line.kind for line in lines], np.int32),
        cause=np.array([line.cause for line in lines], np.int32),
        effective_us=at_us,
        tag_created_us=at_us,
        recorded_us=np.full(len(lines), now_us, np.int64),
        event_seq=np.zeros(len(lines), np.int64),
        opener_seq=np.zeros(len(lines), np.int64),
    )
