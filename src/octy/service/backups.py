"""Backups as the operator asks for them, and what must be done to one before it is served again.

Whoever was erased after the backup was taken is in it, and must not come back (X3). So every erasures ledger that can
be had is read: the backup's own, the old data folder's where that is still there, and those that the operator names.
"""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from octy.model.errors import StoreError
from octy.model.instants import iso
from octy.service.erasing import commit_to, erase, forget
from octy.store import accounts, jobs, meta, profiles, sqlite
from octy.store.archive import ledger
from octy.store.backup import bringing_back, taking
from octy.store.backup.chain import is_continuous
from octy.store.backup.manifest import Manifest, read_manifest
from octy.store.backup.moments import bring_back_moment, chain_at
from octy.store.backup.taking import Progress, Taken, counts_of
from octy.store.erasure_ledger import FILE, Line, fingerprint, read_lines, without
from octy.store.folder import Store, open_store, snapshot
from octy.store.log_shape import ARCHIVED


class Restored(Struct, frozen=True):
    """A backup that is a data folder again."""

    manifest: Manifest
    as_of: str
    """The moment that it was brought back to."""
    ledgers: list[Path]
    """Those that were found and read."""
    erased: int
    """Profiles that were in the backup, and are not in the folder."""


def back_up(folder: Path, target: Path, taken_at_us: int, progress: Progress, *, verify: bool) -> Taken:
    """Takes a backup of a data folder, whether a server holds it or not."""
    return taking.take(folder, target, taken_at_us, progress, verify=verify)


def restore_backup(
    backup: Path, folder: Path, ledgers: Sequence[Path], progress: Progress, at_us: int | None = None
) -> Restored:
    """Makes a backup a data folder, without those who were erased since. StoreError where that cannot be.

    `at_us`: which moment of a continuous backup; its last one, where none is named.
    """
    chain = chain_at(backup, at_us) if is_continuous(backup) else None
    if chain is None and at_us is not None:
        raise StoreError(f"{backup} is the backup of one moment; --at is for continuous ones.")
    manifest = read_manifest(backup) if chain is None else chain.manifest
    read = {path: read_lines(path) for path in map(_ledger, ledgers)}
    for path, lines in read.items():
        if lines and all(line.store != manifest.store for line in lines):
            raise StoreError(f"The erasures ledger {path} is another store's.")
    for path in (Path(manifest.data_folder) / FILE, backup / FILE):
        if path.exists() and path not in read:
            read[path] = read_lines(path)
    mine = {path: [line for line in lines if line.store == manifest.store] for path, lines in read.items()}
    if chain is None:
        bringing_back.bring_back(backup, folder, progress)
    else:
        manifest = bring_back_moment(chain, folder, at_us, progress)
    progress("erasing again who was erased since")
    erased = _erase_again(folder, [line for lines in mine.values() for line in lines])
    bringing_back.finish(folder)
    if chain is None:
        return Restored(manifest, manifest.applied_through, list(read), erased)
    return Restored(_told_of(manifest, folder), manifest.taken_at, list(read), erased)


def _told_of(manifest: Manifest, folder: Path) -> Manifest:
    """What a moment holds is known once it is a store."""
    with snapshot(folder) as now:
        runs = [run for shape in ARCHIVED for run in ledger.all_runs(now.connection, shape)]
        applied_us = int(meta.get_value(now.connection, "now_us") or 0)
        return replace(manifest, applied_through=iso(applied_us), counts=counts_of(now, runs))


def _ledger(path: Path) -> Path:
    """A ledger, or the one of a data folder or of a backup."""
    return path / FILE if path.is_dir() else path


def _erase_again(folder: Path, lines: Sequence[Line]) -> int:
    """Before anybody serves the folder: how many profiles were erased."""
    store = open_store(folder, is_restoring=True)
    try:
        own = read_lines(store.erasure_ledger.path) if store.erasure_ledger.path.exists() else []
        store.erasure_ledger.append_lines(without(lines, set(own)))
        count = _forget(store, {line.profile_sha256 for line in [*own, *lines]})
        for file in erase(store, commit_to(store)):
            store.archive.drop(file)
        with store.writer.begin():
            for job in jobs.with_files(store.writer):
                jobs.lose_file(store.writer, job.job_id, jobs.NOT_THERE)
        if count:
            sqlite.compact(store.writer)
    finally:
        store.close()
    return count


def _forget(store: Store, erased: set[str]) -> int:
    with store.writer.begin():
        connection, count = store.writer, 0
        now_us = int(meta.get_value(connection, "now_us") or 0)
        for account in accounts.all_accounts(connection):
            account_id = account.account_id
            named = {
                key: profile_id
                for keys, ids in profiles.all_ids(connection, account_id)
                for key, profile_id in zip(keys.tolist(), ids, strict=True)
                if fingerprint(profile_id) in erased
            }
            if named:
                forget(connection, store.archive, account_id, named, now_us)
                count += len(named)
    return count
