"""A segment's life: where may it go from where it is, and what is known of the way? Pure; the service carries it out.

    backfilling ──▸ active ──▸ pending deletion ──▸ purged
         └───────────────────────▸     │
         ◂──── restored (past) ────────┤
                active ◂── (live) ─────┘

A segment that is purged is not there any more: its receipt is. Rules P6, X1 and X2; restoring is told of in
docs/decisions/0027.
"""

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from octy.model.instants import NEVER, US_PER_HOUR
from octy.model.segments import SegmentDefinition, SegmentStatus, Tally

PURGE_AFTER_US = 72 * US_PER_HOUR
"""X2: how long after the request a deleted segment and its tags go at the latest."""


class PurgeCause(StrEnum):
    """Why a segment was purged when it was (X2)."""

    TRAINING = "training"
    """A training job has completed, whose dataset was built after the request."""
    ELAPSED = "elapsed"
    """72 hours are over."""


class Pause(Struct, frozen=True):
    """A time in which a deletion was pending; the seqs are those of the last events accepted before each end."""

    requested_us: int
    requested_seq: int
    restored_us: int
    restored_seq: int
    is_over: bool
    """Whether its tags have been made what they must be since: of a past segment, with the end of its backfill."""


class Lifetime(Struct, frozen=True):
    """Where a segment is in its life. Each step makes another; one that is not allowed is the caller's mistake."""

    status: SegmentStatus
    requested_us: int | None = None
    """When its deletion was asked for, while that is pending."""
    requested_seq: int | None = None
    """The last event's that was accepted before that; None where an earlier version was asked."""
    pauses: tuple[Pause, ...] = ()
    """Deletions that were cancelled, the earliest first."""

    @classmethod
    def begun(cls, *, is_live: bool) -> "Lifetime":
        """A live segment is at work at once, a past one when its backfill ends (P6)."""
        return cls(SegmentStatus.ACTIVE if is_live else SegmentStatus.BACKFILLING)

    @property
    def is_pending(self) -> bool:
        """Whether its deletion is (X1)."""
        return self.status is SegmentStatus.PENDING_DELETION

    @property
    def deletion(self) -> int | None:
        """Which of its deletions is pending, counted from 1; None where none is."""
        return len(self.pauses) + 1 if self.is_pending else None

    @property
    def purge_us(self) -> int:
        """The latest instant of its purge (X2); NEVER where no deletion is pending."""
        return NEVER if self.requested_us is None else self.requested_us + PURGE_AFTER_US

    @property
    def still_since_us(self) -> int | None:
        """Since when it has made no tag and taken none off; None while it does, or before its first backfill ends."""
        unfinished = [pause.requested_us for pause in self.pauses if not pause.is_over]
        return unfinished[0] if unfinished else self.requested_us

    @property
    def is_followed(self) -> bool:
        """Whether it is known which events come before a deletion that is pending, so that a live one can go on."""
        return not self.is_pending or self.requested_seq is not None

    @property
    def rests_since(self) -> tuple[int, int] | None:
        """The instant and the seq after which it rests, while its deletion is pending; None where that is not known."""
        if self.requested_us is None or self.requested_seq is None:
            return None
        return self.requested_us, self.requested_seq

    def backfilled(self) -> "Lifetime":
        """Its backfill has ended."""
        assert self.status is SegmentStatus.BACKFILLING, "only a backfill ends"
        pauses = tuple(replace(pause, is_over=True) for pause in self.pauses)
        return replace(self, status=SegmentStatus.ACTIVE, pauses=pauses)

    def deleted(self, now_us: int, last_seq: int) -> "Lifetime":
        """Its deletion is asked for (X1). Asking again would put nothing off: it is not done twice."""
        assert not self.is_pending, "it is pending already"
        status = SegmentStatus.PENDING_DELETION
        return replace(self, status=status, requested_us=now_us, requested_seq=last_seq)

    def restored(self, now_us: int, last_seq: int, *, is_live: bool) -> "Lifetime":
        """The deletion is cancelled. A past segment is backfilled once more."""
        assert self.is_pending, "nothing to be cancelled"
        assert self.requested_us is not None, "it was asked for"
        assert now_us < self.purge_us, "it is purged"
        requested_seq = last_seq if self.requested_seq is None else self.requested_seq
        pause = Pause(self.requested_us, requested_seq, now_us, last_seq, is_over=is_live)
        return replace(Lifetime.begun(is_live=is_live), pauses=(*self.pauses, pause))

    def goes_with(self, left_out: int | None) -> bool:
        """Whether a training job purges it that has completed, whose dataset left it out (X2).

        `left_out` is the deletion that was pending when the dataset was built; None where its tags are in it. Instants
        would not do: a deletion and a dataset may be of the same microsecond.
        """
        return self.is_pending and self.deletion == left_out


class Segment(Struct, frozen=True):
    """A segment as an account sees it."""

    segment_id: str
    definition: SegmentDefinition
    lifetime: Lifetime
    created_us: int
    profile_count: int
    audited: Tally = Tally()
    jobs_in_flight: tuple[str, ...] = ()
    """Training jobs that use its tags and have not ended."""
    models: tuple[str, ...] = ()
    """Training jobs that have made a model with its tags."""

    @property
    def status(self) -> SegmentStatus:
        """Where it is in its life."""
        return self.lifetime.status
