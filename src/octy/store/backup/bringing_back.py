"""How a backup becomes a data folder again: copied into an empty one, every byte held against the manifest.

From the first byte to the last the folder holds a marker that keeps everybody from serving it; whoever goes on after
the copying (`octy.service.backups`) takes it away.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from octy.model.errors import StoreError
from octy.store.backup.copying import copied
from octy.store.backup.manifest import BackupFile, Manifest, read_manifest
from octy.store.durable import sync_folder
from octy.store.folder import ARCHIVE, DATABASE, RESTORING
from octy.store.migrate import require_known

Progress = Callable[[str], None]
"""Told what is done next."""


def bring_back(backup: Path, folder: Path, progress: Progress) -> Manifest:
    """Copies a whole backup into an empty folder, and leaves the marker in it. Else StoreError, and it is empty."""
    manifest = read_manifest(backup)
    try:
        require_known(manifest.schema)
    except StoreError as error:
        raise StoreError(f"The backup {backup} cannot be restored: {error}.") from None
    with _shared(backup), filling(folder, backup):
        for file in manifest.files:
            progress(f"copying {file.name}")
            bring(backup, folder, file, DATABASE if file is manifest.database else file.name)
    return manifest


@contextmanager
def filling(folder: Path, backup: Path) -> Iterator[None]:
    """An empty folder, with the marker in it, is filled: durably, or it is empty again."""
    _make_ready(folder)
    try:
        yield
        sync_folder(folder / ARCHIVE)
        sync_folder(folder)
    except OSError as error:
        _empty(folder)
        raise StoreError(f"{backup} cannot be restored into {folder}: {error.strerror or error}.") from error
    except BaseException:
        _empty(folder)
        raise


def finish(folder: Path) -> None:
    """The folder may be served."""
    (folder / RESTORING).unlink()
    sync_folder(folder)


def bring(backup: Path, folder: Path, wanted: BackupFile, name: str) -> None:
    """Copies a file of a backup into the folder, under a name. StoreError where it is not what it was."""
    try:
        with (backup / wanted.name).open("rb") as source:
            found = copied(source, folder, name)
    except FileNotFoundError:
        raise StoreError(f"The backup {backup} is damaged: it lacks {wanted.name}.") from None
    if found.bytes != wanted.bytes:
        is_so = f"has {found.bytes:,} bytes instead of {wanted.bytes:,}"
        raise StoreError(f"The backup {backup} is damaged: {wanted.name} {is_so}.")
    if found.sha256 != wanted.sha256:
        raise StoreError(f"The backup {backup} is damaged: {wanted.name} does not have the SHA-256 that it had.")


def _make_ready(folder: Path) -> None:
    """An empty folder with a marker in it; one that an interrupted restore has left is emptied first."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        there = {path.name for path in folder.iterdir()}
        if RESTORING in there:
            _empty(folder)
        elif there:
            raise StoreError(f"The folder {folder} is not empty; a backup is restored into an empty one.")
        os.close(os.open(folder / RESTORING, os.O_CREAT | os.O_EXCL, 0o600))
        (folder / ARCHIVE).mkdir(mode=0o700)
        sync_folder(folder)
    except OSError as error:
        raise StoreError(f"Nothing can be restored into {folder}: {error.strerror}.") from None


def _empty(folder: Path) -> None:
    """Removes what a restore has put there; the marker last."""
    for path in [*(folder / ARCHIVE).glob("*"), *folder.iterdir()]:
        if path.is_file() and path.name != RESTORING:
            path.unlink()
    if (folder / ARCHIVE).exists():
        (folder / ARCHIVE).rmdir()
    (folder / RESTORING).unlink()


@contextmanager
def _shared(backup: Path) -> Iterator[None]:
    """No backup is taken into the folder meanwhile."""
    descriptor = os.open(backup, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise StoreError(f"A backup into {backup} is under way; restore it afterwards.") from None
    finally:
        os.close(descriptor)
