"""The reference of the HTTP API: a page made of the OpenAPI document and of real answers (`make api`)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

PAGE = Path(__file__).parents[3] / "docs" / "api.md"


class Shown(NamedTuple):
    """A request that the page shows; ids that an answer gave stand in it by name (`tour.NAMES`)."""

    operation: str
    """`POST /v1/retention/events/create`, as the OpenAPI document has it."""
    query: str = ""
    body: Mapping[str, Any] | None = None
    is_refused: bool = False
    """An example of an error, not of what the operation is for."""


class Answered(NamedTuple):
    """A request that was sent, and what came back; `text` is empty where it is no JSON that a page can show."""

    shown: Shown
    path: str
    body: str
    status: int
    text: str
