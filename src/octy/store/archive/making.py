"""New files of the archive: from blocks, or from other files."""

from collections.abc import Mapping, Sequence

from octy.store.archive.archive import Archive
from octy.store.archive.merging import NOBODY, Leaving, merge, merged_texts
from octy.store.archive.parquet import LABEL, PROPERTY_PREFIX, codes_in, labels, property_texts, taken
from octy.store.archive.run_file import RunFile
from octy.store.archive.run_writer import RunWriter, WrittenRun, write_sorted
from octy.store.blocks import UncutRows
from octy.store.log_shape import LogShape, chosen
from octy.store.resting import Rest, go_on


def new_run(
    archive: Archive,
    shape: LogShape,
    account_id: int,
    rows: UncutRows,
    names: Mapping[int, str],
    keys: Sequence[str] = (),
    rest: Rest = go_on,
) -> WrittenRun:
    """A file of rows that were in blocks. `names` are those of the labels, `keys` the properties with own columns."""
    order = shape.order(rows.columns)
    texts = {LABEL: labels(names, rows.columns[shape.label])}
    if shape.has_properties:
        texts |= property_texts(rows.lines, keys, rest)
    coded, codes = codes_in(texts)
    with RunWriter(archive.folder, archive.new_file(shape, account_id), shape, keys, coded, rest) as writer:
        write_sorted(writer, chosen({**rows.columns, **codes}, order), taken(texts, order))
        return _finished(archive, writer)


def merged_run(
    archive: Archive,
    shape: LogShape,
    account_id: int,
    files: Sequence[RunFile],
    leaving: Leaving = NOBODY,
    rest: Rest = go_on,
) -> WrittenRun:
    """A file of all rows of some files, whose numbers rise from one to the next, without those that are leaving."""
    keys = sorted(
        {
            name.removeprefix(PROPERTY_PREFIX)
            for file in files
            for name in file.names
            if name.startswith(PROPERTY_PREFIX)
        }
    )
    with RunWriter(
        archive.folder, archive.new_file(shape, account_id), shape, keys, merged_texts(files, leaving), rest
    ) as writer:
        merge(shape, files, writer, leaving)
        return _finished(archive, writer)


def _finished(archive: Archive, writer: RunWriter) -> WrittenRun:
    written = writer.finish()
    archive.on_new(archive.folder / written.file)
    return written
