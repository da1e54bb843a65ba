"""Which part of a file does a request ask for? The header `Range` (RFC 9110, 14.2), of one part of bytes."""

import re
from typing import Annotated

from litestar.params import HeaderParameter

RangeHeader = Annotated[
    str | None, HeaderParameter(name="Range", description="One part of the file: `bytes=1000-`, `bytes=0-999`.")
]
IfRangeHeader = Annotated[
    str | None, HeaderParameter(name="If-Range", description="The `ETag` of the file of which it is to be a part.")
]

_PART = re.compile(r"bytes=([0-9]{1,18})-([0-9]{1,18})?")


def asked_part(wanted: str | None, size_bytes: int) -> range | None:
    """The places of its bytes; None for all of them, which is the answer to whatever else may be asked."""
    found = None if wanted is None else _PART.fullmatch(wanted.strip())
    if found is None:
        return None
    first, last = int(found[1]), min(int(found[2] or size_bytes), size_bytes - 1)
    return range(first, last + 1) if first <= last else None
