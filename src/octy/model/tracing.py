"""What belongs together: a request, what is logged of it, the webhooks it causes. By W3C's Trace Context."""

import random
import re
from contextvars import ContextVar

from msgspec import Struct

_FORM = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:-.*)?")


class Trace(Struct, frozen=True):
    """What all that belongs together bears."""

    id: str
    """32 hexadecimal digits."""
    flags: str = "00"
    """As who began it has set them: whether it is recorded."""

    @property
    def parent(self) -> str:
        """As the next one in the chain is told of it: with a number of the call's own."""
        return f"00-{self.id}-{random.getrandbits(64) | 1:016x}-{self.flags}"


current: ContextVar[Trace | None] = ContextVar("trace", default=None)
"""That of the request which is being answered."""


def trace_of(traceparent: bytes) -> Trace | None:
    """The trace that a header speaks of; None where it is none."""
    found = _FORM.fullmatch(traceparent)
    return None if found is None else Trace(found[1].decode(), found[2].decode())


def new_trace() -> Trace:
    """One that begins here."""
    return Trace(f"{random.getrandbits(128) | 1:032x}")
