"""Are the database's pages what was written? A checksum of each, in a file beside the database (`octy.db-sums`).

SQLite has none of its own. The rule that all of this keeps (docs/decisions/0044): a checksum that is known is that of
the page as the database has it. Pages get into the database from SQLite's log alone, and only when `Store` says so.
Before that, the checksums of all pages in the log become unknown, durably; once the database durably has them, they
become known again. Where anything is in doubt, nothing is known, and what is not known is never called damage.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias
from zlib import crc32

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from octy.store.sqlite_log import PAGE_BYTES, Words, broken_at, frames_of, generation, log_of, reaches

Sums: TypeAlias = npt.NDArray[np.uint32]
"""Of each page its CRC-32; 0 where it is unknown, or happens to be 0."""

CHECKPOINT_PAGES = 1_000
"""4 MiB of log between two checkpoints. The writer stands still for each, and so does everybody: the larger, the
longer."""

_BLOCK_BYTES = 4_096
"""The file consists of such blocks: a CRC-32 of the rest, which goes on from the file's number, then the rest.

The first says whose the others are; each of them has the sums of so many pages. A block that does not agree with
itself, as a power cut in the midst of its writing leaves it, knows nothing.
"""
_BLOCK_SUMS = _BLOCK_BYTES // 4 - 1
_MAGIC = b"octy sums 1\n"


class Head(Struct, frozen=True):
    """What the first block says."""

    number: int
    """A new one by chance for each opening: blocks of an earlier opening agree with it no more."""
    is_open: bool
    """Whether a server has opened the database, and not closed it."""
    boot: bytes
    """Since which start of the machine. What is in memory alone outlives a process until the next."""


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
    """Those of one database, while it is open. For one thread at a time."""

    _generation: bytes
    _first: int
    _pages: Words
    """Of each frame of the log from the first one on: its page,"""
    _sizes: Words
    """how many pages there are by it (0 in the midst of a transaction),"""
    _found: Words
    """and the CRC-32 of what it holds."""
    _confirmed: int
    """How many of these frames are committed, by SQLite, with pages whose checksums are unknown, durably."""

    def __init__(self, database: Path) -> None:
        """Before SQLite opens the database. OSError where the checksums cannot be made durable."""
        self._database = database
        self._sums = known_sums(database)
        self._forget_log()
        self._tried = 0
        """How many frames the log had when it was last to be shortened."""
        self._log: int | None = None
        """Open from the first question on; SQLite makes no other while the database is open."""
        self._read_log()
        if not _journal_of(database).exists():
            self._believe()
        self._make_unknown()
        self._head = Head(int.from_bytes(os.urandom(4)), is_open=True, boot=_boot())
        self._is_forgotten = self._is_served = False
        self._unwritten: set[int] = set()
        """Blocks that are not as they should be in the file, or may not be."""
        self._descriptor = os.open(sums_of(database), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._write(np.arange(len(self._sums)), self._head)
        except BaseException:
            os.close(self._descriptor)
            raise

    def is_log_long(self) -> bool:
        """Whether the log is to be brought into the database. Asked after each commit, so it looks at little.

        Where that fails, or somebody reads what was so before, it is tried again once the log is a quarter longer.
        """
        more = max(self._tried + CHECKPOINT_PAGES // 4 - CHECKPOINT_PAGES, 0)
        if self._log is None:
            self._log = os.open(log_of(self._database), os.O_RDONLY | os.O_CLOEXEC)
        return reaches(self._log, CHECKPOINT_PAGES, self._generation, more)

    def unlearn(self) -> None:
        """What is in the log may get into the database from now on. OSError where it may not.

        Nothing is written into the log between this and `learn`.
        """
        self._is_served = True
        self._read_log()
        self._tried = self._first + len(self._pages)
        self._write(self._make_unknown())

    def learn(self, frames: int, *, is_all: bool) -> None:
        """The log has so many frames that are committed. `is_all`: the database has all of them, durably."""
        if frames > self._first + len(self._pages):  # somebody else has written meanwhile
            self.forget()
            return
        self._confirmed = max(frames - self._first, 0)
        self._cut()
        if not is_all or not self._confirmed:
            return
        size = int(self._sizes[-1])
        if size > len(self._sums):
            self._sums = np.concatenate([self._sums, np.zeros(size - len(self._sums), np.uint32)])
        are_there = self._pages <= size
        places = self._pages[are_there].astype(np.int64) - 1
        self._sums[places] = self._found[are_there]  # the last one of a page counts
        self._write(places)
        self._forget_log(frames)

    def forget(self) -> None:
        """The pages are taken for right as they are, and the next opening gives them checksums."""
        _write_all(self._descriptor, bytes(_BLOCK_BYTES), 0)
        os.fsync(self._descriptor)
        self._is_forgotten = True

    def close(self) -> None:
        """SQLite has closed the database. Where nobody else has it open, the log is gone.

        A seal takes its place, shorter than any log, so that SQLite makes nothing of it: whoever else writes into the
        database writes over the seal, and whoever else closes it removes the seal. Where the disk does not take it,
        fewer checksums are believed.
        """
        with suppress(OSError):
            if self._is_served and not log_of(self._database).exists():
                log = os.open(log_of(self._database), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
                try:
                    _write_all(log, _seal(self._head), 0)
                finally:
                    os.close(log)
                self._write(np.arange(0), Head(self._head.number, is_open=False, boot=b""))
        os.close(self._descriptor)
        if self._log is not None:
            os.close(self._log)

    def _forget_log(self, first: int = 0) -> None:
        """Its frames before that one are in the database, and their checksums are known."""
        self._generation = generation(self._database)
        self._first = first
        self._pages = self._sizes = self._found = np.zeros(0, np.uint32)
        self._confirmed = 0

    def _cut(self) -> None:
        """What comes after the frames that are confirmed is not committed, and others will be written over it."""
        count = self._confirmed
        self._pages, self._sizes, self._found = self._pages[:count], self._sizes[:count], self._found[:count]

    def _read_log(self) -> None:
        if generation(self._database) != self._generation:
            self._forget_log()
        self._cut()
        for some in frames_of(self._database, self._first + len(self._pages)):
            self._pages = np.concatenate([self._pages, some.pages])
            self._sizes = np.concatenate([self._sizes, some.sizes])
            found = np.fromiter(map(crc32, some.contents), np.uint32, len(some.contents))
            self._found = np.concatenate([self._found, found])

    def _make_unknown(self) -> npt.NDArray[np.int64]:
        """Also pages that the database will not have any more. Which they are, from 0."""
        size = self._size_by_log()
        new = self._pages[self._confirmed :].astype(np.int64) - 1
        changed = np.concatenate([new[new < len(self._sums)], size + np.flatnonzero(self._sums[size:])])
        self._sums[changed] = 0
        return changed

    def _size_by_log(self) -> int:
        """How many pages of those that there are will stay whatever of the log gets into the database."""
        ends = self._sizes[self._sizes > 0]
        return int(min(ends.min(), len(self._sums))) if len(ends) else len(self._sums)

    def _believe(self) -> None:
        """Where nothing is known of a page, it counts as it is: nobody has the database open."""
        size = self._database.stat().st_size // PAGE_BYTES
        if size > len(self._sums):
            self._sums = np.concatenate([self._sums, np.zeros(size - len(self._sums), np.uint32)])
        with self._database.open("rb") as file:
            for page in np.flatnonzero(self._sums[:size] == 0).tolist():
                self._sums[page] = crc32(os.pread(file.fileno(), PAGE_BYTES, page * PAGE_BYTES))
        if size and not _has_log(self._database):
            self._sums[0] = 0  # SQLite writes there, past the log, where it begins to have one

    def _write(self, pages: npt.NDArray[np.int64], head: Head | None = None) -> None:
        """The blocks with these pages, counted from 0."""
        self._unwritten.update(np.unique(pages // _BLOCK_SUMS).tolist())
        if self._is_forgotten or (head is None and not self._unwritten):
            return
        if head is not None:
            said = _MAGIC + bytes([head.is_open]) + head.number.to_bytes(4) + head.boot
            _write_all(self._descriptor, _block(said, 0), 0)
        for number in sorted(self._unwritten):
            sums = self._sums[number * _BLOCK_SUMS : (number + 1) * _BLOCK_SUMS]
            block = _block(sums.astype("<u4").tobytes(), self._head.number)
            _write_all(self._descriptor, block, (number + 1) * _BLOCK_BYTES)
        os.fsync(self._descriptor)
        self._unwritten.clear()


def sums_of(database: Path) -> Path:
    """Where the checksums of a database are."""
    return database.with_name(f"{database.name}-sums")


def known_sums(database: Path) -> Sums:
    """Those that can be believed, while no process has the database open."""
    said = _said(database)
    head = _head(said)
    if head is None or _journal_of(database).exists() or not _is_ours(log_of(database), head):
        return np.zeros(0, np.uint32)
    blocks = (said[at : at + _BLOCK_BYTES] for at in range(_BLOCK_BYTES, len(said), _BLOCK_BYTES))
    return np.frombuffer(b"".join(_rest(block, head.number) for block in blocks), "<u4").astype(np.uint32)


def broken_log(database: Path) -> int | None:
    """From which byte on SQLite's log is not what was written, where something that was committed comes after it."""
    head = _head(_said(database))
    is_same_boot = head is not None and head.is_open and head.boot == _boot() != b""
    return broken_at(database, is_index_believed=is_same_boot)


