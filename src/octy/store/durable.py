"""What is durable? A file's bytes once it is synced, and its name once the folder that it is in is."""

import os
from pathlib import Path


def sync_file(path: Path) -> None:
    """What others have written into a file, and closed, is durable."""
    _sync(path, os.O_RDONLY)


def sync_folder(folder: Path) -> None:
    """What was made, renamed or removed in a folder is durable."""
    _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def make_folder(folder: Path) -> None:
    """The folder is there, the owner's alone where it is new; durably, with each folder on the way that was missing."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for one in reversed(missing):
        sync_folder(one.parent)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
