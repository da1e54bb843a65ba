"""Does a body give a key twice? Then its sender and its reader may mean two things by it, so it is refused.

No decoder tells: msgspec, like nearly all others, takes the last of them.
"""

import threading

import numpy as np

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


_room = _Room()


def repeated_key(body: bytes, depth_max: int = DEPTH_MAX) -> Problem | None:
    """The first key that an object gives twice, or the first object of too many keys to say; None if there is neither.

    `body` is JSON that was decoded. Objects that stand deeper than `depth_max` lists and objects are not looked at.
    """
    length = len(body)
    memory = bytearray(body)
    if b"\\" in memory:
        memory.extend(memory)  # room for keys without their escapes
    text, words = np.frombuffer(memory, np.uint8), np.frombuffer(memory, np.uint64, length >> 3)
    room = _room
    found, steps, number = first_repeat(text, words, length, depth_max, room.held, room.frames, room.way)
    while found == NO_ROOM:
        room.held = np.empty((3, 2 * room.held.shape[1]), np.uint64)
        found, steps, number = first_repeat(text, words, length, depth_max, room.held, room.frames, room.way)
    if found == FINE:
        return None
    if found == TOO_DEEP:
        return Problem(BODY, "deeper nesting", f"at most {limits.JSON_DEPTH_MAX} levels")
    way = [index if begin < 0 else _key(memory[begin:index]) for begin, index in room.way[:steps].tolist()]
    if found == REPEATED:
        return Problem(_path(way), f"{shown(way[-1])} a second time", "each key once")
    return Problem(_path(way), f"{number} keys", f"at most {KEYS_MAX} keys")


def _key(text: bytearray) -> str:
    return text.decode(errors="surrogatepass")


def _path(way: list[int | str]) -> str:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{in_path(step)}" for step in way)
    return path.removeprefix(".") or BODY
