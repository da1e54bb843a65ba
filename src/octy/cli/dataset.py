"""`octy-cli dataset`: has a training dataset made, waits for it, and downloads it; or downloads one that is made."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from octy.cli.csv_writing import guarded
from octy.cli.failures import Interrupted, LinesRefused, WrongUsage
from octy.cli.output import complain, counted, say
from octy.cli.progress import shares
from octy.client import Octy
from octy.client.arriving import arriving
from octy.model.values import shown

if TYPE_CHECKING:
    from octy.client.views import DatasetView

SUFFIXES = (".parquet", ".csv")


def check_usage(path: Path, asked: dict[str, Any], dataset_id: str | None) -> None:
    """WrongUsage where the file's name does not say what it is to be, or where nothing can be asked of a dataset."""
    if path.suffix not in SUFFIXES:
        raise WrongUsage(f"--output: expected a file that ends in {' or '.join(SUFFIXES)}; found {shown(str(path))}")
    if dataset_id is not None and any(asked.values()):
        raise WrongUsage("--id: expected nothing beside it but --output; that dataset has been asked for already")


def make_dataset(server: Octy, path: Path, asked: dict[str, Any], dataset_id: str | None) -> bool:
    """Writes the dataset with this id, or else a new one, into the file; False where it could not be made.

    Before anything is asked for, it is seen whether there can be such a file.
    """
    with _written(path) as part:
        wanted = dataset_id or server.request_dataset(**asked).dataset_id
        made = _ended(server, wanted)
        if made.status != "completed":
            complain(f"The dataset {wanted} was not made: {made.error}")
            return False
        _fetch(server, made, part, is_csv=path.suffix == ".csv")
    _tell(made, path)
    return True


def _ended(server: Octy, dataset_id: str) -> "DatasetView":
    try:
        with shares("Making the dataset") as show:
            return server.dataset_ended(dataset_id, show)
    except KeyboardInterrupt:
        ways = (
            f"`octy-cli dataset -o FILE --id {dataset_id}` fetches it, `octy-cli delete datasets {dataset_id}` ends it."
        )
        raise Interrupted(f"Interrupted. The server goes on making the dataset {dataset_id}: {ways}") from None


def _fetch(server: Octy, made: "DatasetView", part: Path, *, is_csv: bool) -> None:
    if not is_csv:
        server.download_dataset(made.dataset_id, part)
        return
    parquet = part.with_suffix(".parquet")
    try:
        server.download_dataset(made.dataset_id, parquet)
        _write_csv(parquet, part)
    finally:
        parquet.unlink(missing_ok=True)


def _write_csv(source: Path, path: Path) -> None:
    """Some rows at a time. No text is a formula to a spreadsheet."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    def is_text(kind: pa.DataType) -> bool:
        return bool(pa.types.is_string(kind) or pa.types.is_dictionary(kind))

    def text(column: pa.Array) -> pa.Array:
        found = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        shown = [None if one is None else guarded(one) for one in found.dictionary.to_pylist()]
        return pa.array(shown, pa.string()).take(found.indices)

    rows = parquet.ParquetFile(source)
    schema = pa.schema(
        [(guarded(one.name), pa.string() if is_text(one.type) else one.type) for one in rows.schema_arrow]
    )
    with path.open("wb") as file, csv.CSVWriter(file, schema) as writer:
        for batch in rows.iter_batches():
            columns = [text(one) if is_text(one.type) else one for one in batch.columns]
            writer.write_batch(pa.record_batch(columns, schema=schema))


def _tell(made: "DatasetView", path: Path) -> None:
    say(f"Wrote {counted(made.rows or 0, 'row')} of {counted(len(made.columns), 'column')} to {path}")
    say(f"Dataset ID: {made.dataset_id}")
    for leak in made.leaks:
        say(f"Leak ({leak.kind}): {leak.column}: {leak.reason}")
    say(f"Found a total of {counted(len(made.leaks), 'leak')}")


@contextmanager
def _written(path: Path) -> Iterator[Path]:
    """A file that takes the place of `path` once it is whole; what was there before stays until then."""
    try:
        with arriving(path) as part:
            yield part
    except OSError as error:
        raise LinesRefused([f"{path}: {error.strerror or error}"]) from None
