"""What is left of a data folder when the power fails? A real folder in memory, and a record of what was synced.

The archive, the ledger of erasures and the webhooks' key sync through `os.fsync`, which the simulation answers: it
keeps what a file held and which names a folder had at that moment. SQLite's files are synced when SQLite says so under
its own setting: with `synchronous = FULL` at each commit, with less only at checkpoints. A crash keeps all that was
synced, and of the rest some sectors, some names, or nothing.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from octy.store.erasure_ledger import FILE as ERASURES
from octy.store.folder import ARCHIVE, DATABASE, Store
from octy.store.vault import KEY_FILE

SECTOR_BYTES = 512
WAL = f"{DATABASE}-wal"
SUMS = f"{DATABASE}-sums"
WAL_HEADER_BYTES = 32
SYNCHRONOUS_FULL = 2
Files = dict[str, bytes]


class Disk:
    """One folder, from its opening to its crash."""

    def __init__(self, folder: Path, chance: Random) -> None:
        self.folder = folder
        self._chance = chance
        self._synced: dict[int, bytes] = {}
        """By inode: what is safe of a file."""
        self._names: dict[Path, dict[str, int]] = {}
        """By folder: which names are safe, and of which inodes."""
        self._unsynced_since: Files | None = None
        """The database's files as they were when last they were synced, where SQLite has not done so since."""
        for place in (folder, folder / ARCHIVE):
            if place.is_dir():
                for path in place.iterdir():
                    if path.is_file():
                        self._synced[path.stat().st_ino] = path.read_bytes()
                self._sync_names(place)

    def syncs(self, path: Path) -> None:
        """`os.fsync` of a file or a folder."""
        if path.is_dir():
            self._sync_names(path)
        else:
            self._synced[path.stat().st_ino] = path.read_bytes()

    def notes_commit(self, store: Store) -> None:
        """A commit begins. Under another setting than FULL, less than all that was committed before it is safe."""
        if _synchronous(store) >= SYNCHRONOUS_FULL:
            self._unsynced_since = None
            return
        now = self.database_files()
        if self._unsynced_since is None or self._unsynced_since[DATABASE] != now[DATABASE]:
            self._unsynced_since = now

    def database_files(self) -> Files:
        """The database and its log."""
        paths = {name: self.folder / name for name in (DATABASE, WAL)}
        return {name: path.read_bytes() if path.exists() else b"" for name, path in paths.items()}

    def crash(self, into: Path, before: Files | None = None) -> None:
        """Writes what is left into a new folder. `before`: the database's files before a commit that has not ended."""
        into.mkdir()
        (into / ARCHIVE).mkdir()
        before = self._unsynced_since if before is None or self._unsynced_since is not None else before
        after = self.database_files()
        for name, content in (after if before is None else self._torn_database(before, after)).items():
            (into / name).write_bytes(content)
        for name, content in self._left(self.folder, only=(ERASURES, KEY_FILE, SUMS)).items():
            (into / name).write_bytes(content)
        for name, content in self._left(self.folder / ARCHIVE).items():
            (into / ARCHIVE / name).write_bytes(content)

    # SQLite's files

    def _torn_database(self, before: Files, after: Files) -> Files:
        """Either the log is on its way to the disk, or all of it is there and a checkpoint is under way."""
        if before[DATABASE] != after[DATABASE] and self._chance.random() < 0.5:
            return {DATABASE: self._torn(before[DATABASE], after[DATABASE]), WAL: after[WAL]}
        return {DATABASE: before[DATABASE], WAL: self._torn_log(before[WAL], after[WAL])}

    def _torn_log(self, before: bytes, after: bytes) -> bytes:
        """A log that begins anew has its header synced before anything else is written."""
        if before[:WAL_HEADER_BYTES] == after[:WAL_HEADER_BYTES]:
            return self._torn(before, after)
        if self._chance.random() < 0.2:
            return before
        return self._torn(after[:WAL_HEADER_BYTES] + before[WAL_HEADER_BYTES:], after)

    def _torn(self, before: bytes, after: bytes) -> bytes:
        """Nothing of what was written since, all of it, its beginning, or some sectors of it."""
        match self._chance.choice(("none", "all", "beginning", "sectors", "sectors")):
            case "none":
                return before
            case "all":
                return after
            case "beginning":
                end = self._chance.randint(0, len(after))
                return after[:end] + before[end:]
            case _:
                size = max(len(before), len(after))
                starts = range(0, size, SECTOR_BYTES)
                some = [self._chance.choice((before, after))[at : at + SECTOR_BYTES] for at in starts]
                return b"".join(part.ljust(SECTOR_BYTES, b"\0") for part in some)[:size]

    # Everybody else's

    def _sync_names(self, place: Path) -> None:
        self._names[place] = {path.name: path.stat().st_ino for path in place.iterdir() if path.is_file()}

    def _left(self, place: Path, only: Sequence[str] | None = None) -> Files:
        """Of each name, the file that it is safely of, or that it is of now."""
        safe = self._names.get(place, {})
        now = {path.name: path for path in place.iterdir() if path.is_file()} if place.is_dir() else {}
        found: Files = {}
        for name in sorted(safe.keys() | now.keys()):
            if only is not None and name not in only:
                continue
            is_safe = name in safe and name in now and now[name].stat().st_ino == safe[name]
            if name in now and (is_safe or self._chance.random() < 0.5):
                found[name] = self._content(now[name])
            elif name in safe and self._chance.random() < 0.5:
                found[name] = self._synced.get(safe[name], b"")
        return found

    def _content(self, path: Path) -> bytes:
        synced, now = self._synced.get(path.stat().st_ino, b""), path.read_bytes()
        return now if synced == now else self._torn(synced, now)


def _synchronous(store: Store) -> int:
    driver: Any = store.writer.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return int(driver.execute("PRAGMA synchronous").fetchone()[0])
