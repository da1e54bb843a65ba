"""Ids that tell an account nothing about anybody else's traffic.

Events are numbered through the whole store (T2). The number is shown scrambled by a secret of the store: a bijection
on 64 bits, so it needs no column of its own and never collides.
"""

import secrets
from collections.abc import Sequence

import numpy as np

HIGH_HALF = 32
UPPER_BITS = 29
ALL_BITS = 2**64 - 1

FEW = 8
"""Up to so many, one by one is quicker than as an array."""

_BIG_ENDIAN = np.dtype(">u8")


class EventIds:
    """Turns a `seq` into an event id."""

    def __init__(self, secret: str) -> None:
        """`secret` as `new_secret` made it."""
        self._factor, self._offset = (int(part, 16) for part in secret.split("-"))

    def of(self, seq: int) -> str:
        """`event_` and 16 hexadecimal digits."""
        mixed = (seq * self._factor + self._offset) & ALL_BITS
        mixed ^= mixed >> HIGH_HALF
        mixed = mixed * self._factor & ALL_BITS
        mixed ^= mixed >> UPPER_BITS
        return f"event_{mixed:016x}"

    def of_many(self, seqs: Sequence[int]) -> list[str]:
        """As `of`, of any number at once."""
        return [self.of(seq) for seq in seqs] if len(seqs) <= FEW else self._of_array(seqs)

    def _of_array(self, seqs: Sequence[int]) -> list[str]:
        """As `of`: arithmetic on arrays wraps at 64 bits, and one call formats all."""
        mixed = np.array(seqs, np.uint64) * np.uint64(self._factor) + np.uint64(self._offset)
        mixed ^= mixed >> np.uint64(HIGH_HALF)
        mixed *= np.uint64(self._factor)
        mixed ^= mixed >> np.uint64(UPPER_BITS)
        digits = mixed.astype(_BIG_ENDIAN).tobytes().hex(" ", mixed.itemsize)
        return f"event_{digits.replace(' ', ' event_')}".split(" ")


def new_secret() -> str:
    """An odd factor (so that multiplying is a bijection) and an offset, in hexadecimal."""
    return f"{secrets.randbits(64) | 1:016x}-{secrets.randbits(64):016x}"


def new_id(prefix: str, bytes_of_chance: int = 12) -> str:
    """`profile_5cc1b718…`: nothing to guess, nothing to count."""
    return f"{prefix}_{secrets.token_hex(bytes_of_chance)}"
