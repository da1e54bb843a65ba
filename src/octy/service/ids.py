"""Ids that tell an account nothing about anybody else's traffic.

Events are numbered through the whole store (T2). The number is shown scrambled by a secret of the store: a bijection
on 64 bits, so it needs no column of its own and never collides.
"""

import secrets
from collections.abc import Sequence

import numpy as np

_HIGH_HALF = np.uint64(32)
_UPPER_BITS = np.uint64(29)
_BIG_ENDIAN = np.dtype(">u8")


class EventIds:
    """Turns a `seq` into an event id."""

    def __init__(self, secret: str) -> None:
        """`secret` as `new_secret` made it."""
        factor, offset = (int(part, 16) for part in secret.split("-"))
        self._factor, self._offset = np.uint64(factor), np.uint64(offset)

    def of(self, seq: int) -> str:
        """`event_` and 16 hexadecimal digits."""
        return self.of_many([seq])[0]

    def of_many(self, seqs: Sequence[int]) -> list[str]:
        """As `of`, of one or more at once: arithmetic on arrays wraps at 64 bits."""
        mixed = np.array(seqs, np.uint64) * self._factor + self._offset
        mixed ^= mixed >> _HIGH_HALF
        mixed *= self._factor
        mixed ^= mixed >> _UPPER_BITS
        digits = mixed.astype(_BIG_ENDIAN).tobytes().hex(" ", mixed.itemsize)
        return f"event_{digits.replace(' ', ' event_')}".split(" ")  # a third of the time of formatting each number


def new_secret() -> str:
    """An odd factor (so that multiplying is a bijection) and an offset, in hexadecimal."""
    return f"{secrets.randbits(64) | 1:016x}-{secrets.randbits(64):016x}"


def new_id(prefix: str, bytes_of_chance: int = 12) -> str:
    """`profile_5cc1b718…`: nothing to guess, nothing to count."""
    return f"{prefix}_{secrets.token_hex(bytes_of_chance)}"
