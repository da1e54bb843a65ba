"""Of which kind is a file, and which objects does it hold?

Its content says so, whatever its name: gzipped or not, Parquet by how it begins, NDJSON by the brace of its first
object; anything else is CSV.
"""

import hashlib
from pathlib import Path

from octy.cli.columns import Form
from octy.cli.csv_objects import read_csv
from octy.cli.failures import Faults, LinesRefused
from octy.cli.files import opened, unpacked
from octy.cli.objects import Collector, FileKind, Objects, Source
from octy.cli.typed_objects import read_ndjson, read_parquet

_CHUNK_BYTES = 1_000_000
_PARQUET_BEGINS = b"PAR1"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_READERS = {FileKind.CSV: read_csv, FileKind.NDJSON: read_ndjson, FileKind.PARQUET: read_parquet}


def read_objects(path: Path, form: Form) -> Objects:
    """All of a file; LinesRefused with file and line for each fault."""
    source = Source(path, _kind(path), _digest(path))
    faults = Faults()
    collector = Collector(source, form, faults)
    _READERS[source.kind](source, form, faults, collector)
    return collector.objects


def _kind(path: Path) -> FileKind:
    with unpacked(path) as file:
        begins = file.read(4096)
    if begins.startswith(_PARQUET_BEGINS):
        return FileKind.PARQUET
    if begins.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith(b"{"):
        return FileKind.NDJSON
    return FileKind.CSV


def _digest(path: Path) -> str:
    if not path.is_file():
        raise LinesRefused([f"{path}: expected an ordinary file, for it is read more than once"])
    digest = hashlib.sha256()
    with opened(path) as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
