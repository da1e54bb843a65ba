"""What is known of an upload that was interrupted? A file in the user's own folder for `octy-cli` says it.

It is not put beside the uploaded file, whose folder may be shared, or not to be written to. Its first line tells of the
upload, each further one what came of a batch; it is removed when all rows are answered for.
"""

import hashlib
import uuid
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from octy.cli.failures import LinesRefused
from octy.cli.objects import Source


class Upload(Struct, frozen=True):
    """An upload that has begun."""

    upload_id: str
    batches: int
    lanes: int


class Settled(Struct, frozen=True):
    """What came of the rows of a batch."""

    number: int
    created: int
    duplicates: int
    failed: list[tuple[int, str]]
    """Rows that were refused, and why."""
    untold: int
    """Of how many rows the server does not say what became of them."""
    between: tuple[int, int]
    """The first and the last row of the batch."""


class Journal:
    """The state of one upload, written as it goes on."""

    def __init__(self, source: Source, kind: str, destination: str) -> None:
        """`destination` says to which server and account."""
        name = hashlib.sha256("\n".join([destination, kind, source.digest]).encode()).hexdigest()[:32]
        self.path = _folder() / f"{name}.ndjson"

    def begin(self, batches: int, lanes: int) -> tuple[str, Sequence[Settled]]:
        """The upload's id, and what was settled before: nothing, unless one of the same batches was interrupted."""
        upload, settled = self._read()
        if upload is None or (upload.batches, upload.lanes) != (batches, lanes):
            upload, settled = Upload(uuid.uuid4().hex, batches, lanes), []
            self._write("wb", msgspec.json.encode(upload))
        return upload.upload_id, settled

    def note(self, settled: Settled) -> None:
        """Keeps what came of a batch."""
        self._write("ab", b"\n" + msgspec.json.encode(settled))

    def end(self) -> None:
        """Nothing is left to resume."""
        self.path.unlink(missing_ok=True)

    def _read(self) -> tuple[Upload | None, list[Settled]]:
        try:
            first, *others = self.path.read_bytes().splitlines() or [b""]
            upload = msgspec.json.decode(first, type=Upload)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None, []
        return upload, [settled for line in others if (settled := _settled(line)) is not None]

    def _write(self, mode: str, line: bytes) -> None:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self.path.open(mode) as file:
                file.write(line)
        except OSError as error:
            raise LinesRefused([f"{self.path}: {error.strerror or error}"]) from None


def _settled(line: bytes) -> Settled | None:
    """None for half a line, where the process was killed: its batch is sent again."""
    try:
        return msgspec.json.decode(line, type=Settled)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _folder() -> Path:
    from typer import get_app_dir

    return Path(get_app_dir("octy")) / "uploads"
