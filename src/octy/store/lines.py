"""Lines of JSON as the store has them, many in one text, which is cut only where somebody wants a line of it.

To cut each of a million takes longer than to search all of them at once, and most are never asked for.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import msgspec

from octy.model.values import canonical

_decode = msgspec.json.Decoder(dict[str, Any]).decode

LINES_PER_TEXT_MIN = 2_048
"""Short texts that come together are joined until they have so many."""


class Lines:
    """Lines in an order, each of which ends in a line break where it lies."""

    def __init__(self) -> None:
        self._texts: list[bytes] = []
        self._starts: list[int] = []
        """The number of each text's first line."""
        self._count = 0
        self.size_bytes = 0

    @classmethod
    def joined(cls, texts: Iterable[tuple[int, bytes]]) -> "Lines":
        """Those of texts, each with how many lines it has."""
        lines = cls()
        for count, text in _together(texts, LINES_PER_TEXT_MIN):
            lines.append(count, text)
        return lines

    @classmethod
    def of(cls, lines: Sequence[bytes]) -> "Lines":
        """Lines that are cut already."""
        found = cls()
        found.append(len(lines), b"".join(line + b"\n" for line in lines))
        return found

    def __len__(self) -> int:
        return self._count

    def append(self, count: int, text: bytes) -> None:
        """More lines in one text."""
        if count:
            self._texts.append(text)
            self._starts.append(self._count)
            self._count += count
            self.size_bytes += len(text)

    def drop(self, count: int) -> None:
        """The first so many are gone."""
        if count >= self._count:
            self._texts, self._starts, self._count, self.size_bytes = [], [], 0, 0
            return
        place = self._place(count)
        cut = b"".join(line + b"\n" for line in self._cut(place)[count - self._starts[place] :])
        self._texts = [cut, *self._texts[place + 1 :]]
        self._starts = [0, *(start - count for start in self._starts[place + 1 :])]
        self._count -= count
        self.size_bytes = sum(map(len, self._texts))

    def copy(self) -> "Lines":
        """The same, of which others may be dropped."""
        same = Lines()
        same._texts, same._starts = list(self._texts), list(self._starts)
        same._count, same.size_bytes = self._count, self.size_bytes
        return same

    def at(self, rows: Iterable[int]) -> list[bytes]:
        """Some of them, by number; fast where neighbours come together."""
        found = []
        place, cut = -1, list[bytes]()
        for row in rows:
            its_place = self._place(row)
            if its_place != place:
                place, cut = its_place, self._cut(its_place)
            found.append(cut[row - self._starts[place]])
        return found

    def texts(self, lines_min: int) -> Iterator[tuple[int, bytes]]:
        """All of them, in texts of at least so many lines each, but for the last; with how many these are."""
        ends = [*self._starts, self._count][1:]
        counts = [end - start for start, end in zip(self._starts, ends, strict=True)]
        return _together(zip(counts, self._texts, strict=True), lines_min)

    def holding(self, part: bytes) -> Iterator[tuple[int, bytes]]:
        """The lines in which something is, each once, with its number."""
        for start, text in zip(self._starts, self._texts, strict=True):
            row, begin = start, 0
            while (at := text.find(part, begin)) >= 0:
                row += text.count(b"\n", begin, at)
                begin = text.rfind(b"\n", begin, at) + 1 or begin
                end = text.index(b"\n", at)
                yield row, text[begin:end]
                row, begin = row + 1, end + 1

    def _place(self, row: int) -> int:
        return bisect_right(self._starts, row) - 1

    def _cut(self, place: int) -> list[bytes]:
        return self._texts[place].split(b"\n")[:-1]


def _together(texts: Iterable[tuple[int, bytes]], lines_min: int) -> Iterator[tuple[int, bytes]]:
    count, waiting = 0, list[bytes]()
    for more, text in texts:
        waiting.append(text)
        count += more
        if count >= lines_min:
            yield count, b"".join(waiting)
            count, waiting = 0, []
    if count:
        yield count, b"".join(waiting)


def texts_of(lines: Lines, key: str) -> Iterator[tuple[int, str]]:
    """The canonical texts of a property in JSON objects (V2), each with its line's number; in no order.

    Only lines in which the property's name is, between quotes, or an escaped character, as which it may be written, are
    decoded, and equal ones once: to decode a line takes ten times as long as to look at it.
    """
    known: dict[bytes, str | None] = {}
    name = b'"%b"' % key.encode(errors="surrogatepass")
    for row, line in chain(lines.holding(name), (found for found in lines.holding(b"\\") if name not in found[1])):
        if line not in known:
            known[line] = canonical(_decode(line).get(key))
        text = known[line]
        if text is not None:
            yield row, text
