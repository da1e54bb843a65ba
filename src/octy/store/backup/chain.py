"""A continuous backup's folder: chains, each of a base and of all that changed from it on.

    erasures.jsonl                 the newest copy of the store's
    chain-00000007/manifest.json   what its base is; without it there is no base yet, and the chain is not used
    chain-00000007/base.db         the database at one moment, page by page
    chain-00000007/changes         its pages since (`octy.store.backup.changes`)
    chain-00000007/archive/        files of the archive that no older chain had
    chain-00000007/webhook.key

A file of the archive is in one chain and serves them all. As old chains go, what the next one still names moves there.
"""

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Collection
from itertools import pairwise
from pathlib import Path

from msgspec import Struct

from octy import __version__
from octy.model.errors import StoreError
from octy.model.instants import iso, parse_instant
from octy.store.backup.changes import ChangesWriter
from octy.store.backup.copying import copied, read_through
from octy.store.backup.following import Pinned
from octy.store.backup.manifest import FORMAT, MANIFEST, UNFINISHED, BackupFile, Manifest, read_manifest, write_manifest
from octy.store.durable import sync_folder
from octy.store.erasure_ledger import FILE as ERASURES
from octy.store.folder import ARCHIVE
from octy.store.migrate import HEAD
from octy.store.sqlite import copy_pages
from octy.store.vault import KEY_FILE

BASE = "base.db"
_CHAIN = "chain-"


class Chain(Struct, frozen=True):
    """One that has its base."""

    folder: Path
    manifest: Manifest

    @property
    def begins_us(self) -> int:
        """The first instant that it knows of."""
        return parse_instant(self.manifest.taken_at)


def is_continuous(backup: Path) -> bool:
    """Whether a folder is a continuous backup, and no backup of one moment."""
    return bool(_folders(backup))


def chains(backup: Path) -> list[Chain]:
    """Those that can be restored from, the oldest first."""
    return [Chain(one, read_manifest(one)) for one in _folders(backup) if (one / MANIFEST).exists()]


def archive_files(backup: Path) -> dict[str, Path]:
    """By its name, where each file of the archive is that any chain has."""
    found = (path for folder in _folders(backup) for path in (folder / ARCHIVE).glob("*"))
    return {path.name: path for path in found if not path.name.endswith(UNFINISHED)}


def require_place(backup: Path, store: str, data: Path) -> None:
    """StoreError where a folder is no place for the continuous backup of a store; made where it is not there."""
    if backup.resolve() == data.resolve() or data.resolve() in backup.resolve().parents:
        raise StoreError(f"The continuous backup of {data} cannot be in that folder itself.")
    try:
        backup.mkdir(mode=0o700, parents=True, exist_ok=True)
        there = sorted(path.name for path in backup.iterdir())
    except OSError as error:
        raise StoreError(f"{backup} cannot be used for a continuous backup: {error.strerror}.") from None
    foreign = [name for name in there if not name.startswith((_CHAIN, ERASURES))]
    if foreign:
        raise StoreError(f"The folder {backup} is not for a continuous backup alone: it holds {foreign[0]}.")
    if any(_store_of(folder) not in (store, None) for folder in _folders(backup)):
        raise StoreError(f"The folder {backup} holds the continuous backup of another store.")


class NewChain:
    """One that is being written. Its files of the archive may come from any thread, all else from one."""

    def __init__(self, backup: Path) -> None:
        before = _folders(backup)
        number = int(before[-1].name.removeprefix(_CHAIN)) + 1 if before else 1
        self.folder = backup / f"{_CHAIN}{number:08}"
        self.folder.mkdir(mode=0o700)
        (self.folder / ARCHIVE).mkdir(mode=0o700)
        self._keeping = threading.Lock()
        self.changes = ChangesWriter(self.folder)
        sync_folder(self.folder)
        sync_folder(backup)

    def keep(self, path: Path) -> None:
        """Has a file of the archive from now on, durably."""
        with self._keeping, path.open("rb") as source:
            if not (self.folder / ARCHIVE / path.name).exists():
                copied(source, self.folder, f"{ARCHIVE}/{path.name}")
                sync_folder(self.folder / ARCHIVE)

    def set_base(
        self, pinned: Pinned, data: Path, store: str, known: Collection[str], between: Callable[[], None]
    ) -> None:
        """The chain begins with a database as it was; `known` are the archive's files that some chain has by now.

        `between` is called now and then; what it raises ends this. FileNotFoundError where a file of the archive went
        meanwhile.
        """
        unfinished = self.folder / f"{BASE}{UNFINISHED}"
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL, 0o600))  # the owner's alone from its first byte
        copy_pages(pinned.connection, unfinished, between)
        named = named_by(pinned.connection)
        pinned.connection.close()
        unfinished.rename(self.folder / BASE)
        new = {path.name for path in (data / ARCHIVE).glob("*") if not path.name.endswith(UNFINISHED)}
        for name in sorted((named.keys() | new) - set(known)):
            try:
                self.keep(data / ARCHIVE / name)
            except FileNotFoundError:
                if name in named:
                    raise
            between()
        write_manifest(
            self.folder,
            Manifest(
                format=FORMAT,
                octy=__version__,
                schema=HEAD,
                store=store,
                data_folder=str(data.absolute()),
                taken_at=iso(pinned.at_us),
                applied_through=iso(pinned.at_us),
                counts={},
                database=read_through(self.folder, BASE),
                archive=[named.get(name, BackupFile(name, 0, "")) for name in sorted(named.keys() | new)],
                erasures=None,
                key=_key(data, self.folder),
            ),
        )

    def close(self) -> None:
        """Nothing is added any more."""
        self.changes.close()


def drop_old(backup: Path, before_us: int, at_work: Collection[Path]) -> None:
    """Removes chains that no instant from then on is restored from, and what is left of those that got no base."""
    good = chains(backup)
    old = [one.folder for one, following in pairwise(good) if following.begins_us <= before_us]
    baseless = [one for one in _folders(backup) if one not in at_work and not (one / MANIFEST).exists()]
    for folder in sorted([*old, *baseless]):
        following = next((one for one in good if one.folder > folder and one.folder not in old), None)
        if following is None:  # the next base will say what of it is needed
            continue
        (folder / MANIFEST).unlink(missing_ok=True)
        sync_folder(folder)
        for file in following.manifest.archive:
            if (folder / ARCHIVE / file.name).exists():
                (folder / ARCHIVE / file.name).rename(following.folder / ARCHIVE / file.name)
        sync_folder(following.folder / ARCHIVE)
        shutil.rmtree(folder)


def named_by(connection: sqlite3.Connection) -> dict[str, BackupFile]:
    """By its name, each file of the archive that a database says there is."""
    rows = connection.execute("SELECT file, file_bytes, file_sha256 FROM archive_runs")
    return {name: BackupFile(name, count, sha256.hex()) for name, count, sha256 in rows}


def _store_of(folder: Path) -> str | None:
    """None where there is no base, or where that is damaged: whoever restores it is told."""
    try:
        return read_manifest(folder).store
    except StoreError:
        return None


def _key(data: Path, folder: Path) -> BackupFile | None:
    try:
        with (data / KEY_FILE).open("rb") as source:
            return copied(source, folder, KEY_FILE)
    except FileNotFoundError:
        return None


def _folders(backup: Path) -> list[Path]:
    return sorted(path for path in backup.glob(f"{_CHAIN}*") if path.is_dir())
