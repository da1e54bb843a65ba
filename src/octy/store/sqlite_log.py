"""How far can SQLite's log be believed? Its bytes are looked at before SQLite sees them.

Where a frame of the log is not what was written, SQLite takes it and all that comes after for something that a crash
has left, and forgets it without a word: transactions that were acknowledged are gone then. Whether they were is told
by the log's index, which outlives its process though not its machine, and by what comes after: a transaction begins
only once the one before is whole.

The formats are those of https://www.sqlite.org/walformat.html.
"""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from msgspec import Struct

Words: TypeAlias = npt.NDArray[np.uint32]

PAGE_BYTES = 4_096
_HEADER_BYTES = 32
_FRAME_HEADER_BYTES = 24
_FRAME_BYTES = _FRAME_HEADER_BYTES + PAGE_BYTES
_FRAMES_AT_ONCE = 1_024
_MAGIC = 0x377F0682
"""Its last bit says in which order of bytes checksums are worked out."""
_INDEX_BYTES = 48


class Index(Struct, frozen=True):
    """SQLite's index of its log says how much of it is committed."""

    frames: int
    pages: int
    """How many the database has, those in the log among them."""
    salts: bytes
    """Which generation of the log this is: each begins at its head again."""


class Frames(Struct, frozen=True):
    """Some of a log's frames, one after the other."""

    pages: Words
    """Which page each is of."""
    sizes: Words
    """How many pages the database has by it, where it ends a transaction; 0 where it does not."""
    contents: npt.NDArray[np.uint8]
    """`uint8[frames, PAGE_BYTES]`"""


class Log(Struct, frozen=True):
    """What a log holds that can be believed."""

    pages: frozenset[int] = frozenset()
    """Those that SQLite reads from the log and not from the database."""
    database_pages: int = 0
    """How many there are with the log."""
    broken_at: int | None = None
    """From which byte on it is not what was written, where something that was committed comes after it."""


def log_of(database: Path) -> Path:
    """Where a database has its log."""
    return database.with_name(f"{database.name}-wal")


class OpenIndex:
    """The index of a database that this process has open.

    SQLite's locks are on this file, and a process loses all its locks on a file with the first descriptor of it that it
    closes. So the file stays open, until `close`, which comes after SQLite has closed the database.
    """

    def __init__(self, database: Path) -> None:
        self._path = _index_path(database)
        self._descriptor: int | None = None

    def read(self) -> Index | None:
        """As it is now. Where the database was closed meanwhile and opened again, the file is another."""
        try:
            there = self._path.stat().st_ino
            if self._descriptor is not None and os.fstat(self._descriptor).st_ino != there:
                self.close()
            if self._descriptor is None:
                self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        return _index(os.pread(self._descriptor, _INDEX_BYTES, 0))

    def close(self) -> None:
        """Nothing of it is open."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _index_path(database: Path) -> Path:
    return database.with_name(f"{database.name}-shm")


def _index(said: bytes) -> Index | None:
    """None where it cannot be believed."""
    if len(said) < _INDEX_BYTES:
        return None
    words = np.frombuffer(said, np.uint32, _INDEX_BYTES // 4)
    if (_summed(words[None, :10]) != words[10:]).any():
        return None
    return Index(int(words[4]), int(words[5]), said[32:40])


def frames_of(database: Path, first: int, end: int) -> Iterator[Frames]:
    """The log's frames from one to before another, some at a time; fewer where it is shorter."""
    with log_of(database).open("rb") as file:
        file.seek(_HEADER_BYTES + first * _FRAME_BYTES)
        while first < end:
            raw = file.read(min(end - first, _FRAMES_AT_ONCE) * _FRAME_BYTES)
            frames = _framed(raw)
            if not len(frames):
                return
            words = _head(frames)
            yield Frames(words[:, 0], words[:, 1], frames[:, _FRAME_HEADER_BYTES:])
            first += len(frames)


