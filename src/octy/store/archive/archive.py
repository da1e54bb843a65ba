"""The archive's folder: what is known of its files, shared by all readers; swept of what the ledger does not know."""

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection

from octy.model.errors import StoreError
from octy.store.archive import ledger
from octy.store.archive.ledger import ArchivedRun
from octy.store.archive.run_file import RunFile
from octy.store.durable import make_folder
from octy.store.log_shape import ARCHIVED, LogShape

SUFFIX = ".parquet"


class Archive:
    """One store's. From any thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, RunFile] = {}
        self._lock = threading.Lock()
        self.on_new: Callable[[Path], None] = lambda _: None
        """Called with each new file before it is in the ledger, in the thread that has made it."""

    def runs(self, connection: Connection, shape: LogShape, account_id: int) -> list[tuple[ArchivedRun, RunFile]]:
        """An account's files as the connection's snapshot knows them, in the order of their numbers.

        They can be read for as long as the caller holds them, whatever happens to the archive meanwhile.
        """
        return [(run, self.opened(run, shape)) for run in ledger.runs(connection, shape, account_id) if run.row_count]

    def opened(self, run: ArchivedRun, shape: LogShape) -> RunFile:
        """A file of the ledger."""
        with self._lock:
            found = self._known.get(run.file)
            if found is None:
                found = self._known[run.file] = RunFile(self.folder / run.file, shape)
            return found

    def new_file(self, shape: LogShape, account_id: int) -> str:
        """A name that no file has had."""
        return f"{shape.name}-{account_id}-{uuid4().hex}{SUFFIX}"

    def drop(self, file: str) -> None:
        """A file has left the ledger; whoever holds it can still read it."""
        with self._lock:
            if (known := self._known.pop(file, None)) is not None:
                with suppress(FileNotFoundError):
                    known.keep()
            (self.folder / file).unlink(missing_ok=True)

    def require_whole(self, connection: Connection) -> None:
        """StoreError where a file is missing, or not as long as it was. Whether it says what it said, a check tells."""
        for shape in ARCHIVED:
            for run in ledger.all_runs(connection, shape):
                path = self.folder / run.file
                if not path.is_file() or path.stat().st_size != run.file_bytes:
                    is_so = "is not as long as it was" if path.is_file() else "is missing"
                    raise StoreError(f"the archive's file {run.file} {is_so}; octy check says more")

    def sweep(self, connection: Connection) -> None:
        """Removes files that a crash has left behind, or makes the folder. Nobody else uses it."""
        make_folder(self.folder)
        known = ledger.files(connection)
        for path in self.folder.glob("*"):
            if path.name not in known and path.is_file():
                path.unlink()
