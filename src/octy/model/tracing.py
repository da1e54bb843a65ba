"""What belongs together: a request, what is logged of it, the webhooks it causes. By W3C's Trace Context.

A trace is seen from one of its spans: the answering of a request, or an attempt to deliver a webhook. Who calls tells
his span, so that whoever collects spans can draw who called whom.
"""

import random
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import TypeAlias

from msgspec import Struct, field

RECORDED, NOT_RECORDED = "01", "00"

_FORM = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")


def _new_span() -> str:
    return f"{random.getrandbits(64) | 1:016x}"


class Trace(Struct, frozen=True):
    """What all that belongs together bears, as one of its spans sees it."""

    id: str
    """32 hexadecimal digits."""
    flags: str = NOT_RECORDED
    """As who began it has set them: whether it is recorded."""
    caller: str = ""
    """The span that has called this one; 16 hexadecimal digits, or none where the trace begins with this one."""
    span: str = field(default_factory=_new_span)

    @property
    def is_recorded(self) -> bool:
        """Whether who began it wants its spans to be kept."""
        return bool(int(self.flags, 16) & 1)

    @property
    def traceparent(self) -> str:
        """As whoever is called is told of it."""
        return f"00-{self.id}-{self.span}-{self.flags}"

    def called(self) -> "Trace":
        """As a span sees it that this one has called."""
        return Trace(self.id, self.flags, self.span)


class Span(Struct, frozen=True):
    """Something that took time, once it is over."""

    name: str
    trace: Trace
    is_call: bool
    """Whether we have called somebody, rather than been called."""
    ended_ns: int
    """Since 1970, by the machine's clock whatever a sandbox's says."""
    took_seconds: float
    facts: Mapping[str, str | int]
    """Of nobody in particular: no id of anything, no value."""
    has_failed: bool


Report: TypeAlias = Callable[[Span], None]
"""Takes a span that is recorded, at once and without fail."""

current: ContextVar[Trace | None] = ContextVar("trace", default=None)
"""That of the request which is being answered, or of the attempt that is being made."""


def trace_of(traceparent: bytes) -> Trace | None:
    """The trace that a header speaks of, as called by its span; None where it is none."""
    found = _FORM.fullmatch(traceparent)
    return None if found is None else Trace(found[1].decode(), found[3].decode(), found[2].decode())


def new_trace(share: float = 0) -> Trace:
    """One that begins here. Such a share of all is recorded."""
    flags = RECORDED if share and random.random() < share else NOT_RECORDED  # noqa: S311 - nothing is secret of it
    return Trace(f"{random.getrandbits(128) | 1:032x}", flags)
