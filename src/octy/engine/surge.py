"""A surge: more changes of past segments due than are made at a time. It is taken in parts, profile by profile.

By ascending key, so that rows that lie together in the store change together. Each profile's changes are made in their
order, and what others still have to come concerns nobody (T6).
"""

import numpy as np
from msgspec import Struct

from octy.engine.batch import Longs


class Settled(Struct, frozen=True):
    """Through which instant every change that time alone causes in past segments has been made."""

    us: int
    """Of all profiles."""
    ahead_us: int
    """Of those that a surge has come to."""
    ahead_profiles: int
    """Their keys are smaller than this."""

    def by_profile(self, profiles: int) -> Longs:
        """int64[profiles]"""
        found = np.full(profiles, self.us, np.int64)
        found[: self.ahead_profiles] = max(self.us, self.ahead_us)
        return found


class Surge:
    """What was due at one instant, and how far it has been taken."""

    def __init__(self, profiles: Longs, settled_us: int, until_us: int) -> None:
        """`profiles` may come several times. Nobody had anything due at or before `settled_us`."""
        self.until_us = until_us
        concerned = np.zeros(int(profiles.max()) + 1, np.bool_)
        concerned[profiles] = True
        self._profiles: Longs = np.flatnonzero(concerned)  # a hundredth of the time of `np.unique`
        self._settled_us = settled_us
        self._taken = 0

    def next_profiles(self, count: int) -> Longs:
        """The next ones, up to so many."""
        first = self._taken
        self._taken = min(first + count, len(self._profiles))
        return self._profiles[first : self._taken]

    @property
    def is_over(self) -> bool:
        """Whether all have been taken."""
        return self._taken == len(self._profiles)

    @property
    def settled(self) -> Settled:
        """How far it has come."""
        ahead = int(self._profiles[self._taken]) if not self.is_over else int(self._profiles[-1]) + 1
        return Settled(self._settled_us, self.until_us, ahead)
