"""`octy-cli dataset`: has a training dataset made, waits for it, and downloads it."""

import io
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from octy.cli.failures import LinesRefused, WrongUsage
from octy.cli.output import complain, counted, say
from octy.cli.progress import shares
from octy.client import Octy
from octy.model.values import shown

if TYPE_CHECKING:
    from octy.client.views import DatasetView

SUFFIXES = (".parquet", ".csv")


def check_suffix(path: Path) -> None:
    """WrongUsage where the file's name does not say what it is to be."""
    if path.suffix not in SUFFIXES:
        raise WrongUsage(f"--output: expected a file that ends in {' or '.join(SUFFIXES)}; found {shown(str(path))}")


def make_dataset(server: Octy, path: Path, asked: dict[str, Any]) -> bool:
    """Has it made and writes it into the file; False where it could not be made."""
    requested = server.request_dataset(**asked)
    with shares("Making the dataset") as show:
        made = server.dataset_ended(requested.dataset_id, show)
    if made.status != "completed":
        complain(f"The dataset {made.dataset_id} was not made: {made.error}")
        return False
    _write(path, server.dataset_file(made.dataset_id))
    _tell(made, path)
    return True


def _tell(made: "DatasetView", path: Path) -> None:
    say(f"Wrote {counted(made.rows or 0, 'row')} of {counted(len(made.columns), 'column')} to {path}")
    say(f"Dataset ID: {made.dataset_id}")
    for leak in made.leaks:
        say(f"Leak ({leak.kind}): {leak.column}: {leak.reason}")
    say(f"Found a total of {counted(len(made.leaks), 'leak')}")


def _write(path: Path, content: bytes) -> None:
    """As Parquet or CSV, readable by its owner alone; where the disk has no room, nothing is left."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            if path.suffix == ".csv":
                _write_csv(content, file)
            else:
                file.write(content)
    except OSError as error:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise LinesRefused([f"{path}: {error.strerror or error}"]) from None


def _write_csv(content: bytes, file: io.BufferedWriter) -> None:
    """Some rows at a time."""
    from pyarrow import csv, parquet

    rows = parquet.ParquetFile(io.BytesIO(content))
    with csv.CSVWriter(file, rows.schema_arrow) as writer:
        for batch in rows.iter_batches():
            writer.write_batch(batch)
