"""Who and what the store speaks of: accounts, event types and segments, as a check names and asks them."""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from sqlalchemy import Connection

from octy.model.membership import Conditions
from octy.model.segments import SegmentStatus
from octy.model.values import shown
from octy.store import accounts, erasures, event_types, inspection, segments
from octy.store.segments import StoredSegment


class CheckedSegment(Struct, frozen=True):
    """A segment, with what it asks of events."""

    stored: StoredSegment
    asked: Conditions

    @property
    def key(self) -> int:
        """The number by which tags refer to it."""
        return self.stored.segment_key

    @property
    def name(self) -> str:
        """As a difference tells it."""
        return shown(self.stored.definition.name)

    @property
    def at_rest_us(self) -> int | None:
        """Since when its tags stay as they are (X1); None while they do not."""
        return self.stored.lifetime.still_since_us

    @property
    def is_backfilling(self) -> bool:
        """Whether it has made no tag yet (P6)."""
        return self.stored.status is SegmentStatus.BACKFILLING and self.at_rest_us is None


class CheckedAccount(Struct, frozen=True):
    """An account, with all that its events and tags may refer to."""

    account_id: int
    name: str
    """As a difference tells it: the public key."""
    types: Mapping[int, str]
    segments: Sequence[CheckedSegment]
    leaving: frozenset[int]
    """Keys of deleted profiles of which the archive may still hold rows."""
    has_aged: bool
    """Whether events may have been removed for their age: what speaks of one need not find it."""
    ever: Mapping[int, str]
    """What all segments that there ever were, of whatever account, are called, by key."""


def catalog(connection: Connection) -> list[CheckedAccount]:
    """Every account."""
    types = event_types.all_types(connection)
    stored = [CheckedSegment(one, Conditions(one.definition)) for one in segments.all_segments(connection)]
    leaving, ever = erasures.requested(connection), inspection.names_ever(connection)
    return [
        CheckedAccount(
            account_id=one.account_id,
            name=one.name,
            types={known.type_id: known.event_type.event_type for known in types if known.account_id == one.account_id},
            segments=[segment for segment in stored if segment.stored.account_id == one.account_id],
            leaving=frozenset(leaving.get(one.account_id, ())),
            has_aged=one.aged_us > 0,
            ever=ever,
        )
        for one in accounts.all_accounts(connection)
    ]
