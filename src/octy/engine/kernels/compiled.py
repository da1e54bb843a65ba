"""How a kernel is compiled: once, cached beside its source, and free of the interpreter's lock while it runs.

Numba compiles a cached kernel anew when its own file has changed, and does not look at the files of its parts. So the
cache's folder is named after all of the engine's sources: whatever changes among them, nothing stale is ever run.
"""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TypeVar, cast

import numba


def cache_folder(engine: Path) -> Path:
    """Where the kernels of an engine's sources are kept, once compiled."""
    sources = sorted(engine.rglob("*.py"))
    digest = sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    return engine / "kernels" / "__pycache__" / f"compiled-{digest[:16]}"


# Where that folder cannot be written to, Numba takes one of the user's.
numba.config.CACHE_DIR = str(cache_folder(Path(__file__).parents[1]))  # type: ignore[attr-defined]

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compiles at the first call with given types; the result is kept on disk for the next process."""
    return cast("F", numba.njit(cache=True, nogil=True)(function))


def part(function: F) -> F:
    """A part of kernels, compiled into each that uses it: as a call of its own it would spend most of its time on
    handing over arrays, each of which is seven words.
    """
    return cast("F", numba.njit(cache=True, nogil=True, forceinline=True)(function))
