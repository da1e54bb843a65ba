"""The objects of a file, ready to be sent, however the file holds them.

A file is read and judged whole, so that nothing is sent of one with a fault in its last row. Each row is kept as the
JSON that will be sent: a fraction of what its values would take.
"""

import zlib
from array import array
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import NamedTuple

import msgspec

from octy.cli.columns import Form
from octy.cli.failures import Faults, LinesRefused
from octy.model.values import shown

ROWS_MAX = 1_000_000
"""Some 0.3 GB in memory."""

_encode = msgspec.json.Encoder().encode


class FileKind(Enum):
    """How a file holds rows."""

    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"


class Source(NamedTuple):
    """A file to be uploaded."""

    path: Path
    kind: FileKind
    digest: str
    """SHA-256 of the file as it lies there, in hexadecimal."""

    def made_identity(self, index: int) -> str:
        """What the row is known by to the server, where it has no identity of its own (E8: at most 64 characters)."""
        return f"{self.digest[:40]}-{index}"


class Objects(NamedTuple):
    """The objects of a file, in its order."""

    source: Source
    lines: "array[int]"
    """The line at which each begins; of a Parquet file, the number of its row."""
    bodies: list[bytes]
    """Each as JSON."""
    owners: "array[int]"
    """Of each object, a number that is equal where they must arrive in the file's order; empty where none need."""

    def place(self, index: int) -> str:
        """`events.csv:12`."""
        return f"{self.source.path}:{self.lines[index]}"


class Collector:
    """Takes the rows of a file, one after the other."""

    def __init__(self, source: Source, form: Form, faults: Faults) -> None:
        self._form = form
        self._faults = faults
        self._line_of: dict[object, int] = {}
        self.objects = Objects(source, array("Q"), [], array("L"))

    def place(self, line: int) -> str:
        """`events.csv:12`."""
        return f"{self.objects.source.path}:{line}"

    def fault(self, line: int, text: str) -> None:
        """Something is wrong with a row."""
        self._faults.add(self.place(line), text)

    def add(self, line: int, fields: dict[str, object], nested: Mapping[str, Mapping[str, object]]) -> None:
        """A row that begins at the line. What it shares with another one although it must not becomes a fault.

        An event without a `message_id` gets one made of the file's digest and the row, so that the server stores it
        once, however often the file is sent (E8).
        """
        index = len(self.objects.bodies)
        if index == ROWS_MAX:
            raise LinesRefused([f"{self.place(line)}: a file holds at most {ROWS_MAX:,} rows; split it"])
        self._check_unique(line, fields)
        if self._form.identity is not None:
            fields.setdefault(self._form.identity, self.objects.source.made_identity(index))
        self.objects.lines.append(line)
        self.objects.bodies.append(_encode({**fields, **nested}))
        if self._form.owner is not None:
            self.objects.owners.append(zlib.crc32(str(fields.get(self._form.owner)).encode()))

    def _check_unique(self, line: int, fields: Mapping[str, object]) -> None:
        if self._form.unique is not None and self._form.unique in fields:
            value = fields[self._form.unique]
            before = self._line_of.setdefault(value, line)
            if before != line:
                self.fault(line, f"{self._form.unique}: {shown(value)} was given before, at line {before}")
