"""Which profiles were ever erased (X3)? A file beside the database that outlives any backup of it.

A backup brings back what was erased after it was taken, unless this file, or a copy of it, says what that was. It has a
line of JSON for each erasure, and holds nothing of the profile: only the SHA-256 of its profile id, which is random. A
line is durable before the erasure is.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence, Set
from pathlib import Path

import msgspec
from msgspec import Struct

from octy.model.errors import StoreError
from octy.model.instants import iso
from octy.store.durable import sync_folder

FILE = "erasures.jsonl"
_LINE_BYTES_MAX = 1_024
"""No line is as long as that."""


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """One erasure."""

    store: str
    """Of which store (`store_name`), so that one store's erasures are never taken for another's."""
    profile_sha256: str
    erased_at: str


_decode = msgspec.json.Decoder(Line).decode
_encode = msgspec.json.Encoder().encode


class ErasureLedger:
    """One store's file. The writer's thread alone appends to it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def append(self, store: str, profile_ids: Iterable[str], now_us: int) -> None:
        """Adds a line for each profile."""
        self.append_lines([Line(store, fingerprint(profile_id), iso(now_us)) for profile_id in profile_ids])

    def append_lines(self, lines: Sequence[Line]) -> None:
        """Adds lines, durably. The first one of all makes the file durable too."""
        if not lines:
            return
        is_new = not self.path.exists()
        with os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            end = file.seek(0, os.SEEK_END)
            tail_begins = file.seek(max(0, end - _LINE_BYTES_MAX))
            file.seek(tail_begins + file.read().rfind(b"\n") + 1)
            file.truncate()  # a line that a crash cut short was never acknowledged
            file.write(b"".join(_encode(line) + b"\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            sync_folder(self.path.parent)


def fingerprint(profile_id: str) -> str:
    """What stands for a profile once it is erased."""
    return hashlib.sha256(profile_id.encode()).hexdigest()


def store_name(id_key: str) -> str:
    """What stands for a store: it tells two apart, and nothing of the secret that it is made from."""
    return hashlib.sha256(b"octy store " + id_key.encode()).hexdigest()[:32]


def read_lines(path: Path) -> list[Line]:
    """All lines of a ledger, but for one that a crash cut short. StoreError where it cannot be read."""
    try:
        *whole, _ = path.read_bytes().split(b"\n")
    except OSError as error:
        raise StoreError(f"The erasures ledger {path} cannot be read: {error.strerror}.") from None
    found = []
    for number, text in enumerate(whole, 1):
        try:
            found.append(_decode(text))
        except msgspec.DecodeError:
            raise StoreError(f"The erasures ledger {path} is damaged at line {number}.") from None
    return found


def without(lines: Iterable[Line], known: Set[Line]) -> list[Line]:
    """Those that are not known yet, in their order."""
    return [line for line in dict.fromkeys(lines) if line not in known]
