"""What is in a backup, and is it whole? The manifest names every file with its length and SHA-256.

It is written last and takes the place of the one before in one step, so a backup is what its manifest says: the new
one, the one before, or none. It holds its own SHA-256 too.
"""

import hashlib
import os
from pathlib import Path

import msgspec
from msgspec import Struct

from octy.model.errors import StoreError
from octy.store.durable import sync_folder

MANIFEST = "manifest.json"
UNFINISHED = ".unfinished"
FORMAT = 1


class BackupFile(Struct, frozen=True):
    """A file of the backup."""

    name: str
    """Its path below the backup's folder."""
    bytes: int
    sha256: str


class Manifest(Struct, frozen=True):
    """A backup."""

    format: int
    octy: str
    """The version that took it."""
    schema: str
    store: str
    """Which store it is of (`erasure_ledger.store_name`)."""
    data_folder: str
    """Where that was."""
    taken_at: str
    applied_through: str
    """The instant through which everything is applied in it."""
    counts: dict[str, int]
    database: BackupFile
    archive: list[BackupFile]
    erasures: BackupFile | None
    """The erasures ledger, where there was one."""
    key: BackupFile | None = None
    """What the accounts' webhook secrets are sealed with (`octy.store.vault`): without it they would be lost."""

    @property
    def files(self) -> list[BackupFile]:
        """All."""
        return [self.database, *self.archive, *(file for file in (self.erasures, self.key) if file is not None)]


class _Sealed(Struct, frozen=True):
    sha256: str
    """Of the bytes of `backup`."""
    backup: msgspec.Raw


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a whole backup. StoreError where there is none, or where it is damaged."""
    try:
        text = (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        raise StoreError(f"{folder} holds no whole backup: there is no {MANIFEST} in it.") from None
    except OSError as error:
        raise StoreError(f"The backup {folder} cannot be read: {error.strerror}.") from None
    damaged = StoreError(f"The backup {folder} is damaged: its {MANIFEST} is not what was written.")
    try:
        sealed = msgspec.json.decode(text, type=_Sealed)
        if _digest(bytes(sealed.backup)) != sealed.sha256:
            raise damaged
        version = msgspec.json.decode(sealed.backup, type=dict[str, object]).get("format")
        if version != FORMAT:
            raise StoreError(f"The backup {folder} was taken by a newer version of Octy (format {version}).")
        return msgspec.json.decode(sealed.backup, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise damaged from None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """From now on the folder holds this backup, durably. All its files are there and durable already."""
    backup = msgspec.json.encode(manifest)
    text = msgspec.json.encode(_Sealed(_digest(backup), msgspec.Raw(backup)))
    unfinished = folder / f"{MANIFEST}{UNFINISHED}"
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(folder / MANIFEST)
    sync_folder(folder)


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
