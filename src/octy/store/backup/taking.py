"""How a backup is taken, beside a server that goes on writing.

One transaction sees the store at one moment: its database is copied as of then, and the archive's files that its ledger
names are opened at once, so that they can be read however soon the archiver drops them. Files that the backup has
already are not copied again; those that it needs no more go when the manifest does not name them any longer.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from msgspec import Struct
from sqlalchemy.exc import DBAPIError

from octy import __version__
from octy.model.errors import StoreError
from octy.model.instants import iso
from octy.store import inspection, meta, sqlite
from octy.store.archive import ledger
from octy.store.archive.ledger import ArchivedRun
from octy.store.backup.copying import copied, read_through
from octy.store.backup.manifest import FORMAT, MANIFEST, UNFINISHED, BackupFile, Manifest, read_manifest, write_manifest
from octy.store.durable import sync_file, sync_folder
from octy.store.erasure_ledger import FILE as ERASURES
from octy.store.erasure_ledger import store_name
from octy.store.folder import ARCHIVE, Snapshot, snapshot
from octy.store.log_shape import ARCHIVED, CHANGES, EVENTS
from octy.store.migrate import HEAD
from octy.store.vault import KEY_FILE

Progress = Callable[[str], None]
"""Told what is done next."""

TRIES = 5
"""How often the store is looked at anew where a file was dropped before it could be opened."""

DATABASES = "octy-*.db"
OURS = (MANIFEST, ARCHIVE, ERASURES, KEY_FILE, DATABASES, f"*{UNFINISHED}*")
"""What may be in a folder that a backup is taken into."""


class Taken(Struct, frozen=True):
    """A backup that was just taken."""

    manifest: Manifest
    copied_files: int
    """Of the archive's; the others were in the backup already."""
    copied_bytes: int


class _Held(Struct):
    """A store at one moment: its database as a copy, the archive's files that are to be copied open."""

    store: str
    applied_us: int
    counts: dict[str, int]
    database: BackupFile
    runs: Sequence[ArchivedRun]
    sources: Mapping[str, BinaryIO]


def take(folder: Path, target: Path, taken_at_us: int, progress: Progress, *, verify: bool = False) -> Taken:
    """Takes a backup of a data folder, or brings the one in `target` up to date.

    `verify` reads the files that `target` has already, and copies anew those that are not what they were. StoreError
    where `target` is something else's folder, or where a file of the archive is not what it must be.
    """
    with _told_of(target):
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        with alone(target), ExitStack() as opened:
            before = _previous(folder, target)
            (target / ARCHIVE).mkdir(mode=0o700, exist_ok=True)
            held = _hold(folder, target, opened, progress, verify=verify)
            if before is not None and before.store != held.store:
                (target / held.database.name).unlink()
                raise StoreError(f"The folder {target} holds a backup of another store, taken of {before.data_folder}.")
            progress(f"copying {len(held.sources)} files of the archive")
            archive = [_archived(run, held.sources.get(run.file), target) for run in held.runs]
            manifest = Manifest(
                format=FORMAT,
                octy=__version__,
                schema=HEAD,
                store=held.store,
                data_folder=str(folder.absolute()),
                taken_at=iso(taken_at_us),
                applied_through=iso(held.applied_us),
                counts=held.counts,
                database=held.database,
                archive=archive,
                erasures=_beside_the_database(ERASURES, folder, target),
                key=_beside_the_database(KEY_FILE, folder, target),
            )
            sync_folder(target / ARCHIVE)
            sync_folder(target)
            write_manifest(target, manifest)
            _drop_unnamed(target, manifest)
    new = [file for file in archive if Path(file.name).name in held.sources]
    return Taken(manifest, len(new), sum(file.bytes for file in new))


