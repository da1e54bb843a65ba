"""Does anything speak of something that is not there? Webhooks, message ids, tags, keys, segments (X3, E8, H3)."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from octy.model.segments import SegmentStatus
from octy.service.checking.catalog import CheckedAccount
from octy.service.checking.findings import Findings
from octy.service.checking.numbers import Met
from octy.service.checking.remedies import (
    StrayDelivery,
    StrayDigested,
    StrayMessageId,
    StrayStorm,
    StrayTag,
    StrayToldMatch,
)
from octy.store import inspection
from octy.store.folder import Snapshot
from octy.store.inspection import Subject


class _Segment(Struct):
    segment_id: str


class _Match(Struct):
    profile_id: str
    segment: _Segment


class _Body(Struct):
    body: _Match


_decode_body = msgspec.json.Decoder(_Body).decode


def check_references(snapshot: Snapshot, accounts: Sequence[CheckedAccount], findings: Findings) -> None:
    """Notes every difference; message ids are `check_message_ids`'s."""
    connection = snapshot.connection
    findings.checked.update(
        {name: count for name, count in inspection.counts(connection).items() if name != "profiles"}
    )
    for segment_key, profile_key in inspection.stray_tags(connection):
        where = f"segment key {segment_key}, profile key {profile_key}"
        wanted = "a segment and a profile that there are"
        findings.differ("tag", where, wanted, "one of them missing", StrayTag(segment_key, profile_key))
    _check_deliveries(connection, findings)
    _check_segments(accounts, findings)
    names = {one.account_id: one.name for one in accounts}
    for account_id, next_key, greatest in inspection.keys_beyond(connection):
        wanted = f"a next profile key above {greatest:,}"
        findings.differ("account", names.get(account_id, str(account_id)), wanted, f"{next_key:,}")
    for account_id, key in inspection.erased_and_there(connection):
        where = f"account {names.get(account_id, account_id)}, profile key {key}"
        findings.differ("deleted profile", where, "none: the archive is to forget it", "the profile")


def check_message_ids(snapshot: Snapshot, accounts: Sequence[CheckedAccount], met: Met, findings: Findings) -> None:
    """E8: each speaks of an event that is stored, or was removed for its age."""
    aged = {account.account_id for account in accounts if account.has_aged}
    for account_id, seq in inspection.message_id_seqs(snapshot.connection):
        if not met.has(seq) and account_id not in aged:
            findings.differ("message id", f"seq {seq:,}", "an event", "none", StrayMessageId(seq))


def _check_deliveries(connection: Connection, findings: Findings) -> None:
    for delivery in inspection.odd_deliveries(connection):
        wanted = "an account, a profile and a segment that there are"
        findings.differ("webhook", delivery.webhook_id, wanted, delivery.oddity, StrayDelivery(delivery.delivery_id))
    for account_id, profile_key in inspection.digested_of_nobody(connection):
        where = f"account id {account_id}, profile key {profile_key}"
        findings.differ("digest", where, "a profile that there is", "none", StrayDigested(account_id, profile_key))
    for segment_key, profile_key in inspection.matches_told_of_nobody(connection):
        where = f"segment key {segment_key}, profile key {profile_key}"
        wanted = "a segment and a profile that there are"
        findings.differ("told match", where, wanted, "one of them missing", StrayToldMatch(segment_key, profile_key))
    for segment_key in inspection.storms_of_nothing(connection):
        where = f"segment key {segment_key}"
        findings.differ("webhook minute or stop", where, "a segment that there is", "none", StrayStorm(segment_key))
    for subject in inspection.subjects(connection):
        if not _is_about(subject):
            wanted = f"a body about {subject.profile_id} and {subject.segment_id}"
            findings.differ("webhook", subject.webhook_id, wanted, "another")
    for webhook_id, oddity in inspection.insane_deliveries(connection):
        findings.differ("webhook", webhook_id, "a sane state", oddity)


def _is_about(subject: Subject) -> bool:
    """H1."""
    try:
        told = _decode_body(subject.body).body
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return (told.profile_id, told.segment.segment_id) == (subject.profile_id, subject.segment_id)


def _check_segments(accounts: Sequence[CheckedAccount], findings: Findings) -> None:
    for account in accounts:
        for segment in account.segments:
            stored = segment.stored
            where = f"account {account.name}, {segment.name}"
            if account.ever.get(segment.key) != stored.definition.name:
                findings.differ("segment", where, "its name kept for its history", "none, or another")
            is_pending = stored.status is SegmentStatus.PENDING_DELETION
            if is_pending != (stored.lifetime.requested_us is not None):
                wanted = "the instant of a deletion's request where that is pending, and only there"
                findings.differ("segment", where, wanted, stored.status.value)
