"""A file that can be read for as long as somebody holds this, also once its name is gone; open only while it is read.

An account has many files, and a process may open only so many: a descriptor for each would be an end to how many
accounts there can be.
"""

import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from octy.store.log_shape import Column


class LastingFile:
    """From any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: int | None = None
        """A descriptor, once the name is about to go."""

    def keep(self) -> None:
        """Its name is about to go: from now on the file is open, until nobody holds it."""
        if self._kept is None:
            self._kept = os.open(self._path, os.O_RDONLY)
            weakref.finalize(self, os.close, self._kept)

    @contextmanager
    def opened(self) -> Iterator[int]:
        """A descriptor, for as long as the context lasts. FileNotFoundError where there never was such a file."""
        descriptor = self._open()
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def read(self, out: Column, offset: int) -> None:
        """Fills `out` with the bytes that begin there."""
        with self.opened() as descriptor:
            assert os.preadv(descriptor, [out.data], offset) == out.nbytes, "the file ends early"

    def _open(self) -> int:
        if self._kept is None:
            try:
                return os.open(self._path, os.O_RDONLY)
            except FileNotFoundError:
                if self._kept is None:  # else it has been kept, and its name has gone, in between
                    raise
        return os.dup(self._kept)
