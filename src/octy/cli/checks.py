"""Does a YAML document hold what its kind needs? Readers of single fields, each telling what is wrong and where.

Each returns something of the right type in any case, so that one pass finds every fault; `faults.check()` ends it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from octy.cli.documents import Document, Trail
from octy.cli.failures import Faults
from octy.cli.locate import path_of
from octy.cli.output import complain
from octy.model.accounts import misfits
from octy.model.values import canonical, shown

Fields = Mapping[str, Any]


class Checks:
    """Reads a document's fields and collects what is wrong with them."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._faults = Faults()

    def done(self) -> None:
        """LinesRefused if anything was wrong."""
        self._faults.check()

    def wrong(self, trail: Trail, wanted: str, found: str) -> None:
        """Notes a fault."""
        self._faults.add(self._document.place(trail), f"{path_of(trail)}: expected {wanted}; found {found}")

    def mapping(self, fields: object, trail: Trail) -> Fields:
        """An object."""
        if isinstance(fields, Mapping):
            return fields
        self.wrong(trail, "an object", _found(fields))
        return {}

    def elements(self, parent: Fields, trail: Trail) -> Iterator[tuple[Trail, Any]]:
        """The elements of a list that holds at least one, with their trails."""
        found = parent.get(str(trail[-1]))
        if not isinstance(found, list) or not found:
            self.wrong(trail, "a list of at least one element", "an empty list" if found == [] else _found(found))
            return
        for index, element in enumerate(found):
            yield (*trail, index), element

    def text(self, parent: Fields, trail: Trail) -> str:
        """A text that is not empty; numbers and booleans are taken as text, as everywhere (wire.md 5)."""
        value = parent.get(str(trail[-1]))
        text = canonical(value)
        if not text:
            self.wrong(trail, "a text", _found(value))
        return text or ""

    def text_or_none(self, parent: Fields, trail: Trail, *, is_optional: bool) -> str:
        """A text that is empty, in quotes, where there is to be none; it may be absent or null where it is optional."""
        value = parent.get(str(trail[-1]))
        text = canonical(value)
        if text is None and not (is_optional and value is None):
            self.wrong(trail, 'a text, or "" for none', _found(value))
        return text or ""

    def integer(self, parent: Fields, trail: Trail, low: int, high: int) -> int | None:
        """An integer from `low` to `high`; None where the field is absent or null."""
        value = parent.get(str(trail[-1]))
        if value is None or (type(value) is int and low <= value <= high):
            return value
        self.wrong(trail, f"an integer from {low} to {high}", _found(value))
        return None

    def texts(self, parent: Fields, trail: Trail) -> list[str]:
        """A list of texts."""
        found = parent.get(str(trail[-1]))
        if not isinstance(found, list):
            self.wrong(trail, "a list", _found(found))
            return []
        for index, element in enumerate(found):
            if canonical(element) in (None, ""):
                self.wrong((*trail, index), "a text", _found(element))
        return [canonical(element) or "" for element in found]

    def choices(self, parent: Fields, trail: Trail, choice: Sequence[str]) -> list[str]:
        """A list of some of `choice`, each at most once."""
        found = parent.get(str(trail[-1]))
        if not isinstance(found, list):
            self.wrong(trail, "a list", _found(found))
            return []
        for index, misfit, wanted in misfits(found, choice):
            self.wrong((*trail, index), wanted, misfit)
        return found

    def number(self, parent: Fields, trail: Trail, low: int, high: int) -> int | float:
        """A number from `low` to `high`."""
        value = parent.get(str(trail[-1]))
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.wrong(trail, f"a number from {low} to {high}", _found(value))
        return 0

    def warn_of_unknown(self, fields: Fields, trail: Trail, known: Sequence[str]) -> None:
        """Unknown keys are ignored (wire.md 5), but a misspelt one is worth a word."""
        for key in fields:
            if key not in known:
                place = self._document.place((*trail, key))
                complain(f"{place}: warning: {shown(key)} is ignored; known are {', '.join(known)}")


def _found(value: object) -> str:
    return "nothing" if value is None else shown(value)
