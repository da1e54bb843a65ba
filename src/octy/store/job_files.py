"""What jobs have made: files in a folder of the data folder, whole or not there.

Nothing else depends on them: a backup leaves them out, and a file that nobody knows of is swept away at a start.
"""

import hashlib
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

from octy.model.jobs import JobFile
from octy.store.durable import make_folder, sync_file, sync_folder

FOLDER = "datasets"
UNFINISHED = ".unfinished"
_BYTES_AT_ONCE = 1 << 20


def path_of(data_folder: Path, file: JobFile) -> Path:
    """Where it is."""
    return data_folder / FOLDER / file.name


def written(data_folder: Path, name: str, write: Callable[[Path], None]) -> JobFile:
    """A new file, which has its name once it is durable. Where writing fails, nothing is left."""
    folder = data_folder / FOLDER
    make_folder(folder)
    unfinished = folder / f"{name}{UNFINISHED}"
    try:
        write(unfinished)
        sync_file(unfinished)
        digest, count = hashlib.sha256(), 0
        with unfinished.open("rb") as file:
            while part := file.read(_BYTES_AT_ONCE):
                digest.update(part)
                count += len(part)
        unfinished.rename(folder / name)
        sync_folder(folder)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise
    return JobFile(name, count, digest.hexdigest())


def remove(data_folder: Path, file: JobFile) -> None:
    """It is not there any more."""
    path_of(data_folder, file).unlink(missing_ok=True)


def sweep(data_folder: Path, known: Collection[str]) -> None:
    """Removes all but those files; no job runs."""
    folder = data_folder / FOLDER
    if folder.is_dir():
        for path in folder.iterdir():
            if path.name not in known and path.is_file():
                path.unlink()


def sweep_unfinished(data_folder: Path) -> None:
    """Removes what a job left that was ended; no job runs."""
    for path in (data_folder / FOLDER).glob(f"*{UNFINISHED}"):
        path.unlink()
