"""What does a YAML file say, and where does it say it?

A file becomes plain data and, beside it, the place of each key and each element, so that whatever is wrong with the
data can be shown where it stands.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

from octy.cli.files import text_of
from octy.cli.scalars import plain_scalar
from octy.cli.tokens import Kind, Mark, Token, refuse, tokens
from octy.model.limits import JSON_DEPTH_MAX
from octy.model.values import Scalar, problems_in, shown

FILE_BYTES_MAX = 500_000
LINE_BYTES_MAX = 50_000
VALUES_MAX = 20_000
"""Together they bound the parser's time at about a second; a segment definition takes some 300 bytes and 20 values."""

Trail: TypeAlias = tuple[str | int, ...]
"""The way from the root to a part: keys and indices."""


class Document(NamedTuple):
    """A document of a file: plain data, and the mark of every key and every element."""

    path: Path
    root: object
    marks: dict[Trail, Mark]

    def place(self, trail: Trail) -> str:
        """`segments.yml:12:7`: of the part, or of the nearest one around it where it is missing."""
        while trail not in self.marks:
            trail = trail[:-1]
        mark = self.marks[trail]
        return f"{self.path}:{mark.line}:{mark.column}"


def read_documents(path: Path) -> list[Document]:
    """All documents in the file, at least one; LinesRefused with file, line and column where it is no plain YAML.

    Empty ones, as between two `---`, are left out, unless there is no other.
    """
    found = list(_Reader(path, tokens(path, text_of(path, FILE_BYTES_MAX, LINE_BYTES_MAX))).documents())
    return [document for document in found if document.root is not None] or found[:1]


class _Reader:
    def __init__(self, path: Path, incoming: Iterator[Token]) -> None:
        self._path = path
        self._tokens = incoming
        self._marks: dict[Trail, Mark] = {}
        self._values_before = 0
        """In the documents before this one."""

    def documents(self) -> Iterator[Document]:
        is_empty = True
        for begin in self._tokens:
            assert begin.kind is Kind.DOCUMENT, "between documents there is nothing"
            yield self._document(next(self._tokens))
            is_empty = False
        if is_empty:
            yield self._document(Token(Kind.PLAIN, "", Mark(1, 1)))

    def _document(self, first: Token) -> Document:
        self._values_before += len(self._marks)
        self._marks = {(): first.mark}
        return Document(self._path, self._value(first, ()), self._marks)

    def _value(self, token: Token, trail: Trail) -> object:
        if len(trail) > JSON_DEPTH_MAX:
            refuse(self._path, token.mark, f"expected at most {JSON_DEPTH_MAX} levels of nesting")
        if self._values_before + len(self._marks) > VALUES_MAX + 1:  # one is the root's
            refuse(self._path, token.mark, f"expected at most {VALUES_MAX:,} values; split the file")
        match token.kind:
            case Kind.MAPPING:
                return self._mapping(trail)
            case Kind.SEQUENCE:
                return self._sequence(trail)
            case _:
                return self._scalar(token)

    def _mapping(self, trail: Trail) -> dict[str, object]:
        mapping: dict[str, object] = {}
        while (token := next(self._tokens)).kind is not Kind.END:
            key = self._key(token)
            if key in mapping:
                first = self._marks[*trail, key]
                found = f"the key {shown(key)} was given before, at line {first.line}, column {first.column}"
                refuse(self._path, token.mark, found)
            self._marks[*trail, key] = token.mark
            mapping[key] = self._value(next(self._tokens), (*trail, key))
        return mapping

    def _sequence(self, trail: Trail) -> list[object]:
        elements: list[object] = []
        while (token := next(self._tokens)).kind is not Kind.END:
            inner = (*trail, len(elements))
            self._marks[inner] = token.mark
            elements.append(self._value(token, inner))
        return elements

    def _key(self, token: Token) -> str:
        """A key is the text that stands there, as in JSON."""
        if token.kind not in (Kind.PLAIN, Kind.QUOTED):
            refuse(self._path, token.mark, "expected a key; found a collection")
        self._refuse_unstorable(token, token.text)
        return token.text

    def _scalar(self, token: Token) -> Scalar:
        value: Scalar = token.text
        if token.kind is Kind.PLAIN:
            try:
                value = plain_scalar(token.text)
            except ValueError as error:
                refuse(self._path, token.mark, f"expected {error}; found {shown(token.text)}")
        self._refuse_unstorable(token, value)
        return value

    def _refuse_unstorable(self, token: Token, value: Scalar) -> None:
        for problem in problems_in(value, ""):
            refuse(self._path, token.mark, f"expected {problem.wanted}; found {problem.found}")
