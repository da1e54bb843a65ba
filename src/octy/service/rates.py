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
        """`per_second` is for accounts that have no limit of their own."""
        self._clock = clock
        self._per_second = per_second
        self._what = what
        self._own: dict[int, int] = {}
        """The limits of single accounts."""
        self._full_us: dict[int, float] = {}
        """When each account's bucket will be full again."""
        self.is_limited = False
        """Whether any account may be."""
        self._set_limited()

    def limit(self, account_id: int, per_second: int | None) -> None:
        """The account has a limit of its own from now on; or that of all, where it is None."""
        if per_second is None:
            self._own.pop(account_id, None)
        else:
            self._own[account_id] = per_second
        self._set_limited()

    def _set_limited(self) -> None:
        self.is_limited = not self._clock.is_sandbox and bool(self._per_second or self._own)

    def per_second(self, account_id: int) -> int:
        """What the account may ask for; 0 for any number."""
        return self._own.get(account_id, self._per_second) if self.is_limited else 0

    def refusal(self, account_id: int) -> TooMuch | None:
        """Why nothing of the account passes, where nothing is left in its bucket."""
        if not self.is_limited or not (per_second := self.per_second(account_id)):
            return None
        owed_us = self._full_us.get(account_id, 0.0) - self._clock.now_us() - BURST_US
        if owed_us < 0:
            return None
        words = f"This account may send {per_second:,} {self._what} a second, and has sent more."
        return TooMuch(f"{words} Nothing was stored; send the request again.", int(owed_us // US_PER_SECOND) + 1)

    def take(self, account_id: int, count: int) -> None:
        """So many are taken."""
        if self.is_limited and (per_second := self.per_second(account_id)):
            begin_us = max(self._full_us.get(account_id, 0.0), float(self._clock.now_us()))
            self._full_us[account_id] = begin_us + count * US_PER_SECOND / per_second
