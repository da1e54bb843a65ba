"""Bytes from one file to another, which is durable and was read as it was written before it gets its name."""

import hashlib
import os
from pathlib import Path
from typing import BinaryIO

from octy.store.backup.manifest import UNFINISHED, BackupFile

_BYTES_AT_ONCE = 1 << 20


def copied(source: BinaryIO, folder: Path, name: str) -> BackupFile:
    """Copies a file to a place below a folder; what was read is what is there."""
    unfinished = folder / f"{name}{UNFINISHED}"
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
        found = _walked(source, name, target)
        target.flush()
        os.fsync(target.fileno())
    unfinished.rename(folder / name)
    return found


def read_through(folder: Path, name: str) -> BackupFile:
    """What a file below a folder is."""
    with (folder / name).open("rb") as source:
        return _walked(source, name, None)


def _walked(source: BinaryIO, name: str, target: BinaryIO | None) -> BackupFile:
    digest, count = hashlib.sha256(), 0
    while part := source.read(_BYTES_AT_ONCE):
        digest.update(part)
        count += len(part)
        if target is not None:
            target.write(part)
    return BackupFile(name, count, digest.hexdigest())
