"""Are the database's pages what was written? A checksum of each, in a file beside the database.

SQLite has none of its own. Pages get into the database from its log alone, and only when Octy says so (`Store`): before
that, their checksums are durable here. So a page that is not in the log is as its checksum says, whenever the server
died; and one that is in the log is looked for nowhere else.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from octy.store.durable import sync_file, sync_folder
from octy.store.sqlite_log import PAGE_BYTES, Log, OpenIndex, frames_of

_SUM = np.dtype("<u4")
_BLOCK_SUMS = 1_024
"""So many are written together: those around one that changes are written as they are."""
_PAGES_AT_ONCE = 4_096
_OF_NOTHING = crc32(bytes(PAGE_BYTES))
"""What is stored is unlike this: a page that was never written is nothing but zeros, as its place here is."""
_LOCKED_PAGE = 0x40000000 // PAGE_BYTES + 1
"""The page whose bytes SQLite locks and never writes."""


class Unlike(Struct, frozen=True):
    """A part of a file that is not what was written."""

    file: str
    first_byte: int
    end: int
    """The byte after its last one."""
    expected: str
    found: str
    is_whole: bool = True
    """Whether there is something to be read."""


class PageSums:
    """Those of one database. For one thread at a time."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._path = sums_of(database)
        self._index = OpenIndex(database)
        self._noted = (b"", 0)
        """Which frames of the log are noted here durably: of which generation, and how many."""

    @property
    def are_there(self) -> bool:
        """They are not where the database is new, or of an Octy that knew none."""
        return self._path.exists()

    def make(self) -> None:
        """From the database as it is, with no log. Nobody has it open."""
        new = self._path.with_name(f"{self._path.name}.new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            for _, sums in _summed(self._database):
                file.write(sums.tobytes())
        sync_file(new)
        new.rename(self._path)
        sync_folder(self._path.parent)

    @property
    def frames(self) -> int:
        """How long the log is."""
        index = self._index.read()
        return 0 if index is None else index.frames

    def note(self) -> None:
        """What is committed may get into the database from now on."""
        index = self._index.read()
        if index is None or not index.frames or (index.salts, index.frames) == self._noted or not self.are_there:
            return
        salts, first = self._noted
        latest: dict[int, int] = {}
        for frames in frames_of(self._database, first if salts == index.salts else 0, index.frames):
            for page, content in zip(frames.pages.tolist(), frames.contents, strict=True):
                latest[page] = crc32(content) ^ _OF_NOTHING
        self._write(latest, index.pages)
        self._noted = (index.salts, index.frames)

    def forget(self) -> None:
        """They cannot be kept: none are better than wrong ones, and the next start makes them anew."""
        self._noted = (b"", 0)
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """After SQLite has closed the database."""
        self._index.close()

    def _write(self, latest: dict[int, int], pages: int) -> None:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        try:
            if os.fstat(descriptor).st_size > pages * _SUM.itemsize:
                os.ftruncate(descriptor, pages * _SUM.itemsize)
            changed = np.fromiter((page - 1 for page in latest if page <= pages), np.int64)
            sums = np.fromiter((one for page, one in latest.items() if page <= pages), _SUM)
            for block in np.unique(changed // _BLOCK_SUMS).tolist():
                mine = changed // _BLOCK_SUMS == block
                places = changed[mine] - block * _BLOCK_SUMS
                offset = block * _BLOCK_SUMS * _SUM.itemsize
                there = np.frombuffer(os.pread(descriptor, _BLOCK_SUMS * _SUM.itemsize, offset), _SUM)
                filled = np.zeros(max(len(there), int(places.max()) + 1), _SUM)
                filled[: len(there)] = there
                filled[places] = sums[mine]
                os.pwrite(descriptor, filled.tobytes(), offset)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sums_of(database: Path) -> Path:
    """Where the checksums of a database are."""
    return database.with_name(f"{database.name}-sums")


def unlike(database: Path, log: Log) -> Iterator[Unlike]:
    """What in the database is not what was written, and not in its log either. Nothing where there are no checksums."""
    path = sums_of(database)
    if not path.exists():
        return
    said, size = path.read_bytes(), database.stat().st_size
    wanted = np.frombuffer(said, _SUM, len(said) // _SUM.itemsize)
    count = log.database_pages or max(size // PAGE_BYTES, len(wanted))
    missing = [page for page in range(size // PAGE_BYTES + 1, count + 1) if page not in log.pages]
    if missing or size % PAGE_BYTES:
        yield Unlike(
            database.name, size, count * PAGE_BYTES, f"{count * PAGE_BYTES:,} bytes", f"{size:,}", is_whole=False
        )
    if [page for page in range(len(wanted) + 1, min(count, size // PAGE_BYTES) + 1) if page not in log.pages]:
        yield Unlike(path.name, len(said), count * _SUM.itemsize, f"{count} checksums", f"{len(wanted)}")
    for first, sums in _summed(database):
        some = wanted[first : first + len(sums)]
        for place in np.flatnonzero(sums[: len(some)] != some).tolist():
            page = first + place + 1
            if page <= count and page not in log.pages and page != _LOCKED_PAGE:
                begins = (page - 1) * PAGE_BYTES
                expected, found = (f"{one ^ _OF_NOTHING:08x}" for one in (int(some[place]), int(sums[place])))
                yield Unlike(database.name, begins, begins + PAGE_BYTES, f"the CRC-32 {expected}", found)


def _summed(database: Path) -> Iterator[tuple[int, npt.NDArray[np.uint32]]]:
    """What is stored of its whole pages, and the number of the first of them from 0."""
    with database.open("rb") as file:
        first = 0
        while count := len(raw := memoryview(file.read(_PAGES_AT_ONCE * PAGE_BYTES))) // PAGE_BYTES:
            pages = (raw[place * PAGE_BYTES : (place + 1) * PAGE_BYTES] for place in range(count))
            yield first, np.fromiter((crc32(page) ^ _OF_NOTHING for page in pages), _SUM, count)
            first += count
