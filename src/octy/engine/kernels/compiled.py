"""How a kernel is compiled: once, cached beside its source, and free of the interpreter's lock while it runs.

Numba compiles a cached kernel anew when its own file has changed, and does not look at the files of its parts and
constants. So the cache's folder is named after all sources that may be in it: nothing stale is ever run.
"""

from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import TypeVar, cast

import numba

_HERE = Path(__file__).parent
_ENGINE = _HERE.parent
_MODEL = _ENGINE.with_name("model")


def cache_name(folders: Iterable[Path]) -> str:
    """What the folder of the compiled kernels is called that are made of all sources in some folders."""
    sources = [source for folder in folders for source in sorted(folder.rglob("*.py"))]
    return f"compiled-{sha256(b''.join(source.read_bytes() for source in sources)).hexdigest()[:16]}"


CACHE = _HERE / "__pycache__" / cache_name([_ENGINE, _MODEL])
"""Where compiled kernels are kept. Where this cannot be written to, Numba takes a folder of the user's."""

numba.config.CACHE_DIR = str(CACHE)  # type: ignore[attr-defined]

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compiles at the first call with given types; the result is kept on disk for the next process."""
    return cast("F", numba.njit(cache=True, nogil=True)(function))


def part(function: F) -> F:
    """A part of kernels, compiled into each that uses it: as a call of its own it would spend most of its time on
    handing over arrays, each of which is seven words.
    """
    return cast("F", numba.njit(cache=True, nogil=True, forceinline=True)(function))
