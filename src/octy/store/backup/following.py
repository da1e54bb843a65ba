"""Which pages has a database got since it was last looked at? Told by SQLite's log, by whoever writes it.

Everything here happens between the writer's transactions, in its thread. That of the log which was not looked at is
looked at before it is brought into the database (`Store.before_bringing`), as SQLite writes over it from then on; so
nothing is missed.
"""

import os
import sqlite3
from pathlib import Path

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from octy.store.sqlite import pinned
from octy.store.sqlite_log import Words, committed, frames_of, index_of


class NewPages(Struct, frozen=True):
    """What was committed since the last time."""

    until_us: int
    size_pages: int
    """How many pages the database has by now; 0 where nothing was committed."""
    pages: Words
    """Those that were written, from 1, each once."""
    contents: npt.NDArray[np.uint8]
    """`uint8[pages, PAGE_BYTES]`"""


class Pinned(Struct, frozen=True):
    """The database as it was at an instant, for as long as the connection is open."""

    at_us: int
    connection: sqlite3.Connection


class Follower:
    """One database's."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._index: int | None = None
        self._generation = b""
        self._seen = 0
        """How many of the generation's frames."""

    def begin(self, now_us: int) -> Pinned:
        """What `take` tells from now on comes after this."""
        connection = pinned(self._database)
        self._seen, self._generation = self._committed()
        return Pinned(now_us, connection)

    def take(self, now_us: int) -> NewPages:
        """What came since."""
        until, generation = self._committed()
        first = self._seen if generation == self._generation else 0
        self._seen, self._generation = until, generation
        parts = list(frames_of(self._database, first)) if until > first else []
        if not parts:
            return NewPages(now_us, 0, np.zeros(0, np.uint32), np.zeros((0, 0), np.uint8))
        count = until - first
        pages = np.concatenate([part.pages for part in parts])[:count]
        sizes = np.concatenate([part.sizes for part in parts])[:count]
        assert len(pages) == count, "what is committed is there"
        assert sizes[-1], "and ends a transaction"
        contents = np.concatenate([part.contents for part in parts])[:count]
        unique, from_end = np.unique(pages[::-1], return_index=True)
        return NewPages(now_us, int(sizes[-1]), unique, contents[count - 1 - from_end])

    def close(self) -> None:
        """After the database is closed, and not before (`sqlite_log.index_of`)."""
        if self._index is not None:
            os.close(self._index)
            self._index = None

    def _committed(self) -> tuple[int, bytes]:
        if self._index is None:
            self._index = os.open(index_of(self._database), os.O_RDONLY | os.O_CLOEXEC)
        return committed(self._index)
