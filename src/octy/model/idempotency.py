"""E5: a request that may be repeated, and is answered once.

The first answer is stored in the transaction of the change that it tells of, so neither exists without the other.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from octy.model.errors import OctyError


class Answer(Struct, frozen=True):
    """An HTTP answer as it was sent."""

    status: int
    body: bytes


class Once(Struct, frozen=True):
    """The repeatable request: its key, what it asks for, and how the answer is made from the result."""

    path: str
    key: str
    body_sha256: bytes
    answer: Callable[[Any], Answer]


class Replayed(OctyError):
    """The request was answered before; nothing has changed, and `answer` is the first answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("This request was answered before.")
        self.answer = answer
