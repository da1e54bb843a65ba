"""What does the dispatcher need of the queue of webhooks? The store's outbox as seen from here.

A delivery is put there in the transaction of its match (H3), by others, and stays pending until a result says that
it was delivered or given up.
"""

from collections.abc import Sequence
from typing import Protocol, TypeAlias

from msgspec import Struct

from octy.model.tracing import Trace


class Delivery(Struct, frozen=True):
    """A pending webhook."""

    delivery_id: int
    """Rises in the order in which the matches were made."""
    webhook_id: str
    account_id: int
    profile_key: int
    webhook_url: str
    """The account's URL as it is configured now; empty where it has none any more."""
    body: bytes
    attempts: int
    """How many attempts have failed so far."""
    attempts_before: int = 0
    """Of those, how many before it was last put in the queue: the schedule begins anew there."""
    is_ahead: bool = False
    """Whether it would leave before an earlier one about the same profile, of which it must say so."""
    created_us: int = 0
    """The instant of what it tells."""
    trace: Trace | None = None
    """That of the request which has caused it, where it is known."""


class Attempt(Struct, frozen=True):
    """What came of an attempt, for the account to see."""

    started_us: int
    took_ms: int
    status: int | None
    """Of the receiver's answer; None where there was none."""
    error: str | None
    """A sentence; None where the attempt succeeded."""
    excerpt: str
    """The beginning of the receiver's answer."""


class Succeeded(Struct, frozen=True):
    """The receiver has accepted it."""

    delivery_id: int
    attempts: int
    finished_us: int
    attempt: Attempt


class Postponed(Struct, frozen=True):
    """An attempt has failed, the next comes later."""

    delivery_id: int
    attempts: int
    failed_us: int
    next_attempt_us: int
    error: str
    attempt: Attempt


class GivenUp(Struct, frozen=True):
    """It is not tried again."""

    delivery_id: int
    attempts: int
    finished_us: int
    error: str
    attempt: Attempt | None
    """None where there was nowhere to send it to."""
    is_gone: bool = False
    """Whether the receiver wants nothing any more (410)."""


Result: TypeAlias = Succeeded | Postponed | GivenUp


class Busy(Struct, frozen=True):
    """Whose deliveries cannot be started now."""

    profiles: frozenset[tuple[int, int]] = frozenset()
    """(account id, profile key) of every delivery in flight: no second one of the same profile."""
    accounts: frozenset[int] = frozenset()
    """Accounts whose receivers have as many in flight as they may."""


class Outbox(Protocol):
    """The queue. Its methods may fail; the dispatcher then tries again a little later."""

    async def due(self, now_us: int, limit: int, each: int, busy: Busy) -> Sequence[Delivery]:
        """Up to `limit` pending deliveries whose next attempt is due, and none of the busy.

        At most `each` of an account, and of a profile the one that was made first; those accounts first that wait
        longest.
        """

    async def next_due_us(self, after_us: int) -> int:
        """The earliest next attempt of any pending delivery that comes after `after_us`; `NEVER` where none does."""

    async def overtaking(self, delivery: Delivery) -> Delivery:
        """The delivery as it says that it is ahead of earlier ones, stored so durably, from now on for ever."""

    async def record(self, results: Sequence[Result]) -> None:
        """Stores all of them durably, in one transaction; passes over a delivery that is gone (with its profile)."""
