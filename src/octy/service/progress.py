"""How far is a world that is being brought back? Told to whoever asks, while the thread that does it goes on.

Stored events are counted as the engine reads them: once for an account's live segments, once for its past ones.
"""

import threading
from collections.abc import Sequence

from msgspec import Struct

from octy.engine.batch import Ints, Longs
from octy.engine.runs import Codes, ColumnName, Run
from octy.model.errors import Unavailable

NOT_BEGUN = "not begun"
READING_PROFILES = "reading profiles"
READING_EVENTS = "reading events"
CATCHING_UP = "catching up with what fell due"
READY = "ready"
ENDING = "stopping"


class Readiness(Struct, frozen=True):
    """Whether requests are served, and if not, how far it is until then."""

    is_ready: bool
    step: str
    """One of those above."""
    profiles: int
    """How many are loaded."""
    events: int
    """How many reads of a stored event are done, and below how many there are to do."""
    events_in_all: int

    @property
    def words(self) -> str:
        """For a person."""
        if self.step != READING_EVENTS:
            return self.step
        return f"{self.step}, {self.events:,} of {self.events_in_all:,} so far"


class Progress:
    """One world's. Its methods are called by those who bring it back; several threads read events at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readiness = Readiness(False, NOT_BEGUN, 0, 0, 0)
        self._is_cancelled = False

    @property
    def readiness(self) -> Readiness:
        """As of now. Another thread asks."""
        return self._readiness

    def begin(self) -> None:
        """From the beginning: nothing is there."""
        self._change(Readiness(False, READING_PROFILES, 0, 0, 0))

    def loaded(self, profiles: int) -> None:
        """More profiles are loaded."""
        with self._lock:
            now = self._readiness
            self._change(Readiness(False, now.step, now.profiles + profiles, 0, 0))

    def reads(self, events: int) -> None:
        """So many reads of events are to come."""
        self._change(Readiness(False, READING_EVENTS, self._readiness.profiles, 0, events))

    def read(self, events: int) -> None:
        """More events were read."""
        with self._lock:
            now = self._readiness
            self._change(Readiness(False, now.step, now.profiles, now.events + events, now.events_in_all))

    def catches_up(self) -> None:
        """All is read."""
        now = self._readiness
        self._change(Readiness(False, CATCHING_UP, now.profiles, now.events_in_all, now.events_in_all))

    def ends(self) -> None:
        """The world stands."""
        now = self._readiness
        self._change(Readiness(True, READY, now.profiles, now.events, now.events_in_all))

    def lost(self) -> None:
        """What was in memory is no longer what the store says."""
        self._readiness = Readiness(False, NOT_BEGUN, 0, 0, 0)

    def cancel(self) -> None:
        """Whoever brings the world back is to leave off: the next step raises `Unavailable`. Another thread asks."""
        self._is_cancelled = True

    def _change(self, readiness: Readiness) -> None:
        if self._is_cancelled:
            raise Unavailable("The server is stopping.")
        self._readiness = readiness


class CountedRun:
    """A run of which each reading is counted."""

    def __init__(self, run: Run, progress: Progress) -> None:
        self._run = run
        self._progress = progress

    @property
    def row_count(self) -> int:
        """How many rows it has."""
        return self._run.row_count

    def rows_before(self, profile: int) -> int:
        """How many rows belong to profiles with smaller keys."""
        return self._run.rows_before(profile)

    def read(self, name: ColumnName, first: int, out: Ints | Longs) -> None:
        """Fills `out` with a column; the event type's is read once with each event."""
        if name == "event_type":
            self._progress.read(len(out))
        self._run.read(name, first, out)

    def read_codes(self, key: str, codes: Codes, first: int, out: Ints) -> None:
        """Fills `out` with the codes of a property's canonical texts (V2)."""
        self._run.read_codes(key, codes, first, out)


def counted(runs: Sequence[Run], progress: Progress) -> list[Run]:
    """The same runs, counted."""
    return [CountedRun(run, progress) for run in runs]
