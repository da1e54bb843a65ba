"""The kernels as plain Python, whose lines can be counted and changed: `python -m pytest -p tests.plain`.

Numba leaves them alone where it is told to. What its compiler does otherwise than Python has a plain meaning here: an
address is a pointer, an array lent is that array, and a whole number read from an array is one of 64 bits, whatever the
array's.
"""

import ctypes
from typing import Any

import numba
import numpy as np

numba.config.DISABLE_JIT = True  # type: ignore[attr-defined]

from octy.engine.kernels import memory  # noqa: E402 - kernels are what they are from the first import on


class PlainArray(np.ndarray[Any, Any]):
    """An array of which a number is read as Python's."""

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        return int(found) if isinstance(found, np.signedinteger) else found


def _plain(lent: Any) -> Any:
    if isinstance(lent, np.ndarray):
        return lent.view(PlainArray)
    return type(lent)(*map(_plain, lent)) if isinstance(lent, tuple) else lent


def _pointer(address: int) -> Any:
    return ctypes.cast(address, ctypes.POINTER(ctypes.c_int64))


def _carray(pointer: Any, shape: tuple[int, ...]) -> Any:
    return _plain(np.ctypeslib.as_array(pointer, shape))


memory.lent = _plain
memory._pointer = _pointer
vars(numba)["carray"] = _carray
