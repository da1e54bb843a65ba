"""Is a key given twice in an object of JSON? Decoders take the last of them and say nothing.

The text is walked through once, over strings eight bytes at a time. Of each object that is open the keys so far are
remembered as places in the text, so nothing is copied but keys that are written with escapes. Of those the places are
beyond the text's end, in memory of their own: the text belongs to others.
"""

import numpy as np

from octy.engine.batch import Longs, Octets, Words
from octy.engine.kernels.compiled import kernel, part
from octy.engine.kernels.memory import lent
from octy.model import limits

FINE, REPEATED, TOO_MANY, TOO_DEEP, NO_ROOM = range(5)
DEPTH_MAX = 1_024
"""Deeper than the decoder goes."""
KEYS_MAX = limits.PROPERTIES_MAX
"""Of any object: nobody can have many keys compared with many."""
LONG_BYTES = 32
"""Keys that are longer are compared by their hashes first."""

U = np.uint64
_0, _1, _2, _3, _4, _6, _8, _10, _12, _18 = (U(number) for number in (0, 1, 2, 3, 4, 6, 8, 10, 12, 18))
_ALL, _SEVEN, _TOP = U(0xFFFF_FFFF_FFFF_FFFF), U(7), U(0x80)
_LOWS, _HIGHS, _LOW_BITS = U(0x0101_0101_0101_0101), U(0x8080_8080_8080_8080), U(0x7F7F_7F7F_7F7F_7F7F)
_QUOTES, _BACKSLASHES = _LOWS * U(0x22), _LOWS * U(0x5C)
_PRIME = U(0x9E37_79B9_7F4A_7C15)
_SIX_BITS, _TAIL = U(0x3F), U(0x80)
_QUOTE, _BACKSLASH, _COLON, _COMMA, _SPACE = 0x22, 0x5C, 0x3A, 0x2C, 0x20
_BEGIN_LIST, _END_LIST, _BEGIN_OBJECT, _END_OBJECT = 0x5B, 0x5D, 0x7B, 0x7D
_CODES, _MEANT = (np.frombuffer(some, np.uint8).copy() for some in (b"bfnrt", b"\b\f\n\r\t"))


@kernel
def first_repeat(
    text: Octets, words: Words, spare: Octets, depth_max: int, held: Words, frames: Longs, way: Longs
) -> tuple[int, int, int]:
    """What is wrong with the first object of which something is, how many steps of the way lead there, and a number.

    `text` is JSON that a decoder has taken, and only read; `words` is the same memory, eight bytes each. `spare` is as
    long as the text if that holds escapes: room for keys without them. Objects deeper than `depth_max` are let pass.
    Of a key that is `REPEATED` the way leads to the key itself, and the number is 0; of `TOO_MANY` to the object, and
    the number is how many keys it has. `NO_ROOM` asks for a wider `held`, which is a uint64[3, keys of all objects that
    are open]; `frames` is an int64[3, DEPTH_MAX + 1]. `way` is an int64[DEPTH_MAX, 2]: of each step the key's begin and
    end in the text with `spare` behind it, or -1 and an index. Whatever text it is, nothing outside of it is read.
    """
    text, words, spare, way = lent(text), lent(words), lent(spare), lent(way)
    begins, ends, hashes = lent(held[0]), lent(held[1]), lent(held[2])
    is_list, count, first = lent(frames[0]), lent(frames[1]), lent(frames[2])
    is_list[0] = count[0] = first[0] = 0
    size, free = U(text.size), U(text.size)
    depth = keys = 0
    at = _0
    while at < size:
        byte = text[at]
        at += _1
        if byte == _QUOTE:
            begin, is_escaped = at, False
            at = _stop(text, words, at, size)
            while at < size and text[at] == _BACKSLASH:
                is_escaped = True
                at = _stop(text, words, at + _2, size)
            end = at
            at += _1
            while at < size and text[at] <= _SPACE:
                at += _1
            if at >= size or text[at] != _COLON or depth == 0 or is_list[depth]:
                continue
            count[depth] += 1
            if depth > depth_max or count[depth] > KEYS_MAX:
                continue
            if is_escaped:
                begin, end = free, _unescape(text, begin, end, spare, free - size) + size
                free = end
            if keys == begins.size:
                return NO_ROOM, 0, 0
            begins[keys], ends[keys], hashes[keys] = begin, end, _hash(text, spare, begin, end)
            if _is_among(text, spare, begins, ends, hashes, first[depth], keys):
                return REPEATED, _write_way(way, is_list, count, first, begins, ends, depth, keys + 1), 0
            keys += 1
        elif byte in (_BEGIN_OBJECT, _BEGIN_LIST):
            if depth == DEPTH_MAX:
                return TOO_DEEP, 0, 0
            depth += 1
            is_list[depth], count[depth], first[depth] = int(byte == _BEGIN_LIST), 0, keys
        elif byte in (_END_OBJECT, _END_LIST):
            if depth == 0:
                return FINE, 0, 0
            if byte == _END_OBJECT and count[depth] > KEYS_MAX and depth <= depth_max:
                found = count[depth]
                return TOO_MANY, _write_way(way, is_list, count, first, begins, ends, depth - 1, first[depth]), found
            keys = first[depth]
            depth -= 1
        elif byte == _COMMA and is_list[depth]:
            count[depth] += 1
    return FINE, 0, 0


