"""Which connections are open, and which has to make way for another one?

There is place for so many. Beyond that, whoever has been quiet for longest makes way: a kept connection on which
nothing is going on, or one whose request does not come. Where all are at work, the new one is turned away: it gets an
answer, and is closed. Of those there are not many at once either; any more are closed as they come.
"""

import time
from typing import Protocol

from octy.http.noise import Noise

TURNED_AWAY_MAX = 500
QUIET_SECONDS_MIN = 1.0
"""Whoever has been quiet for less may be about to send, and would find the connection closed."""


class Connection(Protocol):
    """What must be done with one."""

    def look(self, now: float) -> None:
        """Hangs up where nothing is to be expected any more, by `time.monotonic`."""

    def has_unread(self) -> bool:
        """Whether something has come that nobody has read yet."""

    def give_way(self) -> None:
        """Closes at once."""


class Connections:
    """All of a server, in its event loop's thread."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: set[Connection] = set()
        self._quiet: dict[Connection, float] = {}
        """Since when; the longest first."""
        self.noise = Noise()

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, connection: Connection) -> bool:
        """A new one. Whether there is place for it; if not, it is turned away."""
        now = time.monotonic()
        if len(self._open) >= self._most and self._quiet:
            longest, since = next(iter(self._quiet.items()))
            if now - since >= QUIET_SECONDS_MIN and not longest.has_unread():
                self.gone(longest)
                longest.give_way()
        self._open.add(connection)
        self._quiet[connection] = now
        if len(self._open) > self._most + TURNED_AWAY_MAX:
            self.gone(connection)
            connection.give_way()
        return len(self._open) <= self._most

    def busy(self, connection: Connection) -> None:
        """A request has come."""
        self._quiet.pop(connection, None)

    def rest(self, connection: Connection) -> None:
        """All requests are answered."""
        if connection in self._open:
            self._quiet[connection] = time.monotonic()

    def gone(self, connection: Connection) -> None:
        """It is closed."""
        self._open.discard(connection)
        self._quiet.pop(connection, None)

    async def look_around(self) -> None:
        """Looks at each, now and then: cheaper than a timer for each request."""
        now = time.monotonic()
        for connection in list(self._open):
            connection.look(now)
        self.noise.tell(now)
