"""Which YAML documents do `-f FILE`, `-f FOLDER` and `-f -` name? All of them, in order; a folder's by file name."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from octy.cli.documents import Document, read_documents
from octy.cli.failures import LinesRefused
from octy.cli.files import STDIN

SUFFIXES = (".yml", ".yaml")


def documents(sources: Iterable[Path]) -> list[Document]:
    """LinesRefused, with all that is wrong in any of the files, where they are no plain YAML."""
    found: list[Document] = []
    faults: list[str] = []
    for path in dict.fromkeys(path for source in sources for path in _files(source)):
        try:
            found += read_documents(path)
        except LinesRefused as refused:
            faults += refused.messages
    if faults:
        raise LinesRefused(faults)
    return found


def _files(source: Path) -> Iterator[Path]:
    if str(source) == "-":
        yield STDIN
    elif source.is_dir():
        files = sorted(path for path in source.iterdir() if path.suffix in SUFFIXES and path.is_file())
        if not files:
            raise LinesRefused([f"{source}: there is no file in it that ends in {' or '.join(SUFFIXES)}"])
        yield from files
    else:
        yield source