def look_through(database: Path) -> Log:
    """The whole log, as SQLite will find it: no process has the database open."""
    path, log = _index_path(database), log_of(database)
    index = _index(path.read_bytes()) if path.exists() else None
    committed = 0 if index is None else index.frames
    header = b""
    if log.exists():
        with log.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    words = np.frombuffer(header.ljust(_HEADER_BYTES, b"\0"), ">u4").astype(np.uint32)
    order = "<u4" if words[0] == _MAGIC else ">u4"
    is_log = words[0] | 1 == _MAGIC | 1 and words[2] == PAGE_BYTES
    if not is_log or (_summed(np.frombuffer(header[:24], order)[None, :]) != words[6:]).any():
        return Log(broken_at=0 if committed else None)
    if index is None or index.salts != header[16:24]:
        committed = 0
    return _followed(database, words, order, committed)


def _followed(database: Path, header: Words, order: str, committed: int) -> Log:
    """Each frame's checksum goes on from the one before it, and all bear the header's salts."""
    pages: list[int] = []
    whole, database_pages, good = 0, 0, 0
    is_good, ends = True, False
    seed = header[6:].copy()
    with log_of(database).open("rb") as file:
        file.seek(_HEADER_BYTES)
        while len(frames := _framed(file.read(_FRAMES_AT_ONCE * _FRAME_BYTES))):
            words = _head(frames)
            summed = np.concatenate([frames[:, :8], frames[:, _FRAME_HEADER_BYTES:]], axis=1).view(order)
            before = np.concatenate([seed[None, :], words[:-1, 4:]])
            follows = (_summed(summed, before) == words[:, 4:]).all(axis=1) & (words[:, 2:4] == header[4:6]).all(axis=1)
            for number in range(len(frames)):
                if is_good and follows[number]:
                    good += 1
                    pages.append(int(words[number, 0]))
                    if words[number, 1]:
                        whole, database_pages = good, int(words[number, 1])
                    continue
                if ends and follows[number]:
                    return _believed(pages[:whole], database_pages, good)
                is_good, ends = False, bool(words[number, 1]) and (words[number, 2:4] == header[4:6]).all()
            seed = words[-1, 4:]
    return _believed(pages[:whole], database_pages, good if whole < committed else None)


def _believed(pages: list[int], database_pages: int, broken_frame: int | None) -> Log:
    broken_at = None if broken_frame is None else _HEADER_BYTES + broken_frame * _FRAME_BYTES
    return Log(frozenset(pages), database_pages, broken_at)


def _framed(raw: bytes) -> npt.NDArray[np.uint8]:
    """`uint8[frames, _FRAME_BYTES]`, without what is not a whole frame at the end."""
    count = len(raw) // _FRAME_BYTES
    return np.frombuffer(raw, np.uint8, count * _FRAME_BYTES).reshape(count, _FRAME_BYTES)


def _head(frames: npt.NDArray[np.uint8]) -> Words:
    """`uint32[frames, 6]`: page, pages of the database, two salts, two checksums."""
    return np.ascontiguousarray(frames[:, :_FRAME_HEADER_BYTES]).view(">u4").astype(np.uint32)


def _summed(words: npt.NDArray[np.uint32], seeds: Words | None = None) -> Words:
    """SQLite's checksum of each row of `words`, `uint32[rows, 2]`.

    From pair to pair it goes s1 += x + s2, s2 += y + s1, modulo 2^32. That is linear, so each word counts so many times
    in the end, and each of the two numbers that it begins with too.
    """
    times, seed_times = _times(words.shape[1] // 2)
    found = words.astype(np.uint32) @ times
    return found if seeds is None else found + seeds @ seed_times


@cache
def _times(pairs: int) -> tuple[Words, Words]:
    """How often each word, and each of the first two numbers, counts: `uint32[2 * pairs, 2]`, `uint32[2, 2]`."""
    step, pair = np.array([[1, 1], [1, 2]], np.uint32), np.array([[1, 0], [1, 1]], np.uint32)
    times = np.empty((pairs, 2, 2), np.uint32)
    power = np.eye(2, dtype=np.uint32)
    for number in reversed(range(pairs)):
        times[number] = (power @ pair).T
        power = power @ step
    return times.reshape(2 * pairs, 2), power.T.copy()
