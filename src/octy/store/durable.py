"""Names on the disk: a file's sync promises its bytes alone. Its name is durable once the folder that it is in is."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """What was made, renamed or removed in a folder is durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """The folder is there, the owner's alone where it is new; durably, with each folder on the way that was missing."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for one in reversed(missing):
        sync_folder(one.parent)
