"""What does a YAML scalar mean? What the core schema of YAML 1.2 says, and nothing else.

So `no`, `off`, `12:30` and `2024-01-01` are the texts that they look like (in YAML 1.1 they are not), and no tag
builds an object.
"""

import re

from octy.model.values import Scalar

_CONSTANTS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_INTEGER_CHARACTERS_MAX = 32
"""More than any integer of 64 bits takes; Python itself refuses to read one of some thousand digits."""


def plain_scalar(text: str) -> Scalar:
    """The value of an unquoted scalar. ValueError, saying what is expected, for a number that no store keeps."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        if len(text) > _INTEGER_CHARACTERS_MAX:
            raise ValueError("an integer of at most 64 bits, or a string in quotes")
        return int(text, base=10 if text[:2] not in ("0o", "0x") else 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _NOT_FINITE.fullmatch(text):
        raise ValueError("a finite number, or a string in quotes")
    return text
