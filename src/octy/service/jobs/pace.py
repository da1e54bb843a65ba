"""How much of one core does a job take? No more than it is allowed, whatever its threads do.

The lowest priority alone does not keep a job out of the server's way: on another core it runs freely, and what the
server does meanwhile takes longer for want of caches and memory.
"""

import time


class Pace:
    """Begins now."""

    def __init__(self, share: float) -> None:
        """`share` of one core's time, above 0."""
        self._share = share
        self._used = time.process_time()

    def rest(self) -> None:
        """Pauses as long as what was used since the last rest asks for; time that was not used is not made up for."""
        used = time.process_time() - self._used
        time.sleep(max(used / self._share - used, 0.0))
        self._used = time.process_time()
