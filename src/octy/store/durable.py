"""What is durable? A file's bytes once it is synced, and its name once the folder that it is in is."""

import os
from contextlib import suppress
from pathlib import Path


def sync_file(path: Path) -> None:
    """What others have written into a file, and closed, is durable."""
    _sync(path, os.O_RDONLY)


def sync_folder(folder: Path) -> None:
    """What was made, renamed or removed in a folder is durable."""
    _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def make_folder(folder: Path) -> None:
    """The folder is there, the owner's alone where it is new; durably, with each folder on the way that was missing.

    Of the last that was there already, an earlier process may have died before its name was durable.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    with suppress(PermissionError):  # whoever made what is in a folder that cannot be read, it was not Octy
        sync_folder((missing[-1].parent if missing else folder).parent)
    for one in reversed(missing):
        one.mkdir(mode=0o700 if one == folder else 0o777, exist_ok=True)
        sync_folder(one.parent)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
