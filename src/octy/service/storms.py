"""How much is told of a segment? So much a minute one by one, the rest in a digest; nothing once too much happens.

Minutes are the clock's, UTC, and go by the instants at which changes were recorded. One that comes later than its
minute's end (a surge) counts in the minute that is there. What is decided here is stored with what it decided upon, so
a minute goes on after a restart where it was.
"""

from collections.abc import Iterable
from enum import Enum, auto

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from octy.model.instants import NEVER, US_PER_MINUTE
from octy.service.choosing import Choice
from octy.service.ids import new_id
from octy.store import storms
from octy.store.storms import Minute, StoredStop


class Verdict(Enum):
    """What becomes of a change that the account wants to hear of."""

    TELL = auto()
    DIGEST = auto()
    STOP = auto()
    """It is not told, nor is any after it: the first one."""
    WITHHOLD = auto()


class Ending(Struct, frozen=True):
    """A minute that is over, or cut short, with a digest to be told."""

    minute: Minute
    digest_id: str
    at_us: int


class Storm:
    """What has been told of one account's segments, lately."""

    def __init__(
        self, account_id: int, minutes: Iterable[Minute] = (), stops: Iterable[StoredStop] = (), through_us: int = 0
    ) -> None:
        """Nothing that happens counts before `through_us`."""
        self._account_id = account_id
        self._minutes = {one.segment_key: one for one in minutes}
        self._stops = {one.segment_key: one for one in stops}
        self._through_us = through_us
        self._changed: set[int] = set()
        self._over: set[int] = set()

    @classmethod
    def of(cls, connection: Connection, account_id: int, through_us: int) -> "Storm":
        """As it is stored."""
        minutes, stops = storms.minutes_of(connection, account_id), storms.stops_of(connection, account_id)
        return cls(account_id, minutes, stops, through_us)

    def is_bounded(self, choice: Choice) -> bool:
        """Whether anything need be decided."""
        return bool(choice.per_minute or choice.breaker_share or self._minutes or self._stops)

    @property
    def due_us(self) -> int:
        """When the next digest is due; NEVER where none is."""
        return min((ends_us(one) for one in self._minutes.values() if one.digest_id), default=NEVER)

    def counted_us(self, recorded_us: int) -> int:
        """When a change counts that was recorded at an instant."""
        return max(recorded_us, self._through_us)

    def ended(self, now_us: int) -> list[Ending]:
        """The digests of minutes that are over by now, in the order of their ends. Each is told once."""
        self._through_us = max(self._through_us, now_us)
        over = sorted(
            (one for one in self._minutes.values() if ends_us(one) <= now_us),
            key=lambda one: (one.begins_us, one.segment_key),
        )
        for one in over:
            self._end(one)
        return [ending for one in over for ending in _ending(one, ends_us(one))]

    def gone(self, segment_key: int, now_us: int) -> list[Ending]:
        """The segment is: what its digest was going to tell is told now."""
        self._stops.pop(segment_key, None)
        minute = self._minutes.get(segment_key)
        if minute is None:
            return []
        self._end(minute)
        return _ending(minute, now_us)

    def judge(self, segment_key: int, now_us: int, choice: Choice, profile_count: int) -> Verdict:
        """What becomes of a change that counts now; no minute that is over is open."""
        self._changed.add(segment_key)
        if segment_key in self._stops:
            self._stops[segment_key].withheld += 1
            return Verdict.WITHHOLD
        minute = self._minutes.get(segment_key)
        if minute is None:
            minute = self._minutes[segment_key] = Minute(segment_key, self._account_id, now_us - now_us % US_PER_MINUTE)
            self._over.discard(segment_key)
        minute.changes += 1
        if choice.breaker_share and minute.changes > choice.breaker_share * profile_count:
            self._stops[segment_key] = StoredStop(segment_key, self._account_id, now_us, withheld=1)
            return Verdict.STOP
        if not choice.per_minute or minute.told < choice.per_minute:
            minute.told += 1
            return Verdict.TELL
        minute.digest_id = minute.digest_id or new_id("msg", 16)
        minute.digested += 1
        return Verdict.DIGEST

    def minute_of(self, segment_key: int) -> Minute:
        """The one that a change was just counted in."""
        return self._minutes[segment_key]

    def cut_short(self, segment_key: int, now_us: int) -> list[Ending]:
        """The breaker is open: what its digest was going to tell is told now. After a release its bound still holds."""
        minute = self._minutes[segment_key]
        self._minutes[segment_key] = replace(minute, changes=0, digest_id=None, digested=0)
        return _ending(minute, now_us)

    def release(self, segment_key: int) -> StoredStop | None:
        """The segment is told of again; what was known of its stop, None where there was none."""
        return self._stops.pop(segment_key, None)

    def save(self, connection: Connection) -> None:
        """Stores what has changed."""
        minutes = [self._minutes[key] for key in self._changed if key in self._minutes]
        storms.put(connection, minutes, [self._stops[key] for key in self._changed if key in self._stops])
        if self._over:
            storms.drop_minutes(connection, self._over)
        self._changed, self._over = set(), set()

    def _end(self, minute: Minute) -> None:
        del self._minutes[minute.segment_key]
        self._over.add(minute.segment_key)


def _ending(minute: Minute, at_us: int) -> list[Ending]:
    return [] if minute.digest_id is None else [Ending(minute, minute.digest_id, at_us)]


def ends_us(minute: Minute) -> int:
    """When it is over."""
    return minute.begins_us + US_PER_MINUTE
