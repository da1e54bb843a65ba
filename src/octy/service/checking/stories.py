"""Does every profile bear exactly the tags that the log demands, and does its history end in them?

Profile by profile, with the plain evaluator of `octy.model.membership`; some profiles' rows are in memory at a time.
"""

from collections.abc import Collection, Iterator, Sequence

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection

from octy.model.events import CHARGED
from octy.model.membership import NOTHING_YET, Occurred, Stood, Texts, is_member, live_tag_us, may_bear, texts_of
from octy.service import settling, standings
from octy.service.checking.catalog import CheckedAccount, CheckedSegment
from octy.service.checking.deeds import Deeds
from octy.service.checking.findings import Findings, since
from octy.service.checking.logs import AccountLog
from octy.service.checking.remedies import Charged, Nobody, TagRemedy
from octy.service.checking.told import tags_told
from octy.store import inspection, meta, profiles, tallies
from octy.store.folder import Snapshot
from octy.store.inspection import ProfileFacts
from octy.store.log_shape import CHANGES, PROFILE, Columns

ROWS_AT_ONCE = 131_072
"""About how many events are in memory at a time."""
PROFILES_AT_ONCE_MAX = 16_384


class Applied(Struct, frozen=True):
    """Through which instant everything is applied."""

    since_us: int
    """What time alone changes is applied through this one at least, even of profiles to which nothing else happens."""
    through_us: int


def applied(connection: Connection, account_id: int) -> Applied:
    """As the store says."""
    now_us = settling.applied_us(connection, account_id, int(meta.get_value(connection, "now_us") or 0))
    settled = settling.noted(connection, account_id)
    return Applied(now_us if settled is None else settled.us, now_us)


def check_stories(snapshot: Snapshot, account: CheckedAccount, findings: Findings) -> None:
    """Notes every difference of one account, all of whose log can be read."""
    Stories(snapshot, account, findings).check()


