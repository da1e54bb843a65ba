"""How long are the lists of a text of JSON, how many values has it? Asked before any is made, which takes memory."""

from octy.engine.batch import Octets
from octy.engine.kernels.compiled import kernel

_QUOTE, _BACKSLASH, _COMMA = 0x22, 0x5C, 0x2C
_BEGIN_LIST, _END_LIST, _BEGIN_OBJECT, _END_OBJECT = 0x5B, 0x5D, 0x7B, 0x7D


@kernel
def measured(text: Octets) -> tuple[int, int]:
    """The most elements that a list, or fields that an object, has which is the whole text or stands directly in it.

    And how many values there may be in all, lists and objects among them: one for each that begins, one for each comma.
    Whatever text it is, nothing outside of it is read; of text that is no JSON, the numbers mean nothing.
    """
    at = depth = outer = inner = longest = values = 0
    is_quoted = False
    while at < text.size:
        byte = text[at]
        at += 1
        if is_quoted:
            if byte == _BACKSLASH:
                at += 1
            elif byte == _QUOTE:
                is_quoted = False
        elif byte == _QUOTE:
            is_quoted = True
        elif byte in (_BEGIN_LIST, _BEGIN_OBJECT):
            depth += 1
            values += 1
            if depth == 2:
                inner = 0
        elif byte in (_END_LIST, _END_OBJECT):
            depth -= 1
        elif byte == _COMMA:
            values += 1
            if depth == 1:
                outer += 1
            elif depth == 2:
                inner += 1
            longest = max(longest, outer + 1, inner + 1)
    return longest, values
