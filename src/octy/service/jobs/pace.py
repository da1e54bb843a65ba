"""How much of one core does a job take? No more than it is allowed, whatever its threads do.

The lowest priority alone does not keep a job out of the server's way: on another core it runs freely, and what the
server does meanwhile takes longer for want of caches and memory.
"""

import atexit
import signal
import time

LOOK_EVERY_SECONDS = 0.05
"""Of processor time: after so much, a job rests that does not say how far it is, such as a model that learns."""


class Pace:
    """Begins now."""

    def __init__(self, share: float) -> None:
        """`share` of one core's time, above 0."""
        self._share = share
        self._used = time.process_time()

    def keep(self) -> None:
        """From now on, until it ends, the process rests by itself, wherever its main thread is. From that thread."""
        signal.signal(signal.SIGPROF, lambda *_: self.rest())
        signal.setitimer(signal.ITIMER_PROF, LOOK_EVERY_SECONDS, LOOK_EVERY_SECONDS)
        atexit.register(signal.setitimer, signal.ITIMER_PROF, 0)  # Python gives up its handlers as it ends

    def rest(self) -> None:
        """Pauses as long as what was used since the last rest asks for; time that was not used is not made up for."""
        used = time.process_time() - self._used
        time.sleep(max(used / self._share - used, 0.0))
        self._used = time.process_time()
