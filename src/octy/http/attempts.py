"""Who fails too often? Wrong keys are counted by the public key that they name, and by the address they come from.

Right keys are taken all the while. 32 random bytes are not guessed at any rate, so refusing them would gain nothing;
it would let anybody who knows a public key, or shares a proxy, shut an account out.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable

from octy.model.errors import TooManyFailures

FAILURES_PER_MINUTE = 10
"""How many failures are answered as what they are, unless the operator chooses another number."""
_TOO_MANY = "These keys belong to no account, as too many before them of late."
NAMES_MAX = 10_000
"""Of so many it is known how often they failed; of more, those that failed last."""


class Attempts:
    """So many failures are answered at once, and as many more in each minute."""

    def __init__(self, per_minute: int = FAILURES_PER_MINUTE, seconds: Callable[[], float] = time.monotonic) -> None:
        """0 is any number. `seconds` passes as time does in the world: a sandbox's clock may stand still."""
        self._per_minute = per_minute
        self._seconds = seconds
        self._clear: OrderedDict[str, float] = OrderedDict()
        """For each name: when all of its failures will be forgiven."""

    def failed(self, names: Iterable[str]) -> None:
        """One more failure of each of the names; TooManyFailures where one of them has failed too often already."""
        if not self._per_minute:
            return
        now, each = self._seconds(), 60 / self._per_minute
        for name in names:
            clear = max(now, self._clear.get(name, now))
            over = clear - now - (60 - each)
            if over > 0:
                raise TooManyFailures(_TOO_MANY, math.ceil(over))
            self._clear[name] = clear + each
            self._clear.move_to_end(name)
        while len(self._clear) > NAMES_MAX:
            self._clear.popitem(last=False)
