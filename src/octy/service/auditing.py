"""Does a server still say of its customers what its log says? Some profiles are held against the plain evaluator.

As `octy check` does it (`service.checking`), but beside a server at work, for a few profiles at a time and for their
tags alone. What seems to differ is looked at again by the writer, between two groups, so that nothing can have happened
meanwhile, and mended there: tags as the log has them, a line of history with the cause `repair`, told only to who asks.
Then the world is rebuilt from the log, since what is in memory has made, or missed, what was wrong.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from random import Random
from threading import Lock

import structlog
from msgspec import Struct
from sqlalchemy import Connection

from octy.model.segments import Tally
from octy.service.checking.catalog import CheckedAccount, catalog
from octy.service.checking.findings import Findings
from octy.service.checking.remedies import TagRemedy
from octy.service.checking.repair import repair_tags
from octy.service.checking.stories import Applied, Stories
from octy.service.record import audience_of
from octy.service.tenant import Tenant
from octy.service.transaction import Transaction
from octy.store import profiles, tags
from octy.store.archive.archive import Archive
from octy.store.folder import Snapshot, Store

log = structlog.get_logger()

PROFILES_PER_LOOK = 32
"""How many profiles of one account, at most, share the cost of opening its log."""


class Audit:
    """What the audit has come to since the server's start. From any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._all = Tally()
        self._of_segment: dict[int, Tally] = {}
        self.mended_tags = 0
        self.seconds = 0.0
        """Of one core's time, about."""

    @property
    def all(self) -> Tally:
        """Of all accounts and segments."""
        return self._all

    def of_segment(self, segment_key: int) -> Tally:
        """Of one segment."""
        return self._of_segment.get(segment_key, Tally())

    def note(self, checked: int, segment_keys: Collection[int]) -> None:
        """So many profiles were looked at, with their account's segments."""
        with self._lock:
            self._all = _more(self._all, checked, 0)
            for key in segment_keys:
                self._of_segment[key] = _more(self.of_segment(key), checked, 0)

    def note_mended(self, differing: Collection[tuple[int, int]], forgotten: Collection[int]) -> None:
        """(profile key, segment key) of tags that were not right; profiles whose tags in memory were others."""
        with self._lock:
            self._all = _more(self._all, 0, len({profile for profile, _ in differing} | set(forgotten)))
            self.mended_tags += len(differing)
            for key, count in Counter(segment for _, segment in differing).items():
                self._of_segment[key] = _more(self.of_segment(key), 0, count)


def _more(tally: Tally, checked: int, differing: int) -> Tally:
    return Tally(tally.checked + checked, tally.differing + differing)


class Look(Struct, frozen=True):
    """Profiles of an account that were looked at."""

    account_id: int
    profile_keys: Sequence[int]
    segment_keys: Sequence[int]
    doubtful: frozenset[int]
    """Those of which a tag seems not to be right."""


def look(store: Store, random: Random, goes_on: Callable[[], bool] = lambda: True) -> Look | None:
    """Holds some profiles, chosen by chance among all, against the log as it is at one moment. None: there are none.

    After each profile `goes_on` says whether there is time for another. SQLite's log grows until the look is over.
    """
    with store.reading() as connection:
        accounts = catalog(connection)
        counts = [profiles.next_key(connection, one.account_id) for one in accounts]
        if not any(counts):
            return None
        place = random.choices(range(len(accounts)), counts)[0]
        keys = list(dict.fromkeys(random.randrange(counts[place]) for _ in range(PROFILES_PER_LOOK)))
        findings, there = _held(connection, store.archive, accounts[place], keys, goes_on=goes_on)
    return Look(
        accounts[place].account_id,
        there,
        [one.key for one in accounts[place].segments],
        frozenset(one.profile_key for one in _remedies(findings)),
    )


def settle_doubts(tx: Transaction, audit: Audit, seen: Look) -> None:
    """Looks again, in the writer, at what seemed wrong and at what the engine thinks; mends what is wrong."""
    if seen.account_id not in tx.world.tenants:
        return
    tenant = tx.tenant(seen.account_id)
    doubtful = seen.doubtful | _thought_otherwise(tx.connection, tenant, seen.profile_keys)
    if not doubtful:
        return
    tenant = tx.settled(seen.account_id)
    (account,) = [one for one in catalog(tx.connection) if one.account_id == seen.account_id]
    applied = Applied(tx.now_us, tx.now_us)
    findings, there = _held(tx.connection, tx.world.archive, account, sorted(doubtful), applied)
    remedies = _remedies(findings)
    for difference in findings.differences:
        log.error("audit.difference", account=account.name, difference=str(difference))
    forgotten = _thought_otherwise(tx.connection, tenant, there) - {one.profile_key for one in remedies}
    for key in sorted(forgotten):
        log.error(
            "audit.difference", account=account.name, difference=f"profile key {key}: its tags in memory are others"
        )
    if not remedies and not forgotten:
        return
    repaired = repair_tags(tx.connection, remedies, tx.now_us, lambda *_: audience_of(tx.world, tenant))
    tx.world.last_change_id += repaired.lines
    tx.added_webhooks |= repaired.added_webhooks
    wrong = {(one.profile_key, one.segment_key) for one in remedies}
    tx.afterwards.append(lambda: audit.note_mended(wrong, forgotten))
    tx.is_world_in_doubt = True


def _held(
    connection: Connection,
    archive: Archive,
    account: CheckedAccount,
    keys: Sequence[int],
    applied: Applied | None = None,
    goes_on: Callable[[], bool] = lambda: True,
) -> tuple[Findings, list[int]]:
    """What is not right with the tags of some profiles, and which of those there are and were looked at."""
    findings, there = Findings(), []
    stories = Stories(Snapshot(archive.folder.parent, connection, archive), account, findings, applied, keys)
    for key in keys:
        if stories.check_tags(key):
            there.append(key)
        if not goes_on():
            break
    return findings, there


def _remedies(findings: Findings) -> list[TagRemedy]:
    return [one for one in dict.fromkeys(findings.remedies) if isinstance(one, TagRemedy)]


def _thought_otherwise(connection: Connection, tenant: Tenant, keys: Sequence[int]) -> frozenset[int]:
    """The profiles of which the engine thinks that they bear other tags than the store says."""
    thought = tenant.engine.bearers(keys)
    stored = tags.borne(connection, list(thought), keys)
    return frozenset(key for segment, bearers in thought.items() for key in bearers ^ stored.get(segment, set()))
