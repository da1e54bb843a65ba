"""The different texts of a property, to which rows refer by number: from 1 on, in a list's order; 0 is for no text.

An archive of years has many files, each with lists of up to 65,535 texts, of which segments ask for a few. So a list is
kept as one text, a fifth or a tenth of the memory that it would take as Python's strings and a dictionary of them.
"""

from collections.abc import Sequence
from math import nan

import msgspec
import numpy as np

from octy.engine.batch import Floats, Ints
from octy.engine.runs import Codes, NumberOf

SOUGHT_MAX = 32
"""So many texts are sought one by one; where somebody has codes for more, all that there are are looked up."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(str).decode


class NumberedTexts:
    """A list of different texts. From any thread."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._count = len(texts)
        self._lines = b"\n".join([b"", *map(_encode, texts), b""])
        """As JSON, in which no text has a line break, each between two of them."""
        self._numbered: tuple[Codes, list[tuple[int, int]]] = {}, []
        """The codes that were asked for last, and of each text that is here the number and its code."""

    @property
    def texts(self) -> list[str]:
        """All of them."""
        return [_decode(line) for line in self._lines.split(b"\n")[1:-1]]

    def known(self, codes: Codes) -> Ints:
        """By number, somebody's code of each text: 0 where he has none."""
        asked, numbered = self._numbered
        if asked != codes:
            numbered = self._seek(codes) if len(codes) <= SOUGHT_MAX else self._look_up(codes)
            self._numbered = dict(codes), numbered
        found = np.zeros(self._count + 1, np.int32)
        for number, code in numbered:
            found[number] = code
        return found

    def numbers(self, number_of: NumberOf) -> Floats:
        """By number, what each text counts; NaN for no text."""
        return np.array([nan, *map(number_of, self.texts)], np.float64)

    def _seek(self, codes: Codes) -> list[tuple[int, int]]:
        places = [(self._lines.find(b"\n%b\n" % _encode(text)), code) for text, code in codes.items()]
        return [(self._lines.count(b"\n", 0, place) + 1, code) for place, code in places if place >= 0]

    def _look_up(self, codes: Codes) -> list[tuple[int, int]]:
        return [(number, codes[text]) for number, text in enumerate(self.texts, 1) if text in codes]
