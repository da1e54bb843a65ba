"""Is a body JSON, and of the expected type? Says at which byte it is not, and survives whatever is sent.

`msgspec.ValidationError` means well-formed JSON of another type; it is left to the caller, because one bad element
of a batch does not void the others. Everything else is `Refused` here.
"""

import re
from codecs import utf_8_decode
from typing import TypeVar

import msgspec
import numpy as np

from octy.engine.kernels.halves import replace_lone_halves
from octy.engine.kernels.keys import DEPTH_MAX
from octy.engine.kernels.lists import measured
from octy.http.repeated_keys import repeated_key
from octy.http.wording import BODY, UNEXPECTED_FORM
from octy.model import limits
from octy.model.errors import Problem, Refused

T = TypeVar("T")

_STRANGE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_PIECE_BYTES = 65_536
"""Of a body that is looked at piece by piece: one character that takes four bytes would make all of it take as many."""
_COUNTED_FROM_1 = ("trailing characters", "invalid escape character in string")
"""Of what the decoder complains one byte late."""
_AT_BYTE = re.compile(r"JSON is malformed: (?P<what>.*) \(byte (?P<byte>\d+)\)")


def decoded(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """What the body says. Refused where it is no JSON; ValidationError where it is JSON of another type."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        raise
    except RecursionError:
        raise _too_deep() from None
    except msgspec.DecodeError as error:
        mended = without_lone_surrogates(body)
        if mended is not None:
            return decoded(decoder, mended)
        raise _malformed(body, _place(body, str(error))) from None


def check_keys(body: bytes, depth_max: int = DEPTH_MAX) -> None:
    """Refused where a body that was decoded gives a key twice, in an object not deeper than `depth_max`."""
    problem = repeated_key(body, depth_max)
    if problem is not None:
        raise Refused(UNEXPECTED_FORM, [problem])


def check_lists(body: bytes) -> None:
    """Refused where a list of the body is far longer than any may be, or where it has far more values than any may.

    Before it is decoded, which takes memory: a list of nothing is two bytes, and some thirty times as many in memory.
    """
    commas = body.count(b",") if len(body) > 2 * limits.LIST_MAX else 0
    openings = body.count(b"[") + body.count(b"{") if len(body) > limits.VALUES_MAX else 0
    if commas < limits.LIST_MAX and commas + openings <= limits.VALUES_MAX:
        return
    longest, values = measured(np.frombuffer(body, np.uint8))
    if longest > limits.LIST_MAX:
        raise Refused(UNEXPECTED_FORM, [Problem(BODY, f"a list of {longest}", f"lists of at most {limits.LIST_MAX}")])
    if values > limits.VALUES_MAX:
        raise Refused(UNEXPECTED_FORM, [Problem(BODY, f"{values} values", f"at most {limits.VALUES_MAX} values")])


def check_utf8(body: bytes) -> None:
    """Refused where the body is no UTF-8. The decoder looks only into the strings that somebody wants."""
    if body.isascii():
        return
    memory, at = memoryview(body), 0
    while at < len(body):
        end = at + _PIECE_BYTES
        try:
            at += utf_8_decode(memory[at:end], "strict", end >= len(body))[1]
        except UnicodeDecodeError as error:
            raise _malformed(body, f"bytes that are no UTF-8 at byte {at + error.start}") from None


def may_hold_strange_text(body: bytes) -> bool:
    r"""Whether a NUL or half a character may be in the body: as JSON, either can only be escaped (`\u0000`, `\ud800`).

    Whole characters that are escaped as two halves make it say so too.
    """
    return b"\\" in body and _STRANGE.search(body) is not None  # the first is a hundred times as fast


def without_lone_surrogates(body: bytes) -> bytes | None:
    r"""The body with each escaped half of a character (`\ud800`) as `\u0000`; None where there is no such half.

    JSON's grammar allows them, but they are no text, and the decoder takes the whole body for malformed. A NUL is
    refused just like them by whatever judges the string, and that alone, so the rest of a batch is accepted.
    """
    mended = bytearray(body)
    return bytes(mended) if replace_lone_halves(np.frombuffer(mended, np.uint8)) else None


def _malformed(body: bytes, found: str) -> Refused:
    if body.startswith(b"\xef\xbb\xbf"):
        found = "a byte-order mark at byte 0"
    return Refused("The body is not valid JSON.", [Problem(BODY, found, "JSON in UTF-8")])


def _place(body: bytes, message: str) -> str:
    """What the decoder stumbled over, and at which byte."""
    if not body.strip():
        return "nothing"
    if at_byte := _AT_BYTE.fullmatch(message):
        late_by = 1 if at_byte["what"] in _COUNTED_FROM_1 else 0
        return f"{at_byte['what']} at byte {int(at_byte['byte']) - late_by}"
    return f"an end in the middle, at byte {len(body)}"


def _too_deep() -> Refused:
    wanted = f"at most {limits.JSON_DEPTH_MAX} levels"
    return Refused("The body is nested too deeply.", [Problem(BODY, "deeper nesting", wanted)])
