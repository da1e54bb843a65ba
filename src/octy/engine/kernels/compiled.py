"""How a kernel is compiled: once, cached beside its source, and free of the interpreter's lock while it runs."""

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compiles at the first call with given types; the result is kept on disk for the next process."""
    return cast("F", numba.njit(cache=True, nogil=True)(function))
