"""How a moment of a continuous backup becomes a data folder: the base before it, and all that changed until then."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from msgspec.structs import replace

from octy.model.errors import StoreError
from octy.model.instants import NEVER, iso
from octy.store.backup.bringing_back import Progress, bring, filling
from octy.store.backup.chain import Chain, archive_files, chains, named_by
from octy.store.backup.changes import changes_in, put
from octy.store.backup.manifest import BackupFile, Manifest
from octy.store.folder import ARCHIVE, DATABASE
from octy.store.migrate import require_known


def chain_at(backup: Path, at_us: int | None) -> Chain:
    """The chain that knows an instant; the newest, where none is named. StoreError where there is none."""
    known = chains(backup)
    if not known:
        raise StoreError(f"The continuous backup {backup} has no whole base yet.")
    found = [one for one in known if at_us is None or one.begins_us <= at_us]
    if not found:
        begins = iso(known[0].begins_us)
        raise StoreError(f"The continuous backup {backup} begins at {begins}; found --at {iso(at_us or 0)}.")
    return found[-1]


def bring_back_moment(chain: Chain, folder: Path, at_us: int | None, progress: Progress) -> Manifest:
    """Makes an empty folder what the store was at an instant, or at the last one known, and leaves the marker in it.

    Of the manifest's instants, the first is that of the last change. Else StoreError, and the folder is empty.
    """
    backup, manifest = chain.folder.parent, chain.manifest
    try:
        require_known(manifest.schema)
    except StoreError as error:
        raise StoreError(f"The backup {backup} cannot be restored: {error}.") from None
    with filling(folder, backup):
        progress(f"copying the base of {manifest.taken_at}")
        bring(chain.folder, folder, manifest.database, DATABASE)
        if manifest.key is not None:
            bring(chain.folder, folder, manifest.key, manifest.key.name)
        until_us = _change(chain, folder / DATABASE, NEVER if at_us is None else at_us, progress)
        files = archive_files(backup)
        for wanted in _named(folder / DATABASE):
            progress(f"copying {wanted.name}")
            if (path := files.get(wanted.name)) is None:
                raise StoreError(f"The backup {backup} is damaged: it lacks {wanted.name}.")
            bring(path.parent, folder, wanted, f"{ARCHIVE}/{wanted.name}")
    return replace(manifest, taken_at=iso(until_us))


def _change(chain: Chain, database: Path, at_us: int, progress: Progress) -> int:
    """Until when everything is in the database."""
    until_us = chain.begins_us
    descriptor = os.open(database, os.O_RDWR)
    try:
        for count, change in enumerate(changes_in(chain.folder, at_us), 1):
            if count % 100 == 1:
                progress(f"going on to {iso(change.until_us)}")
            put(change, descriptor)
            until_us = change.until_us
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return until_us


def _named(database: Path) -> list[BackupFile]:
    uri = f"{database.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            return list(named_by(connection).values())
    except sqlite3.Error as error:
        raise StoreError(f"What was restored is no database: {error}.") from error