def unlike(database: Path, sums: Sums) -> Iterator[Unlike]:
    """What in the database is not as its checksums say, while no process has it open."""
    size = database.stat().st_size
    count = size // PAGE_BYTES
    if len(missing := np.flatnonzero(sums[count:])):
        end = (count + int(missing[-1]) + 1) * PAGE_BYTES
        yield Unlike(database.name, size, end, f"{end:,} bytes", f"{size:,}", is_whole=False)
    with database.open("rb") as file:
        for page in np.flatnonzero(sums[:count]).tolist():
            expected, found = int(sums[page]), crc32(os.pread(file.fileno(), PAGE_BYTES, page * PAGE_BYTES))
            if found != expected:
                begins = page * PAGE_BYTES
                yield Unlike(database.name, begins, begins + PAGE_BYTES, f"the CRC-32 {expected:08x}", f"{found:08x}")


def _said(database: Path) -> bytes:
    path = sums_of(database)
    return path.read_bytes() if path.exists() else b""


def _head(said: bytes) -> Head | None:
    rest = _rest(said[:_BLOCK_BYTES], 0)
    if not rest.startswith(_MAGIC):
        return None
    is_open, *number = rest[len(_MAGIC) :][:5]
    return Head(int.from_bytes(number), is_open=bool(is_open), boot=rest[len(_MAGIC) + 5 :].rstrip(b"\0"))


