"""What could stand where something good stood? Good inputs of a format, changed a little or a lot, from a seed."""

import random
import re
from collections.abc import Sequence

INPUT_BYTES_MAX = 200_000
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
_ANYWHERE = [
    b"", b"\0", b"\x7f", b"\x80", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xf4\x90\x80\x80", b"\r\n",
    "é".encode(), "e\u0301".encode(), "\u202e".encode(), "\u2028".encode(),
    "🦑".encode(), b"__proto__", b"\x1b[2J", b"%00",
]  # fmt: skip
_NUMBERS = [
    b"0", b"-0", b"-0.0", b"1.0",
    b"9007199254740993", b"-9007199254740993", b"9223372036854775807", b"9223372036854775808",
    b"1e308", b"1e309", b"1e-400", b"1e999", b"NaN", b"Infinity",
    b"-1", b"00", b"0x10", b"1_000", b"9" * 400, b"9" * 5_000,
]  # fmt: skip


class Mutator:
    """Makes inputs of good ones. `words` are what means something in the format."""

    def __init__(self, goods: Sequence[bytes], words: Sequence[bytes], seed: int) -> None:
        self._chance = random.Random(seed)
        self._goods = goods
        self._words = [*words, *_ANYWHERE]

    def next(self) -> bytes:
        """An input: rarely a good one, mostly one with a few changes."""
        text = self._chance.choice(self._goods)
        for _ in range(self._chance.choice((0, 1, 1, 1, 2, 2, 3, 5, 9))):
            text = self._changed(text)[:INPUT_BYTES_MAX]
        return text

    def _changed(self, text: bytes) -> bytes:
        chance = self._chance
        begin, end = sorted((chance.randint(0, len(text)), chance.randint(0, len(text))))
        short = min(end, begin + 16)
        match chance.randrange(9):
            case 0 if text:
                at = chance.randrange(len(text))
                return text[:at] + bytes([text[at] ^ 1 << chance.randrange(8)]) + text[at + 1 :]
            case 1:
                return text[:begin] + text[short:]
            case 2:
                return text[:begin] + text[begin:end] * 2 + text[end:]
            case 3:
                return text[:begin] + chance.choice(self._words) + text[short:]
            case 4:
                return text[:begin] + chance.choice(self._words) * chance.choice((1, 2, 40, 3_000)) + text[begin:]
            case 5:
                other = chance.choice(self._goods)
                return text[:begin] + other[chance.randint(0, len(other)) :]
            case 6:
                return text[:begin]
            case 7 if numbers := list(_NUMBER.finditer(text)):
                number = chance.choice(numbers)
                return text[: number.start()] + chance.choice(_NUMBERS) + text[number.end() :]
            case _:
                return text[:begin] + chance.randbytes(chance.randrange(9)) + text[begin:]
