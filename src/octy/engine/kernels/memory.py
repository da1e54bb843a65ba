"""How do kernels reach the states of all segments at once, whose rows differ in length?

Each segment's state is an array of its own, so that it can grow and go by itself. A kernel cannot take a list of arrays
of which the number changes, so it takes their addresses; whoever passes them keeps the arrays alive meanwhile.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numba
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from octy.engine.batch import Longs
from octy.engine.kernels.compiled import part
from octy.engine.kernels.layout import WIDTH

BYTES_PER_WORD = 8


class Segments(NamedTuple):
    """The segments at work, by their places. A place that is free has the kind NOTHING."""

    spec: Longs
    """int64[places, SPEC_COLUMNS]: `layout`."""
    address: Longs
    """int64[places]: where each state begins, an int64[profiles, WIDTH] in C order."""


def _cast(_typing: object, _address: object) -> Any:  # noqa: ANN401 - numba's own types are not published
    """An address as a pointer to words."""
    signature = types.CPointer(types.int64)(types.int64)  # type: ignore[no-untyped-call]

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

    return signature, generate


_pointer = cast("Callable[[int], Any]", intrinsic(_cast))


def _lend(_typing: object, arrays: Any) -> Any:  # noqa: ANN401
    def without_owner(context: Any, builder: Any, kind: Any, value: Any) -> Any:  # noqa: ANN401
        if isinstance(kind, types.BaseTuple):
            parts = [
                without_owner(context, builder, part_kind, builder.extract_value(value, place))
                for place, part_kind in enumerate(kind.types)  # type: ignore[attr-defined]
            ]
            return context.make_tuple(builder, kind, parts)
        if not isinstance(kind, types.Array):
            return value
        view = context.make_array(kind)(context, builder, value)
        view.meminfo = cgutils.get_null_value(view.meminfo.type)  # type: ignore[no-untyped-call]
        return view._getvalue()  # noqa: SLF001 - numba's own way

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        return without_owner(context, builder, signature.return_type, arguments[0])

    return arrays(arrays), generate


T = TypeVar("T")
lent = cast("Callable[[T], T]", intrinsic(_lend))
"""The same array, or tuple of arrays and numbers, whose uses are not counted: counting them took four fifths of a
kernel's time.

For what the kernel's caller keeps."""


@part
def row_of(segments: Segments, place: int, profile: int) -> Longs:
    """One segment's knowledge of one profile, to be read and written. The state must know the profile."""
    width = segments.spec[place, WIDTH]
    first = _pointer(segments.address[place] + profile * width * BYTES_PER_WORD)
    return numba.carray(first, (width,))  # type: ignore[attr-defined]
