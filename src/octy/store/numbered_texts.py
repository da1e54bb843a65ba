"""The different texts of a property, to which rows refer by number: from 1 on, in a list's order; 0 is for no text."""

from collections.abc import Sequence
from functools import cached_property
from math import nan

import numpy as np

from octy.engine.batch import Floats, Ints
from octy.engine.runs import Codes, NumberOf


class NumberedTexts:
    """A list of different texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts

    def known(self, codes: Codes) -> Ints:
        """By number, somebody's code of each text: 0 where he has none."""
        found = np.zeros(len(self.texts) + 1, np.int32)
        for text, code in codes.items():
            if text in self._numbers:
                found[self._numbers[text]] = code
        return found

    def numbers(self, number_of: NumberOf) -> Floats:
        """By number, what each text counts; NaN for no text."""
        return np.array([nan, *map(number_of, self.texts)], np.float64)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """Made when it is first needed."""
        return {text: number for number, text in enumerate(self.texts, 1)}
