"""How does a file come in? As UTF-8, with or without a byte-order mark; anything else is refused with file and line."""

import gzip
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

from octy.cli.failures import LinesRefused

GZIP_BEGINS = b"\x1f\x8b"
STDIN = Path("<stdin>")


def text_of(path: Path, bytes_max: int, line_bytes_max: int) -> str:
    """The whole text of a file of at most `bytes_max`."""
    with opened(path) as file:
        content = file.read(bytes_max + 1)
    if len(content) > bytes_max:
        line = content.count(b"\n") + 1
        raise LinesRefused([f"{path}:{line}: the file is larger than {bytes_max:,} bytes; split it"])
    return "".join(_decoded(path, content.splitlines(keepends=True), line_bytes_max))


def lines_of(path: Path, line_bytes_max: int) -> Iterator[str]:
    """The lines of a file of any size, plain or gzipped, with their ends."""
    with unpacked(path) as file:
        yield from _decoded(path, iter(lambda: file.readline(line_bytes_max + 1), b""), line_bytes_max)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file in binary, or what comes in where it is `STDIN`; LinesRefused where it cannot be read."""
    if path == STDIN:
        yield sys.stdin.buffer
        return
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise LinesRefused([f"{path}: {error.strerror or error}"]) from None


@contextmanager
def unpacked(path: Path) -> Iterator[BinaryIO]:
    """As `opened`; where the file is gzipped, whatever its name, its content."""
    with opened(path) as file:
        if cast("BufferedReader", file).peek(2)[:2] != GZIP_BEGINS:
            yield file
            return
        try:
            with gzip.GzipFile(fileobj=file) as content:
                yield cast("BinaryIO", content)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise LinesRefused([f"{path}: the gzipped content is damaged: {error}"]) from None


def _decoded(path: Path, lines: Iterable[bytes], line_bytes_max: int) -> Iterator[str]:
    """Line by line, which UTF-8 allows: no other character contains the byte of a line's end."""
    for number, line in enumerate(lines, 1):
        if len(line) > line_bytes_max:
            raise LinesRefused([f"{path}:{number}: expected lines of at most {line_bytes_max:,} bytes"])
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            found = f"byte 0x{line[error.start]:02x} at position {error.start + 1}"
            raise LinesRefused([f"{path}:{number}: expected UTF-8 text; found {found}"]) from None