def _is_ours(log: Path, head: Head) -> bool:
    """Whether the log is there that a server has left as it ended or died, and nobody has brought it away since."""
    return log.exists() and (head.is_open or log.read_bytes() == _seal(head))


def _seal(head: Head) -> bytes:
    return b"octy" + head.number.to_bytes(4)


def _block(content: bytes, number: int) -> bytes:
    rest = content.ljust(_BLOCK_BYTES - 4, b"\0")
    return crc32(rest, number).to_bytes(4) + rest


def _rest(block: bytes, number: int) -> bytes:
    """Nothing but zeros where the block does not agree with itself."""
    rest = block[4:].ljust(_BLOCK_BYTES - 4, b"\0")
    return rest if crc32(rest, number).to_bytes(4) == block[:4] else bytes(_BLOCK_BYTES - 4)


def _write_all(descriptor: int, content: bytes, at: int) -> None:
    """Where a disk is nearly full, it takes a part of what is written, and only the next write is an error."""
    while content:
        count = os.pwrite(descriptor, content, at)
        content, at = content[count:], at + count


def _journal_of(database: Path) -> Path:
    """What SQLite writes where it has no log yet. What is in the database by then may be undone."""
    return database.with_name(f"{database.name}-journal")


def _has_log(database: Path) -> bool:
    """Whether SQLite keeps a log for the database, by its header."""
    with database.open("rb") as file:
        return file.read(20)[18:] == b"\2\2"


def _boot() -> bytes:
    """Which start of the machine this is; nothing where that is not told."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_bytes().strip()
    except OSError:
        return b""
