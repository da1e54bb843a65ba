"""How does a file come from the server? Some of it at a time, and under its name once it is whole."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EISDIR
from pathlib import Path

import httpx

from octy.model.errors import Unavailable

PARTIAL = 206
CHECKSUM = "x-content-sha256"


@contextmanager
def arriving(path: Path) -> Iterator[Path]:
    """A file beside `path`, its owner's alone, which takes its place at the end; where anything fails, nothing is left.

    OSError, at once, where there can be no such file.
    """
    target = Path(os.path.realpath(path))  # what a link leads to is written, not the link
    if target.is_dir():
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR), str(path))
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    os.close(descriptor)
    part = Path(name)
    try:
        yield part
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


class Arrival:
    """What has come of a file's bytes; where the connection breaks, the next request asks for the rest."""

    def __init__(self, path: Path) -> None:
        """Begins the file anew."""
        self._file = path.open("wb", buffering=0)
        self._digest = hashlib.sha256()
        self._count = 0
        self._etag: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Of the next request: as the bytes are, and those that are missing alone, if the file is yet the same."""
        headers = {"Accept-Encoding": "identity"}
        if self._count and self._etag is not None:
            headers |= {"Range": f"bytes={self._count}-", "If-Range": self._etag}
        return headers

    def begin(self, response: httpx.Response) -> None:
        """An answer with bytes: of the whole file, or of the rest."""
        if response.status_code == PARTIAL:
            return
        self._file.seek(0)
        self._file.truncate()
        self._digest, self._count, self._etag = hashlib.sha256(), 0, response.headers.get("etag")

    def take(self, part: bytes) -> None:
        """The next bytes. OSError where there is no room."""
        self._file.write(part)
        self._digest.update(part)
        self._count += len(part)

    def check(self, response: httpx.Response) -> None:
        """Unavailable where what has come is not what was sent."""
        wanted, found = response.headers.get(CHECKSUM), self._digest.hexdigest()
        if wanted not in (None, found):
            raise Unavailable(f"What came of the file is not what the server sent: SHA-256 {found}, not {wanted}.")

    def close(self) -> None:
        """No more comes."""
        self._file.close()
