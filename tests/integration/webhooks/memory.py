"""An outbox in memory: what the store's does, without a store, for tests of the dispatcher alone."""

import asyncio
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from octy.model.errors import Unavailable
from octy.model.instants import NEVER
from octy.webhooks.outbox import Busy, Delivery, GivenUp, Postponed, Result


class Row(Struct):
    """A delivery and where it stands."""

    delivery: Delivery
    state: str
    next_attempt_us: int
    error: str | None = None


class MemoryOutbox:
    """Lives longer than a dispatcher, as a store does."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.groups: list[int] = []
        """How many results each call of `record` brought."""
        self.failures = 0
        """So many calls fail first."""
        self.may_record = asyncio.Event()
        self.may_record.set()

    def add(self, url: str, *, account: int = 1, profile: int = 0, due_us: int = 0) -> str:
        """A new delivery; its id is `msg_1`, `msg_2`, …"""
        number = len(self.rows) + 1
        body = f'{{"subject":"Live segment tag created","number":{number}}}'.encode()
        delivery = Delivery(number, f"msg_{number}", account, profile, url, body, attempts=0)
        self.rows.append(Row(delivery, "pending", due_us))
        return delivery.webhook_id

    def moves_to(self, url: str) -> None:
        """All accounts configure this URL."""
        for row in self.rows:
            row.delivery = msgspec.structs.replace(row.delivery, webhook_url=url)

    def states(self) -> list[str]:
        """Of all deliveries, in the order in which they were added."""
        return [row.state for row in self.rows]

    async def due(self, now_us: int, limit: int, busy: Busy) -> Sequence[Delivery]:
        self._fail()
        rows = [row for row in self.rows if row.state == "pending" and row.next_attempt_us <= now_us]
        free = [row for row in rows if not self._is_busy(row.delivery, busy)]
        free.sort(key=lambda row: (row.next_attempt_us, row.delivery.delivery_id))
        return [row.delivery for row in free[:limit]]

    async def next_due_us(self, after_us: int) -> int:
        instants = (row.next_attempt_us for row in self.rows if row.state == "pending")
        return min((instant for instant in instants if instant > after_us), default=NEVER)

    async def record(self, results: Sequence[Result]) -> None:
        await self.may_record.wait()
        self._fail()
        self.groups.append(len(results))
        for result in results:
            row = self.rows[result.delivery_id - 1]
            row.delivery = msgspec.structs.replace(row.delivery, attempts=result.attempts)
            if isinstance(result, Postponed):
                row.next_attempt_us, row.error = result.next_attempt_us, result.error
            else:
                row.state = "failed" if isinstance(result, GivenUp) else "delivered"
                row.error = result.error if isinstance(result, GivenUp) else None

    def _fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise Unavailable("The outbox cannot be used now.")

    @staticmethod
    def _is_busy(delivery: Delivery, busy: Busy) -> bool:
        return delivery.account_id in busy.accounts or (delivery.account_id, delivery.profile_key) in busy.profiles
