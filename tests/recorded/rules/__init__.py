"""The rules of segmentation with examples: tests, and the page `docs/rules.md` that is made of them (`make rules`)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

PAGE = Path(__file__).parents[3] / "docs" / "rules.md"


class Told(NamedTuple):
    """A story (`tests.recorded.stories`) and the tag at its end: since when, or None. `history`, where that matters."""

    segment: Mapping[str, Any]
    story: str
    tag: str | None
    history: tuple[str, ...] = ()


class Defined(NamedTuple):
    """A definition that is accepted, or the whole text of what it is refused with."""

    what: str
    definition: object
    refused: tuple[str, ...] = ()


class Request(NamedTuple):
    """One request. `PROFILE` in it stands for Ana's profile id, `LAST` for the id that was given out last."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    key: str | None = None
    """The header Idempotency-Key."""
    on_a_sandbox: bool = True
    """Or on a server whose clock is the machine's."""


class Asked(NamedTuple):
    """What a request is answered with, after others: its status, and a part of it."""

    what: str
    before: tuple[Request, ...]
    request: Request
    status: int
    says: str

    @property
    def is_refused(self) -> bool:
        """Or accepted."""
        return self.status >= 400


Example = Told | Defined | Asked


class Rule(NamedTuple):
    """A rule in the specification's words, with at least an example that holds and one that does not."""

    number: str
    sentence: str
    examples: tuple[Example, ...]


class Chapter(NamedTuple):
    """Rules of one subject."""

    title: str
    rules: tuple[Rule, ...]
    elsewhere: tuple[tuple[str, str], ...] = ()
    """Rules that no example on a page can show, and what holds them."""
