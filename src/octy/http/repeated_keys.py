"""Does a body give a key twice? Then its sender and its reader may mean two things by it, so it is refused.

No decoder tells: msgspec, like nearly all others, takes the last of them.
"""

import threading

import msgspec
import numpy as np

from octy.engine.batch import Octets
from octy.engine.kernels.keys import (
    DEPTH_MAX,
    FINE,
    KEYS_MAX,
    NO_ROOM,
    REPEATED,
    TOO_DEEP,
    first_repeat,
)
from octy.http.wording import BODY
from octy.model import limits
from octy.model.errors import Problem
from octy.model.values import in_path, shown


class _Room(threading.local):
    """Where the kernel keeps what it has met; a thread's own, for the kernel runs without the interpreter's lock."""

    def __init__(self) -> None:
        self.held = np.empty((3, 4_096), np.uint64)
        self.frames = np.empty((3, DEPTH_MAX + 1), np.int64)
        self.way = np.empty((DEPTH_MAX, 2), np.int64)
        self.nothing = np.empty(0, np.uint8)


_room = _Room()


def repeated_key(body: bytes | msgspec.Raw, depth_max: int = DEPTH_MAX) -> Problem | None:
    """The first key that an object gives twice, or the first object of too many keys to say; None if there is neither.

    `body` is JSON that was decoded. Objects that stand deeper than `depth_max` lists and objects are not looked at.
    """
    sent = bytes(body)  # a piece of a larger body would not begin where a word does
    text, words = np.frombuffer(sent, np.uint8), np.frombuffer(sent, np.uint64, len(sent) >> 3)
    room = _room
    spare = np.empty(len(sent), np.uint8) if b"\\" in sent else room.nothing
    found, steps, number = first_repeat(text, words, spare, depth_max, room.held, room.frames, room.way)
    while found == NO_ROOM:
        room.held = np.empty((3, 2 * room.held.shape[1]), np.uint64)
        found, steps, number = first_repeat(text, words, spare, depth_max, room.held, room.frames, room.way)
    if found == FINE:
        return None
    if found == TOO_DEEP:
        return Problem(BODY, "deeper nesting", f"at most {limits.JSON_DEPTH_MAX} levels")
    way = [index if begin < 0 else _key(sent, spare, begin, index) for begin, index in room.way[:steps].tolist()]
    if found == REPEATED:
        return Problem(_path(way), f"{shown(way[-1])} a second time", "each key once")
    return Problem(_path(way), f"{number} keys", f"at most {KEYS_MAX} keys")


def _key(sent: bytes, spare: Octets, begin: int, end: int) -> str:
    size = len(sent)
    key = sent[begin:end] if begin < size else spare[begin - size : end - size].tobytes()
    return key.decode(errors="surrogatepass")


def _path(way: list[int | str]) -> str:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{in_path(step)}" for step in way)
    return path.removeprefix(".") or BODY
