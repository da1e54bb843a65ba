"""Ids that tell an account nothing about anybody else's traffic.

Events are numbered through the whole store (T2). The number is shown scrambled by a secret of the store: a bijection
on 64 bits, so it needs no column of its own and never collides.
"""

import secrets

_MASK = 2**64 - 1


class EventIds:
    """Turns a `seq` into an event id."""

    def __init__(self, secret: str) -> None:
        """`secret` as `new_secret` made it."""
        factor, offset = (int(part, 16) for part in secret.split("-"))
        self._factor, self._offset = factor, offset

    def of(self, seq: int) -> str:
        """`event_` and 16 hexadecimal digits."""
        mixed = (seq * self._factor + self._offset) & _MASK
        mixed ^= mixed >> 32
        mixed = (mixed * self._factor) & _MASK
        return f"event_{mixed ^ mixed >> 29:016x}"


def new_secret() -> str:
    """An odd factor (so that multiplying is a bijection) and an offset, in hexadecimal."""
    return f"{secrets.randbits(64) | 1:016x}-{secrets.randbits(64):016x}"


def new_id(prefix: str, bytes_of_chance: int = 12) -> str:
    """`profile_5cc1b718…`: nothing to guess, nothing to count."""
    return f"{prefix}_{secrets.token_hex(bytes_of_chance)}"
