"""An outbox in memory: what the store's does, without a store, for tests of the dispatcher alone."""

import asyncio
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from octy.model.errors import Unavailable
from octy.model.instants import NEVER
from octy.webhooks.message import overtaking
from octy.webhooks.outbox import Attempt, Busy, Delivery, GivenUp, Postponed, Result
from octy.webhooks.schedule import WAIT_US_MAX


class Row(Struct):
    """A delivery and where it stands."""

    delivery: Delivery
    state: str
    next_attempt_us: int
    error: str | None = None
    attempts: list[Attempt] = []

    @property
    def lane(self) -> tuple[int, int]:
        """Whose it is, and about whom."""
        return self.delivery.account_id, self.delivery.profile_key


class MemoryOutbox:
    """Lives longer than a dispatcher, as a store does."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.groups: list[int] = []
        """How many results each call of `record` brought."""
        self.failures = 0
        """So many calls fail first."""
        self.gone: set[int] = set()
        """The accounts whose receivers want nothing any more."""
        self.may_record = asyncio.Event()
        self.may_record.set()

    def add(self, url: str, *, account: int = 1, profile: int = 0, due_us: int = 0) -> str:
        """A new delivery; its id is `msg_1`, `msg_2`, …"""
        number = len(self.rows) + 1
        body = b'{"subject":"Live segment tag created","meta":{"number":%d,"overtakes":0}}' % number
        delivery = Delivery(number, f"msg_{number}", account, profile, url, body, attempts=0)
        row = Row(delivery, "pending", due_us)
        if self._pending(row.lane):
            row.next_attempt_us += WAIT_US_MAX
        self.rows.append(row)
        return delivery.webhook_id

    def moves_to(self, url: str) -> None:
        """All accounts configure this URL."""
        for row in self.rows:
            row.delivery = msgspec.structs.replace(row.delivery, webhook_url=url)

    def states(self) -> list[str]:
        """Of all deliveries, in the order in which they were added."""
        return [row.state for row in self.rows]

    async def due(self, now_us: int, limit: int, each: int, busy: Busy) -> Sequence[Delivery]:
        self._fail()
        firsts: dict[tuple[int, int], Row] = {}
        for row in self.rows:
            is_due = row.state == "pending" and row.next_attempt_us <= now_us
            if is_due and not self._is_busy(row.delivery, busy):
                firsts.setdefault(row.lane, row)
        found: list[Delivery] = []
        for row in sorted(firsts.values(), key=lambda row: row.next_attempt_us):
            mine = [one for one in found if one.account_id == row.delivery.account_id]
            if len(mine) < each:
                is_ahead = row.delivery.attempts == 0 and self._pending(row.lane)[0] is not row
                found.append(msgspec.structs.replace(row.delivery, is_ahead=is_ahead))
        return found[:limit]

    async def next_due_us(self, after_us: int) -> int:
        rows = (row for row in self.rows if row.state == "pending" and row.delivery.account_id not in self.gone)
        return min((row.next_attempt_us for row in rows if row.next_attempt_us > after_us), default=NEVER)

    async def overtaking(self, delivery: Delivery) -> Delivery:
        self._fail()
        row = self.rows[delivery.delivery_id - 1]
        row.delivery = msgspec.structs.replace(
            delivery, body=overtaking(delivery.body, self._pending(row.lane).index(row)), is_ahead=False
        )
        return row.delivery

    async def record(self, results: Sequence[Result]) -> None:
        await self.may_record.wait()
        self._fail()
        self.groups.append(len(results))
        for result in results:
            self._record(result)

    def _record(self, result: Result) -> None:
        row = self.rows[result.delivery_id - 1]
        row.delivery = msgspec.structs.replace(row.delivery, attempts=result.attempts)
        if result.attempt is not None:
            row.attempts = [*row.attempts, result.attempt]
        if isinstance(result, Postponed):
            row.next_attempt_us, row.error = result.next_attempt_us, result.error
            return
        row.state = "failed" if isinstance(result, GivenUp) else "delivered"
        row.error = result.error if isinstance(result, GivenUp) else None
        if isinstance(result, GivenUp) and result.is_gone:
            self.gone.add(row.delivery.account_id)
        left = self._pending(row.lane)
        if left and left[0].delivery.attempts == 0:
            left[0].next_attempt_us = min(left[0].next_attempt_us, result.finished_us)

    def _pending(self, lane: tuple[int, int]) -> list[Row]:
        return [row for row in self.rows if row.lane == lane and row.state == "pending"]

    def _fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise Unavailable("The outbox cannot be used now.")

    def _is_busy(self, delivery: Delivery, busy: Busy) -> bool:
        if delivery.account_id in self.gone or delivery.account_id in busy.accounts:
            return True
        return (delivery.account_id, delivery.profile_key) in busy.profiles