class Stories:
    """One account's."""

    def __init__(
        self,
        snapshot: Snapshot,
        account: CheckedAccount,
        findings: Findings,
        through: Applied | None = None,
        profile_keys: Sequence[int] | None = None,
    ) -> None:
        """`through`: where that is not what the store says. `profile_keys`: for the tags of these few alone."""
        self._connection = snapshot.connection
        self._account = account
        self._findings = findings
        self._applied = through or applied(snapshot.connection, account.account_id)
        self._are_profiles_lost = tallies.are_profiles_lost(snapshot.connection)
        self._deeds = Deeds(snapshot.connection, snapshot.archive, account, profile_keys)
        self._changes = AccountLog(snapshot.connection, snapshot.archive, CHANGES, account.account_id, profile_keys)
        self._stood = standings.stored(snapshot.connection, snapshot.archive, account.account_id)
        self._segments = {one.key: one for one in account.segments}
        self._live = {one.key for one in account.segments if one.asked.is_live}
        self._charged = [number for number, name in account.types.items() if name == CHARGED]

    def check(self) -> None:
        """All profiles, some at a time."""
        last = max(
            inspection.last_profile_key(self._connection, self._account.account_id),
            profiles.next_key(self._connection, self._account.account_id) - 1,
            self._deeds.log.last_profile,
            self._changes.last_profile,
        )
        rows = self._deeds.log.row_count + self._changes.row_count
        size = min(PROFILES_AT_ONCE_MAX, max(1, (last + 1) * ROWS_AT_ONCE // max(rows, 1)))
        for first in range(0, last + 1, size):
            self._check(first, first + size)

    def _check(self, first: int, end: int) -> None:
        facts = inspection.profiles_in(self._connection, self._account.account_id, first, end)
        parts, changes = self._deeds.log.parts(first, end), self._changes.columns(self._changes.parts(first, end))
        self._findings.checked["profiles"] += len(facts)
        events = [part.columns for part in parts]
        for log, columns in (("events", events), ("tag changes", [changes])):
            self._check_owners(log, columns, facts)
        self._check_references(events, changes)
        self._check_charged(events, facts)
        deeds = self._deeds.of(parts)
        borne = inspection.tags_in(self._connection, self._segments, first, end)
        told = tags_told(changes, self._live)
        stood = self._stood.between(first, end)
        for key in sorted((deeds.keys() | borne.keys() | told.keys() | stood.keys()) & facts.keys()):
            self._check_profile(
                facts[key], deeds.get(key, []), borne.get(key, {}), told.get(key, {}), stood.get(key, {})
            )

    def check_tags(self, key: int) -> bool:
        """The tags of one profile; whether there is such a profile."""
        facts = inspection.profiles_in(self._connection, self._account.account_id, key, key + 1)
        if not facts:
            return False
        borne = inspection.tags_in(self._connection, self._segments, key, key + 1)
        changes = self._changes.columns(self._changes.parts(key, key + 1))
        told, deeds = tags_told(changes, self._live), self._deeds.of(self._deeds.log.parts(key, key + 1))
        stood = self._stood.between(key, key + 1)
        self._check_profile(facts[key], deeds.get(key, []), borne.get(key, {}), told.get(key, {}), stood.get(key, {}))
        return True

    # What the rows say of themselves

    def _check_owners(self, log: str, parts: Sequence[Columns], facts: Collection[int]) -> None:
        """X3: rows of a profile that is not there, and that nobody is about to remove.

        They may go where every profile that is not there was deleted; else they may be all that is left of a lost one.
        """
        found = {key for columns in parts for key in np.unique(columns[PROFILE]).tolist()}
        for key in sorted(found - set(facts) - self._account.leaving):
            where = f"account {self._account.name}, profile key {key}"
            remedy = None if self._are_profiles_lost else Nobody(self._account.account_id, key)
            self._findings.differ("deleted profile", where, f"no {log}", log, remedy)

    def _check_references(self, events: Sequence[Columns], changes: Columns) -> None:
        """Event types and segments that there are or were, and the events that history names (G5)."""
        for columns in events:
            for number in sorted(set(np.unique(columns["type_id"]).tolist()) - self._account.types.keys()):
                where = f"account {self._account.name}, type id {number}"
                self._findings.differ("event", where, "an event type of the account", "none")
        for key in sorted(set(np.unique(changes["segment_key"]).tolist()) - self._account.ever.keys()):
            where = f"account {self._account.name}, segment key {key}"
            self._findings.differ("tag change", where, "a segment that there is or was", "none")
        if self._account.has_aged:
            return
        causes = changes["event_seq"][changes["event_seq"] > 0]
        stored = np.concatenate([np.empty(0, np.int64), *(columns["seq"] for columns in events)])
        for seq in np.unique(causes[~np.isin(causes, stored)]).tolist():
            where = f"account {self._account.name}, seq {seq:,}"
            self._findings.differ("event", where, "the event that a tag change was caused by", "none")

    def _check_charged(self, events: Sequence[Columns], facts: dict[int, ProfileFacts]) -> None:
        """E4."""
        of_type = (columns[PROFILE][np.isin(columns["type_id"], self._charged)] for columns in events)
        for key in sorted({key for keys in of_type for key in np.unique(keys).tolist()} & facts.keys()):
            if not facts[key].has_charged:
                remedy = Charged(self._account.account_id, key)
                self._findings.differ("has_charged", facts[key].profile_id, "true", "false", remedy)

    # Tags

    def _check_profile(
        self,
        facts: ProfileFacts,
        events: list[Occurred],
        borne: dict[int, int],
        told: dict[int, int],
        stood: dict[int, Stood],
    ) -> None:
        data = texts_of(facts.data)
        for key, segment in self._segments.items():
            self._findings.checked["profiles and segments"] += 1
            asked = [event for event in events if event.event_type in segment.asked.event_types]
            borne_us, told_us = borne.get(key), told.get(key)
            if segment.at_rest_us is not None and self._account.has_aged:
                wanted_us = told_us  # what it had seen may be gone
            elif segment.asked.is_live:
                in_order = sorted(asked, key=lambda event: event.seq)
                wanted_us = self._live_tag(segment, in_order, borne_us, stood.get(key, NOTHING_YET))
            else:
                wanted_us = self._past_tag(segment, asked, data, borne_us, told_us)
            self._compare(facts, segment, borne_us, told_us, wanted_us)
        for key in sorted(told.keys() - self._segments.keys()):
            where = f"{facts.profile_id}, segment {self._account.ever.get(key, key)}"
            remedy = TagRemedy(self._account.account_id, key, facts.key, told[key], None, is_segment_gone=True)
            wanted = "an end: the segment is deleted"
            self._findings.differ("tag history", where, wanted, f"the tag {since(told[key])}", remedy)

    def _live_tag(
        self, segment: CheckedSegment, events: Sequence[Occurred], borne_us: int | None, stood: Stood
    ) -> int | None:
        """What the tag must show; of the answers that a segment at rest leaves open, the one that is there.

        The events come in the order in which they were accepted.
        """
        stored = segment.stored
        after_seq, through_us = max(stored.created_seq, self._stood.through_seq), self._through_us(segment)
        seen = [event for event in events if event.seq > after_seq and event.created_us >= stored.created_us]
        pauses = stored.lifetime.pauses
        answers = [live_tag_us(segment.asked, known, through_us, stood, pauses) for known in self._known(segment, seen)]
        return borne_us if borne_us in answers else answers[-1]

    def _past_tag(
        self,
        segment: CheckedSegment,
        events: Sequence[Occurred],
        data: Texts,
        borne_us: int | None,
        told_us: int | None,
    ) -> int | None:
        """The same of a past one. Since when it is borne, its history knows; else the tag itself, where it may say so.

        Of a segment at rest that asks for a profile property, nobody knows what that was; nor of any, whether it was
        laid to rest before its backfill ended, and so never made a tag.
        """
        bears, through_us = borne_us is not None, self._through_us(segment)
        if segment.is_backfilling:
            return None
        asks_for_data = segment.stored.definition.profile_property_name is not None
        is_unknown = segment.at_rest_us is not None and (asks_for_data or (borne_us is None and told_us is None))
        since_us = min(self._applied.since_us, through_us)
        is_right = is_unknown or any(
            may_bear(segment.asked, known, data, bears=bears, since_us=since_us, through_us=through_us)
            for known in self._known(segment, events)
        )
        if is_right:
            return None if not bears else borne_us if told_us is None else told_us
        if bears or not is_member(segment.asked, events, data, through_us):
            return None
        return through_us if told_us is None else told_us

    def _through_us(self, segment: CheckedSegment) -> int:
        return self._applied.through_us if segment.at_rest_us is None else segment.at_rest_us

    def _known(self, segment: CheckedSegment, events: Sequence[Occurred]) -> Iterator[Sequence[Occurred]]:
        """The events that the segment may have known: all, or those before its rest.

        Of those accepted at the instant at which it was laid to rest, nobody knows which came before that.
        """
        rest_us = segment.at_rest_us
        if rest_us is None:
            yield events
            return
        before = [event for event in events if event.accepted_us < rest_us]
        at_once = sorted((event for event in events if event.accepted_us == rest_us), key=lambda event: event.seq)
        for count in range(len(at_once) + 1):
            known = [*before, *at_once[:count]]
            yield known if segment.asked.is_live else sorted(known, key=lambda event: (event.created_us, event.seq))

    def _compare(
        self,
        facts: ProfileFacts,
        segment: CheckedSegment,
        borne_us: int | None,
        told_us: int | None,
        wanted_us: int | None,
    ) -> None:
        if borne_us == told_us == wanted_us:
            return
        where = f"{facts.profile_id}, segment {segment.name}"
        remedy = TagRemedy(self._account.account_id, segment.key, facts.key, told_us, wanted_us)
        if borne_us != wanted_us:
            self._findings.differ("tag", where, since(wanted_us), since(borne_us), remedy)
        if told_us != wanted_us:
            wanted = f"an end in what the tag must be, {since(wanted_us)}"
            self._findings.differ("tag history", where, wanted, since(told_us), remedy)
