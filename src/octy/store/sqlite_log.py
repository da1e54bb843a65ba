"""SQLite's log (`octy.db-wal`), read without SQLite: which pages are in it, and can it be believed to its end?

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
LOG_HEADER_BYTES = 32
"""A log that is no longer than this holds nothing."""
_SALTS = slice(16, 24)
_FRAME_HEADER_BYTES = 24
_FRAME_SALTS = slice(8, 16)
_FRAME_BYTES = _FRAME_HEADER_BYTES + PAGE_BYTES
_FRAMES_AT_ONCE = 128
"""Half a megabyte, which the processor keeps near."""
_MAGIC = 0x377F0682
"""Its last bit says in which order of bytes checksums are worked out."""
_INDEX_BYTES = 48


class Frames(Struct, frozen=True):
    """Some of a log's frames, one after the other."""

    pages: Words
    """Which page each is of, from 1."""
    sizes: Words
    """How many pages the database has by it, where it ends a transaction; 0 where it does not."""
    contents: npt.NDArray[np.uint8]
    """`uint8[frames, PAGE_BYTES]`"""


def log_of(database: Path) -> Path:
    """Where a database has its log."""
    return database.with_name(f"{database.name}-wal")


def index_of(database: Path) -> Path:
    """Where a database has its log's index, while a process has it open.

    SQLite's locks are on it. Whoever opens it in a process that has the database open must not close it before SQLite
    has closed the database: the system gives up all locks of a process on a file when any descriptor of it is closed.
    """
    return database.with_name(f"{database.name}-shm")


def committed(index: int) -> tuple[int, bytes]:
    """How many frames are committed by the log's open index, and of which generation; none where it is no such index.

    Asked between two transactions of the only one who writes.
    """
    return _committed(os.pread(index, _INDEX_BYTES, 0))


def generation(database: Path) -> bytes:
    """What all frames bear that were written since the log last began at its head; nothing where there is no log."""
    header = _header(database)
    return b"" if _order(header) is None else header[_SALTS]


def reaches(log: int, frames: int, known: bytes, more: int) -> bool:
    """Whether an open log has so many frames of its generation, and, where that is the known one, so many more."""
    salts = os.pread(log, LOG_HEADER_BYTES, 0)[_SALTS]
    last = LOG_HEADER_BYTES + (frames + more * (salts == known) - 1) * _FRAME_BYTES
    return bool(salts) and os.pread(log, _FRAME_HEADER_BYTES, last)[_FRAME_SALTS] == salts


def frames_of(database: Path, first: int) -> Iterator[Frames]:
    """The frames of the log's generation from one on, counted from 0, committed or not; some at a time."""
    if not (salts := generation(database)):
        return
    with log_of(database).open("rb") as file:
        file.seek(LOG_HEADER_BYTES + first * _FRAME_BYTES)
        while len(frames := _framed(file.read(_FRAMES_AT_ONCE * _FRAME_BYTES))):
            are_others = (frames[:, _FRAME_SALTS] != np.frombuffer(salts, np.uint8)).any(axis=1)
            count = int(are_others.argmax()) if are_others.any() else len(frames)
            words = _head(frames[:count])
            yield Frames(words[:, 0], words[:, 1], frames[:count, _FRAME_HEADER_BYTES:])
            if count < len(frames):
                return


def broken_at(database: Path, *, is_index_believed: bool) -> int | None:
    """From which byte on the log is not what was written, where something that was committed comes after it.

    No process has the database open.
    """
    if not log_of(database).exists():
        return None
    committed, salts = _indexed(database) if is_index_believed else (0, b"")
    header = _header(database)
    if (order := _order(header)) is None:
        return 0 if committed else None
    words = np.frombuffer(header, ">u4").astype(np.uint32)
    return _followed(database, words, order, committed if salts == header[_SALTS] else 0)


def _header(database: Path) -> bytes:
    try:
        with log_of(database).open("rb") as file:
            return file.read(LOG_HEADER_BYTES)
    except FileNotFoundError:
        return b""


def _order(header: bytes) -> str | None:
    """In which order of bytes checksums are worked out; None where it is no log's header."""
    if len(header) < LOG_HEADER_BYTES:
        return None
    words = np.frombuffer(header, ">u4").astype(np.uint32)
    order = "<u4" if words[0] == _MAGIC else ">u4"
    is_log = words[0] | 1 == _MAGIC | 1 and words[2] == PAGE_BYTES
    return order if is_log and (_summed(np.frombuffer(header[:24], order)[None, :]) == words[6:]).all() else None


def _indexed(database: Path) -> tuple[int, bytes]:
    """As `committed` says it; no process has the database open."""
    index = index_of(database)
    return _committed(index.read_bytes()[:_INDEX_BYTES]) if index.exists() else (0, b"")


def _committed(said: bytes) -> tuple[int, bytes]:
    words = np.frombuffer(said.ljust(_INDEX_BYTES, b"\0"), np.uint32)
    if not words.any() or (_summed(words[None, :10]) != words[10:]).any():
        return 0, b""
    return int(words[4]), said[32:40]


def _followed(database: Path, header: Words, order: str, committed: int) -> int | None:
    """Each frame's checksum goes on from the one before it, and all bear the header's salts."""
    whole, good = 0, 0
    is_good, ends = True, False
    seed = header[6:].copy()
    with log_of(database).open("rb") as file:
        file.seek(LOG_HEADER_BYTES)
        while len(frames := _framed(file.read(_FRAMES_AT_ONCE * _FRAME_BYTES))):
            words = _head(frames)
            summed = np.concatenate([frames[:, :8], frames[:, _FRAME_HEADER_BYTES:]], axis=1).view(order)
            before = np.concatenate([seed[None, :], words[:-1, 4:]])
            follows = (_summed(summed, before) == words[:, 4:]).all(axis=1) & (words[:, 2:4] == header[4:6]).all(axis=1)
            for number in range(len(frames)):
                if is_good and follows[number]:
                    good += 1
                    if words[number, 1]:
                        whole = good
                    continue
                if ends and follows[number]:
                    return _byte_of(good)
                is_good, ends = False, bool(words[number, 1]) and (words[number, 2:4] == header[4:6]).all()
            seed = words[-1, 4:]
    return _byte_of(good) if whole < committed else None


def _byte_of(frame: int) -> int:
    return LOG_HEADER_BYTES + frame * _FRAME_BYTES


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
