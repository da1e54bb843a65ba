"""Where are the rows that failed? In a file beside the uploaded one, to be mended and uploaded in its turn.

It has the same columns, and one that says why, which an upload passes over. Of a CSV file it is a CSV file; of an
NDJSON or a Parquet file, NDJSON. What a spreadsheet would take for a formula has an apostrophe before it, which an
upload of the file takes off again.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path

import msgspec

from octy.cli.columns import REASON, Form
from octy.cli.csv_files import Sheet
from octy.cli.csv_writing import csv_line
from octy.cli.failures import Faults
from octy.cli.objects import FileKind, Objects

_FAILED_BEFORE = re.compile(r"\.failed(-[0-9]+)?$")
_SUFFIXES = (".gz", ".csv", ".ndjson", ".jsonl", ".json", ".parquet")


def write_failed_rows(objects: Objects, form: Form, failed: Mapping[int, str]) -> Path:
    """The new file with the rows at these places, each with why it failed. OSError where it cannot be written."""
    source = objects.source
    path = _unused(source.path, ".csv" if source.kind is FileKind.CSV else ".ndjson")
    with path.open("x", encoding="utf-8", newline="") as file:
        if source.kind is FileKind.CSV:
            file.writelines(map(csv_line, _sheet(source.path, failed)))
        else:
            file.writelines(f"{line}\n" for line in _json_lines(objects, form, failed))
    return path


def _sheet(path: Path, failed: Mapping[int, str]) -> Iterator[list[str]]:
    """The header and the rows as they stand in the file, read once more."""
    sheet = Sheet(path, Faults())
    names = sheet.header.cells
    kept = [place for place, name in enumerate(names) if name != REASON]
    yield [*(names[place] for place in kept), REASON]
    for index, row in enumerate(sheet.rows()):
        if index in failed:
            yield [*(row.cells[place] for place in kept), failed[index]]


def _json_lines(objects: Objects, form: Form, failed: Mapping[int, str]) -> Iterator[str]:
    """The objects as they were sent, without identities that were made for them."""
    for index in sorted(failed):
        row = msgspec.json.decode(objects.bodies[index], type=dict[str, object])
        if form.identity is not None and row[form.identity] == objects.source.made_identity(index):
            del row[form.identity]
        yield msgspec.json.encode(row | {REASON: failed[index]}).decode()


def _unused(path: Path, suffix: str) -> Path:
    """`events.failed.csv`, or with a number: no file is ever replaced, least of all the uploaded one."""
    stem = path.name
    while stem.lower().endswith(_SUFFIXES):
        stem = stem.rpartition(".")[0]
    stem = _FAILED_BEFORE.sub("", stem)
    names = (f"{stem}.failed{'' if number == 1 else f'-{number}'}{suffix}" for number in count(1))
    return next(found for name in names if not (found := path.with_name(name)).exists())
