"""How much should wait for the writer? As much as it does in half the time that the disk takes to sync once.

Less, and a slow disk syncs for a few only: it would take more than two thirds of the time. More, and what waits has
left the processor's cache by the time that its turn comes.
"""

WEIGHT = 0.1
"""Of a new measurement."""


class Tempo:
    """The writer's. One thread tells, any thread asks."""

    def __init__(self, least_objects: int, most_objects: int) -> None:
        """What is enough is never less, and never more."""
        self._least = least_objects
        self._most = most_objects
        self._objects_per_second = 0.0
        self._sync_seconds = 0.0
        self.enough_objects = most_objects
        """As known by now."""

    def add(self, objects: int, work_seconds: float, sync_seconds: float) -> None:
        """A group of so many objects took so long until its commit, and so long for that."""
        if objects < self._least:  # that tells how long a request takes, not how many are dealt with
            return
        self._objects_per_second += WEIGHT * (objects / max(work_seconds, 1e-6) - self._objects_per_second)
        self._sync_seconds += WEIGHT * (sync_seconds - self._sync_seconds)
        meanwhile = int(self._objects_per_second * self._sync_seconds / 2)
        self.enough_objects = min(max(meanwhile, self._least), self._most)