@part
def _stop(text: Octets, words: Words, at: U, size: U) -> U:
    """The next place from `at` on with a quote or a backslash; `size` if there is none."""
    word, whole = at >> _3, size >> _3
    if word < whole:
        passed = (at & _SEVEN) << _3
        wanted = _marks(words[word]) & (_ALL << passed)
        while wanted == _0:
            word += _1
            if word == whole:
                break
            wanted = _marks(words[word])
        at = max(at, word << _3)
        if wanted != _0:
            wanted &= _ALL - wanted + _1  # its lowest bit
            at = word << _3
            while wanted > _TOP:
                wanted >>= _8
                at += _1
            return at
    while at < size and text[at] != _QUOTE and text[at] != _BACKSLASH:
        at += _1
    return min(at, size)


@part
def _marks(word: U) -> U:
    """The top bit of each byte that is a quote or a backslash."""
    quote, backslash = word ^ _QUOTES, word ^ _BACKSLASHES
    other_than_quote = ((quote & _LOW_BITS) + _LOW_BITS) | quote
    other_than_backslash = ((backslash & _LOW_BITS) + _LOW_BITS) | backslash
    return ~(other_than_quote & other_than_backslash) & _HIGHS


@part
def _byte(text: Octets, spare: Octets, at: U) -> int:
    """What stands at a place of the text, or behind its end in `spare`."""
    size = U(text.size)
    return text[at] if at < size else spare[at - size]  # type: ignore[no-any-return]


@part
def _hash(text: Octets, spare: Octets, begin: U, end: U) -> U:
    """Of a long key; a short one is compared as fast."""
    found = end - begin
    if found > U(LONG_BYTES):
        for at in range(begin, end):
            found = (found ^ U(_byte(text, spare, U(at)))) * _PRIME
            found ^= found >> U(29)
    return found


@part
def _is_among(text: Octets, spare: Octets, begins: Words, ends: Words, hashes: Words, first: int, last: int) -> bool:
    """Whether the last key is one of those before it, from `first` on."""
    begin, hashed = begins[last], hashes[last]
    length = ends[last] - begin
    for other in range(first, last):
        if hashes[other] != hashed or ends[other] - begins[other] != length:
            continue
        at = _0
        while at < length and _byte(text, spare, begins[other] + at) == _byte(text, spare, begin + at):
            at += _1
        if at == length:
            return True
    return False


@part
def _unescape(text: Octets, begin: U, end: U, spare: Octets, out: U) -> U:
    """Writes a key as UTF-8 into `spare` at `out`, and says where that ends; with escapes it was as long, or longer."""
    at = begin
    while at < end:
        byte = text[at]
        at += _1
        if byte != _BACKSLASH or at >= end:
            spare[out] = byte
            out += _1
            continue
        code = text[at]
        at += _1
        if code != ord("u") or at + _4 > end:
            for place in range(_CODES.size):
                if code == _CODES[place]:
                    code = _MEANT[place]
                    break
            spare[out] = code
            out += _1
            continue
        point = _hex(text, at)
        at += _4
        if U(0xD800) <= point < U(0xDC00) and at + _6 <= end and text[at] == _BACKSLASH and text[at + _1] == ord("u"):
            low = _hex(text, at + _2)
            if U(0xDC00) <= low < U(0xE000):
                point = U(0x10000) + ((point - U(0xD800)) << _10) + (low - U(0xDC00))
                at += _6
        out = _write_utf8(spare, point, out)
    return out


@part
def _hex(text: Octets, at: U) -> U:
    """The number that four digits mean."""
    found = _0
    for place in range(at, at + _4):
        digit = U(text[place])
        found = (found << _4) | ((digit & U(0xF)) + (U(9) if digit > U(0x39) else _0))
    return found


@part
def _write_utf8(spare: Octets, point: U, out: U) -> U:
    """Writes a character, or half of one as if it were one; says where it ends."""
    if point < U(0x80):
        spare[out] = point
        return out + _1
    more = _1 if point < U(0x800) else _2 if point < U(0x10000) else _3
    lead = U(0xC0) if more == _1 else U(0xE0) if more == _2 else U(0xF0)
    spare[out] = lead | (point >> (_6 * more))
    for place in range(_1, more + _1):
        spare[out + place] = _TAIL | ((point >> (_6 * (more - place))) & _SIX_BITS)
    return out + more + _1


@part
def _write_way(
    way: Longs, is_list: Longs, count: Longs, first: Longs, begins: Words, ends: Words, depth: int, keys: int
) -> int:
    """Where the walk stands: in `depth` lists and objects, of which the last has all keys from its first to `keys`."""
    for step in range(depth):
        frame = step + 1
        if is_list[frame]:
            way[step, 0], way[step, 1] = -1, count[frame]
        else:
            last = (first[frame + 1] if frame < depth else keys) - 1
            way[step, 0], way[step, 1] = begins[last], ends[last]
    return depth