def _hold(folder: Path, target: Path, opened: ExitStack, progress: Progress, *, verify: bool) -> _Held:
    """The files are opened before the long copying begins: whatever is dropped meanwhile can still be read."""
    for _ in range(TRIES):
        with snapshot(folder) as now:
            runs = [run for shape in ARCHIVED for run in ledger.all_runs(now.connection, shape)]
            lacking = [run for run in runs if not _is_there(run, target, verify=verify)]
            try:
                sources = {
                    run.file: opened.enter_context((now.archive.folder / run.file).open("rb")) for run in lacking
                }
            except FileNotFoundError:
                continue
            progress("copying the database")
            id_key = meta.get_value(now.connection, "id_key")
            if id_key is None:
                raise StoreError(f"The data folder {folder} was never served; there is nothing to back up.")
            return _Held(
                store=store_name(id_key),
                applied_us=int(meta.get_value(now.connection, "now_us") or 0),
                counts=counts_of(now, runs),
                database=_copy_database(now, target),
                runs=runs,
                sources=sources,
            )
    raise StoreError(f"The data folder {folder} lacks files of its archive; octy check says which.")


def _is_there(run: ArchivedRun, target: Path, *, verify: bool) -> bool:
    """Whether the backup has a file already. No two files ever had the same name."""
    path = target / ARCHIVE / run.file
    if not path.is_file() or path.stat().st_size != run.file_bytes:
        return False
    return not verify or read_through(target, f"{ARCHIVE}/{run.file}").sha256 == run.file_sha256.hex()


def _archived(run: ArchivedRun, source: BinaryIO | None, target: Path) -> BackupFile:
    """A file of the archive in the backup, copied if it was not there."""
    wanted = BackupFile(f"{ARCHIVE}/{run.file}", run.file_bytes, run.file_sha256.hex())
    if source is not None and copied(source, target, wanted.name) != wanted:
        (target / wanted.name).unlink()
        raise StoreError(
            f"The archive's file {run.file} is not what was written, and is not backed up; octy check says more."
        )
    return wanted


def _copy_database(now: Snapshot, target: Path) -> BackupFile:
    name = DATABASES.replace("*", uuid4().hex)
    unfinished = target / f"{name}{UNFINISHED}"
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL, 0o600))  # the owner's alone from its first byte
    sqlite.copy_to(now.connection, unfinished)
    unfinished.rename(target / name)
    sync_file(target / name)
    return read_through(target, name)


def counts_of(now: Snapshot, runs: Sequence[ArchivedRun]) -> dict[str, int]:
    """What a store holds, in numbers."""
    return inspection.counts(now.connection) | {
        "events": inspection.row_count(now.connection, EVENTS),
        "tag changes": inspection.row_count(now.connection, CHANGES),
        "archive files": len(runs),
    }


def _beside_the_database(name: str, folder: Path, target: Path) -> BackupFile | None:
    """A file that there may be: copied after the database, so that the ledger of erasures is never behind it."""
    try:
        with (folder / name).open("rb") as source:
            return copied(source, target, name)
    except FileNotFoundError:
        return None


def _previous(folder: Path, target: Path) -> Manifest | None:
    """The backup that is in the folder. StoreError where the folder is no place for one."""
    if target.resolve() == folder.resolve():
        raise StoreError(f"The backup of {folder} cannot be in that folder itself.")
    foreign = sorted(path.name for path in target.iterdir() if not any(fnmatch(path.name, one) for one in OURS))
    if foreign:
        raise StoreError(f"The folder {target} is not for backups alone: it holds {foreign[0]}. Choose another.")
    return read_manifest(target) if (target / MANIFEST).exists() else None


def _drop_unnamed(target: Path, manifest: Manifest) -> None:
    """What the manifest does not name is of an earlier backup, or of one that was interrupted."""
    named = {target / file.name for file in manifest.files} | {target / MANIFEST, target / ARCHIVE}
    for path in [*target.iterdir(), *(target / ARCHIVE).iterdir()]:
        if path not in named:
            path.unlink()


@contextmanager
def alone(target: Path) -> Iterator[None]:
    """One backup at a time goes into a folder. The lock ends with its process."""
    descriptor = os.open(target, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise StoreError(f"Another backup into {target}, or a restore of it, is under way.") from None
    finally:
        os.close(descriptor)


@contextmanager
def _told_of(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"The backup {target} cannot be taken: {error.strerror or error}.") from error
    except DBAPIError as error:
        raise StoreError(f"The backup {target} cannot be taken: {error.orig}.") from error
