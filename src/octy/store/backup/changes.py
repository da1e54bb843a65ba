"""What became of a database's pages from one moment to the next: records in a file that only grows.

Each record is its length, a CRC-32 that goes on from the record before, a CRC-32 of these two, all big-endian, and a
`Change` in MessagePack. So nothing can be flipped, left out, or taken from another chain's file without its being
noticed; only what a crash has cut short at the very end is no damage.
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from msgspec import Struct

from octy.model.errors import StoreError
from octy.model.instants import iso
from octy.store.sqlite_log import PAGE_BYTES, Words

CHANGES = "changes"
"""The file's name."""
_CODEC = "zstd"
_HEAD = struct.Struct(">III")
_SAID = struct.Struct(">II")


class Change(Struct, frozen=True, array_like=True):
    """The database as it became."""

    until_us: int
    """All that was committed before this instant is in this change, or in one before it."""
    size_pages: int
    """How many pages the database has then; 0 where nothing has changed since the one before."""
    numbers: bytes
    """Of the pages that are new, as uint32, little-endian, from 1."""
    contents: bytes
    """Of these pages, one after the other, compressed."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Change).decode


def change_of(until_us: int, size_pages: int, pages: Words, contents: npt.NDArray[np.uint8]) -> Change:
    """`pages` and, in the same order, `contents`: `uint8[pages, PAGE_BYTES]`."""
    numbers = pages.astype("<u4").tobytes()
    packed = pa.compress(pa.py_buffer(np.ascontiguousarray(contents)), codec=_CODEC, asbytes=True) if numbers else b""
    return Change(until_us, size_pages, numbers, packed)


class ChangesWriter:
    """A new file of one chain. For one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self._descriptor = os.open(folder / CHANGES, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._sum = crc32(folder.name.encode())
        self.until_us = 0
        """What the last change says, durably."""

    def append(self, change: Change) -> None:
        """Adds one, durably. After an OSError nothing more is added."""
        body = _encode(change)
        self._sum = crc32(body, self._sum)
        said = _SAID.pack(len(body), self._sum)
        record = said + crc32(said).to_bytes(4) + body
        while record:
            record = record[os.write(self._descriptor, record) :]
        os.fdatasync(self._descriptor)
        self.until_us = change.until_us

    def close(self) -> None:
        """No more are added."""
        os.close(self._descriptor)


def changes_in(folder: Path, through_us: int) -> Iterator[Change]:
    """A chain's changes up to an instant. StoreError where the file is damaged before that."""
    place, found, last_us = crc32(folder.name.encode()), 0, 0
    with (folder / CHANGES).open("rb") as file:
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            length, said, own = _HEAD.unpack(head)
            is_head = own == crc32(head[: _SAID.size])
            body = file.read(length) if is_head else b""
            place = crc32(body, place)
            if is_head and len(body) < length:
                return
            if not is_head or place != said:
                if last_us >= through_us:
                    return
                before = f"; it can be restored as it was at {iso(last_us)}, with --at" if last_us else ""
                is_so = f"is not what was written from byte {found:,} on{before}"
                raise StoreError(f"The backup {folder} is damaged: its {CHANGES} {is_so}.")
            change = _decode(body)
            if change.until_us > through_us:
                return
            yield change
            found, last_us = found + _HEAD.size + length, change.until_us


def put(change: Change, database: int) -> None:
    """Writes a change's pages into the open file of a database."""
    pages = np.frombuffer(change.numbers, "<u4")
    if not change.size_pages:
        return
    size_bytes = len(pages) * PAGE_BYTES
    contents = pa.decompress(change.contents, decompressed_size=size_bytes, codec=_CODEC, asbytes=True)
    for place, page in enumerate(pages.tolist()):
        content = contents[place * PAGE_BYTES : (place + 1) * PAGE_BYTES]
        assert os.pwrite(database, content, (page - 1) * PAGE_BYTES) == PAGE_BYTES, "the disk took a part"
    os.ftruncate(database, change.size_pages * PAGE_BYTES)
