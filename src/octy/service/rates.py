"""How much may an account ask for in a second? A bucket for each, which holds a second's worth and is filled steadily.

A request passes where anything is left in its account's bucket, and may take more than that: what it owes is filled up
first. So a batch of any size passes in the end, and in the long run nobody gets more than the rate. Nothing is stored:
a start takes about the second in which a bucket fills, so a restart gives nobody much, and makes nobody wait.
"""

from octy.model.clock import Clock
from octy.model.errors import TooMuch
from octy.model.instants import US_PER_SECOND

BURST_US = US_PER_SECOND
"""What a full bucket holds: as much as flows in during the shortest pause that `Retry-After` can ask for, so that
whoever makes it loses nothing of the rate."""


class Rate:
    """So many of something in a second, for each account; any number where that is 0."""

    def __init__(self, clock: Clock, per_second: int, what: str) -> None:
        self._clock = clock
        self.per_second = 0 if clock.is_sandbox else per_second
        self._what = what
        self._full_us: dict[int, float] = {}
        """When each account's bucket will be full again."""

    def check(self, account_id: int) -> None:
        """TooMuch where nothing is left in the account's bucket."""
        if not self.per_second:
            return
        owed_us = self._full_us.get(account_id, 0.0) - self._clock.now_us() - BURST_US
        if owed_us >= 0:
            words = f"This account may send {self.per_second:,} {self._what} a second, and has sent more."
            raise TooMuch(f"{words} Nothing was stored; send the request again.", int(owed_us // US_PER_SECOND) + 1)

    def take(self, account_id: int, count: int) -> None:
        """As `check`, and so many are taken."""
        if not self.per_second:
            return
        self.check(account_id)
        begin_us = max(self._full_us.get(account_id, 0.0), float(self._clock.now_us()))
        self._full_us[account_id] = begin_us + count * US_PER_SECOND / self.per_second
