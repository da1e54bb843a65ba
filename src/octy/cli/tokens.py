"""What stands in a YAML file, token by token, each with its place?

Only plain data passes: the first alias (so every YAML bomb) or tag is refused where it stands, before anything is built
from it. The parser is ruamel's; what its scalars mean is decided in `octy.cli.scalars`.
"""

from collections.abc import Iterator
from enum import Enum, auto
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)
from ruamel.yaml.reader import ReaderError

from octy.cli.failures import LinesRefused
from octy.model.values import shown


class Mark(NamedTuple):
    """A position in a file, counted from 1."""

    line: int
    column: int


class Kind(Enum):
    """What a token begins, is or ends."""

    MAPPING = auto()
    SEQUENCE = auto()
    PLAIN = auto()
    QUOTED = auto()
    END = auto()
    DOCUMENT = auto()


class Token(NamedTuple):
    """A scalar with its text, the beginning or end of a collection, or the beginning of a document."""

    kind: Kind
    text: str
    mark: Mark


def tokens(path: Path, text: str) -> Iterator[Token]:
    """The tokens of all documents; none if the file holds none."""
    mark = Mark(1, 1)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            mark = _mark(event.start_mark)
            if isinstance(event, DocumentStartEvent):
                yield Token(Kind.DOCUMENT, "", mark)
            elif isinstance(event, NodeEvent | CollectionEndEvent):
                yield _token(path, event, mark)
    except MarkedYAMLError as error:
        refuse(path, _mark(error.problem_mark or error.context_mark), _reason(error))
    except ReaderError as error:
        before = text[: error.position]
        mark = Mark(before.count("\n") + 1, error.position - before.rfind("\n"))
        refuse(path, mark, f"expected printable characters; found {shown(text[error.position])}")
    except (YAMLError, ValueError, OverflowError, AssertionError):
        # Of escapes such as "\UFFFFFFFF" the parser says one of the middle two, of `%YAML 1.0` the last.
        refuse(path, mark, "expected YAML; found something unreadable here or soon after")


def refuse(path: Path, mark: Mark, text: str) -> NoReturn:
    """LinesRefused, with the place."""
    raise LinesRefused([f"{path}:{mark.line}:{mark.column}: {text}"]) from None


def _token(path: Path, event: Event, mark: Mark) -> Token:
    if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
        refuse(path, mark, "anchors and aliases (&, *) are not supported; write the value out")
    if isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag:
        refuse(path, mark, "tags (!) are not supported; write the plain value")
    match event:
        case ScalarEvent():
            return Token(Kind.PLAIN if event.style is None else Kind.QUOTED, str(event.value), mark)
        case MappingStartEvent():
            return Token(Kind.MAPPING, "", mark)
        case CollectionStartEvent():
            return Token(Kind.SEQUENCE, "", mark)
        case _:
            return Token(Kind.END, "", mark)


def _reason(error: MarkedYAMLError) -> str:
    """The parser's own words on one line: what it met, and inside what."""
    reason = str(error.problem or error.context)
    if r"'\t'" in reason:
        return "found a tab where none may stand; indent with spaces"
    if error.problem and error.context and error.context_mark:
        reason += f" {error.context} that begins at line {error.context_mark.line + 1}"
    return " ".join(reason.split())


def _mark(mark: Any) -> Mark:  # noqa: ANN401 - ruamel does not type its marks
    return Mark(mark.line + 1, mark.column + 1)
