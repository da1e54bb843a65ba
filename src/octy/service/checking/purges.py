"""Do receipts of purges say what was purged? Each checksum is worked out anew from the history of tags (X2, G5)."""

from collections import defaultdict
from collections.abc import Mapping, Set

import numpy as np

from octy.model.lifetimes import PurgeCause
from octy.model.receipts import Receipt, tags_sha256
from octy.model.segments import SegmentType
from octy.model.tags import Cause
from octy.service.checking.catalog import CheckedAccount
from octy.service.checking.findings import Findings
from octy.service.checking.logs import AccountLog
from octy.service.checking.told import tags_told
from octy.store import inspection, profiles, receipts
from octy.store.folder import Snapshot
from octy.store.log_shape import CHANGES, chosen

PROFILES_AT_ONCE = 16_384


def check_receipts(snapshot: Snapshot, account: CheckedAccount, findings: Findings) -> None:
    """Notes every difference of an account, all of whose history can be read.

    The history of who was erased is gone (X3), so as many tags may be missing as profiles were; then the checksum
    cannot be worked out any more.
    """
    found = receipts.of_account(snapshot.connection, account.account_id)
    if not found:
        return
    keys = inspection.keys_ever(snapshot.connection)
    removed = _removed(snapshot, account, {keys[one.segment_id]: one for one in found if one.segment_id in keys})
    erased = profiles.next_key(snapshot.connection, account.account_id) - profiles.count(
        snapshot.connection, account.account_id
    )
    there, seen = {one.stored.segment_id for one in account.segments}, set[str]()
    for receipt in found:
        findings.checked["purge receipts"] += 1
        for wanted, what in _oddities(receipt, there, seen):
            findings.differ("purge receipt", receipt.receipt_id, wanted, what)
        seen.add(receipt.segment_id)
        if receipt.segment_id not in keys:
            findings.differ("purge receipt", receipt.receipt_id, "its segment's name kept for its history", "none")
            continue
        tags = removed[keys[receipt.segment_id]]
        wanted, what = f"{len(tags):,} tags removed", f"{receipt.tags_removed:,}"
        if not len(tags) <= receipt.tags_removed <= len(tags) + erased:
            findings.differ("purge receipt", receipt.receipt_id, wanted, what)
        elif len(tags) == receipt.tags_removed and (sha256 := tags_sha256(tags.items())) != receipt.tags_sha256:
            findings.differ("purge receipt", receipt.receipt_id, f"SHA-256 {sha256.hex()}", receipt.tags_sha256.hex())


def _oddities(receipt: Receipt, there: Set[str], seen: Set[str]) -> list[tuple[str, str]]:
    """Each as (expected, found)."""
    found = []
    if receipt.segment_id in there:
        found.append(("a segment that is gone", "one that is there"))
    if receipt.segment_id in seen:
        found.append(("one receipt of a segment", "another of the same"))
    if not receipt.created_us <= receipt.requested_us <= receipt.purged_us <= receipt.recorded_us:
        found.append(("created, asked for, purged and recorded in this order", "another order"))
    if (receipt.cause is PurgeCause.TRAINING) != (receipt.job_id is not None):
        found.append(("a training job where that is the cause, and only there", receipt.job_id or "none"))
    return found


def _removed(
    snapshot: Snapshot, account: CheckedAccount, purged: Mapping[int, Receipt]
) -> Mapping[int, Mapping[str, int]]:
    """By segment key: the instant of each tag that was borne until the purge, by profile id."""
    log = AccountLog(snapshot.connection, snapshot.archive, CHANGES, account.account_id)
    live = {key for key, one in purged.items() if one.definition.segment_type is SegmentType.LIVE}
    keys = np.array(sorted(purged), np.int64)
    removed: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for first in range(0, log.last_profile + 1, PROFILES_AT_ONCE):
        columns = log.columns(log.parts(first, first + PROFILES_AT_ONCE))
        before = np.isin(columns["segment_key"], keys) & (columns["cause"] != Cause.DELETION)
        told = tags_told(chosen(columns, before), live)
        ids = inspection.profiles_in(snapshot.connection, account.account_id, first, first + PROFILES_AT_ONCE)
        for profile in told.keys() & ids.keys():
            for key, since_us in told[profile].items():
                removed[key][ids[profile].profile_id] = since_us
    return removed
