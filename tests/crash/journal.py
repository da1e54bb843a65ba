"""What would a disk hold whose power fails? The steps that `disk.c` has noted are done again, on a disk that forgets.

It keeps what POSIX promises: a file's bytes from its sync on, a name from its folder's sync on. Of the rest it may keep
anything, and does so by chance: any of the writes since, each cut off at a sector's end; a folder's first changes.
After a sync that failed, what was written before it never gets there, as Linux has it: its pages count as clean.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from random import Random
from typing import NamedTuple

SECTOR_BYTES = 512
FAULTS = ("fail", "kill")
"""What a step is called that was not done; `other` is then what it would have been."""
LIVING_MEMORY = "-shm"
"""SQLite's index of its log: shared memory that happens to have a name, made anew after every crash."""


class Step(NamedTuple):
    """Something that a server did to its disk, or failed to; paths from the disk's root on."""

    ends_at: int
    """Where its line in the journal ends."""
    what: str
    path: str
    other: str
    offset: int
    data: bytes
    number: int = 0
    """Of those of its process, with steps that changed nothing."""


def steps(journal: Path) -> Iterator[Step]:
    """All of them in their order, but for one whose line was cut short."""
    said, position = journal.read_bytes(), 0
    while (end := said.find(b"\n", position)) >= 0:
        number, what, path, other, offset, size = said[position:end].decode().split("|")
        position = end + 1 + int(size)
        if position > len(said):
            return
        yield Step(position, what, path, other, int(offset), said[end + 1 : position], int(number))


class File:
    """Bytes as everybody sees them, as the disk has them for sure, and what lies between the two."""

    def __init__(self) -> None:
        self.seen = bytearray()
        self.kept = bytearray()
        self.unsynced: list[tuple[int, bytes | None]] = []
        """Offset and bytes of each write; None for a length that it was given."""

    def write(self, offset: int, data: bytes) -> None:
        _write(self.seen, offset, data)
        self.unsynced.append((offset, data))

    def truncate(self, length: int) -> None:
        _truncate(self.seen, length)
        self.unsynced.append((length, None))

    def sync(self) -> None:
        for offset, data in self.unsynced:
            if data is None:
                _truncate(self.kept, offset)
            else:
                _write(self.kept, offset, data)
        self.unsynced.clear()

    def fail_to_sync(self) -> None:
        """Everybody goes on seeing what was written, and no later sync will bring it to the disk."""
        self.unsynced.clear()

    def left(self, chance: Random | None) -> bytes:
        """What is found afterwards; with a chance, more than must be."""
        found = bytearray(self.kept)
        for offset, data in self.unsynced:
            if chance is None or chance.random() < 0.5:
                continue
            if data is None:
                _truncate(found, offset)
            else:
                sectors = -(-len(data) // SECTOR_BYTES)
                _write(found, offset, data[: chance.randint(1, sectors) * SECTOR_BYTES])
        return bytes(found)


class Names:
    """Which file, or folder (None), each path leads to."""

    def __init__(self) -> None:
        self.seen: dict[str, File | None] = {}
        self.kept: dict[str, File | None] = {}
        self.unsynced: dict[str, list[dict[str, File | None]]] = {}
        """By folder: how its entries stood after each change since its sync."""

    def change(self, path: str, file: File | None) -> None:
        self.seen[path] = file
        self._changed(path)

    def remove(self, path: str) -> None:
        self.seen.pop(path, None)
        self._changed(path)

    def rename(self, path: str, other: str) -> None:
        self.seen[other] = self.seen.pop(path)
        self._changed(other)

    def sync(self, folder: str) -> None:
        self._replace(self.kept, folder, self._entries(folder))
        self.unsynced.pop(folder, None)

    def left(self, chance: Random | None) -> dict[str, File | None]:
        """What is found afterwards: the paths all of whose folders are there."""
        found = dict(self.kept)
        for folder, stands in self.unsynced.items():
            if chance is not None and (number := chance.randint(0, len(stands))):
                self._replace(found, folder, stands[number - 1])
        return {
            path: file
            for path, file in found.items()
            if all(str(one) == "." or str(one) in found for one in PurePosixPath(path).parents)
        }

    def _changed(self, path: str) -> None:
        folder = _folder(path)
        self.unsynced.setdefault(folder, []).append(self._entries(folder))

    def _entries(self, folder: str) -> dict[str, File | None]:
        return {path: file for path, file in self.seen.items() if _folder(path) == folder}

    @staticmethod
    def _replace(names: dict[str, File | None], folder: str, entries: dict[str, File | None]) -> None:
        for path in [path for path in names if _folder(path) == folder]:
            del names[path]
        names.update(entries)


class Disk:
    """Takes the steps, and loses its power as often as is wanted: each time only in what it answers."""

    def __init__(self) -> None:
        self._names = Names()

    def take(self, step: Step) -> None:
        if step.path.endswith(LIVING_MEMORY) or (step.what in FAULTS and (step.what, step.other) != ("fail", "sync")):
            return
        file = self._names.seen.get(step.path)
        match step.what:
            case "mkdir":
                self._names.change(step.path, None)
            case "create":
                self._names.change(step.path, File())
            case "unlink":
                self._names.remove(step.path)
            case "rename":
                self._names.rename(step.path, step.other)
            case "fail" if file is None:
                return
            case "sync" if file is None:
                self._names.sync(step.path)
            case _:
                assert file is not None, f"{step.what} of {step.path}, which nobody has made"
                self._take(file, step)

    def seen(self, folder: Path) -> None:
        """Writes into a new folder what everybody sees now, and would after the server's death."""
        names = self._names.seen
        _write_out(folder, {path: None if file is None else bytes(file.seen) for path, file in names.items()})

    def cut(self, folder: Path, chance: Random | None = None) -> None:
        """Writes into a new folder what is left after a power cut now; without a chance, only what must be."""
        names = self._names.left(chance)
        _write_out(folder, {path: None if file is None else file.left(chance) for path, file in names.items()})

    @staticmethod
    def _take(file: File, step: Step) -> None:
        match step.what:
            case "sync":
                file.sync()
            case "fail":
                file.fail_to_sync()
            case "write":
                file.write(step.offset, step.data)
            case "truncate":
                file.truncate(step.offset)


def _write_out(folder: Path, contents: dict[str, bytes | None]) -> None:
    folder.mkdir()
    for path, content in sorted(contents.items()):
        if content is None:
            (folder / path).mkdir()
        else:
            (folder / path).write_bytes(content)


def _folder(path: str) -> str:
    return str(PurePosixPath(path).parent)


def _write(found: bytearray, offset: int, data: bytes) -> None:
    if len(found) < offset:
        found.extend(bytes(offset - len(found)))
    found[offset : offset + len(data)] = data


def _truncate(found: bytearray, length: int) -> None:
    del found[length:]
    found.extend(bytes(length - len(found)))
