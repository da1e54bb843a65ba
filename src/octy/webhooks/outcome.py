"""What came of one attempt to deliver a webhook."""

from typing import TypeAlias

from msgspec import Struct


class Delivered(Struct, frozen=True):
    """The receiver answered 2xx."""

    status: int
    excerpt: str = ""
    """The beginning of the receiver's answer: for the account, not for our logs."""


class Failed(Struct, frozen=True):
    """Anything else."""

    reason: str
    """A sentence for the account. Never names an address to which its URL leads."""
    retry_after_seconds: int | None = None
    excerpt: str = ""
    """As of a delivered one."""
    status: int | None = None
    """Of the receiver's answer, where there was one."""


Outcome: TypeAlias = Delivered | Failed
