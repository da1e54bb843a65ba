"""What can happen to a data folder behind Octy's back, done by hand: with a SQL shell, or to the bytes of a file.

The folder is the one that `test_checking` makes: ana (profile key 0), ben (1), cem (2, gold, deleted dana is 3) in one
account, with events and changes in files and in blocks.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from octy.store.blocks import unpacked
from octy.store.log_shape import CHANGES, EVENTS, PROFILE, Column, LogShape

Corrupting = Callable[[Path], None]


class Corruption(NamedTuple):
    """One of them."""

    what: str
    corrupt: Corrupting
    kinds: frozenset[str]
    """Of the differences that it makes, these at least."""
    is_repaired: bool
    """Whether `octy repair` leaves nothing of it."""


@contextmanager
def sql(folder: Path) -> Iterator[sqlite3.Connection]:
    """A shell that checks nothing."""
    with closing(sqlite3.connect(folder / "octy.db")) as connection:
        yield connection
        connection.commit()


def executing(*statements: str) -> Corrupting:
    """Statements that each change something."""

    def corrupt(folder: Path) -> None:
        with sql(folder) as connection:
            for statement in statements:
                assert connection.execute(statement).rowcount > 0, statement

    return corrupt


def rewriting(
    shape: LogShape, change: Callable[[dict[str, Column], list[bytes]], tuple[dict[str, Column], list[bytes]]]
) -> Corrupting:
    """The newest block with rows says something else."""
    table, first = ("event_blocks", "first_seq") if shape is EVENTS else ("change_blocks", "first_change_id")
    text = "properties" if shape is EVENTS else "x''"

    def corrupt(folder: Path) -> None:
        with sql(folder) as connection:
            question = f"SELECT {first}, row_count, columns, {text} FROM {table} WHERE row_count > 0 ORDER BY 1 DESC"
            number, count, packed, lines = connection.execute(question).fetchone()
            columns, rest = change(dict(unpacked(shape, count, packed)), lines.split(b"\n")[:-1])
            repacked = b"".join(columns[name].astype(kind).tobytes() for name, kind in shape.types.items())
            values = (len(columns[PROFILE]), repacked, number)
            connection.execute(f"UPDATE {table} SET row_count = ?, columns = ? WHERE {first} = ?", values)
            if shape is EVENTS:
                joined = b"".join(line + b"\n" for line in rest)
                connection.execute(f"UPDATE {table} SET properties = ? WHERE {first} = ?", (joined, number))

    return corrupt


def _rows(
    columns: Mapping[str, Column], lines: Sequence[bytes], rows: Sequence[int]
) -> tuple[dict[str, Column], list[bytes]]:
    return {name: column[list(rows)] for name, column in columns.items()}, [lines[row] for row in rows if lines]


def without_first(columns: dict[str, Column], lines: list[bytes]) -> tuple[dict[str, Column], list[bytes]]:
    return _rows(columns, lines, range(1, len(columns[PROFILE])))


def without_last(columns: dict[str, Column], lines: list[bytes]) -> tuple[dict[str, Column], list[bytes]]:
    return _rows(columns, lines, range(len(columns[PROFILE]) - 1))


def first_twice(columns: dict[str, Column], lines: list[bytes]) -> tuple[dict[str, Column], list[bytes]]:
    return _rows(columns, lines, [0, *range(len(columns[PROFILE]))])


def with_value(name: str, value: int) -> Callable[..., tuple[dict[str, Column], list[bytes]]]:
    def change(columns: dict[str, Column], lines: list[bytes]) -> tuple[dict[str, Column], list[bytes]]:
        return columns | {name: np.full_like(columns[name], value)}, lines

    return change


def with_other_lines(columns: dict[str, Column], lines: list[bytes]) -> tuple[dict[str, Column], list[bytes]]:
    return columns, [b'{"product":"hats"}' for _ in lines]


def too_few_lines(columns: dict[str, Column], lines: list[bytes]) -> tuple[dict[str, Column], list[bytes]]:
    return columns, lines[1:]


def archived_again(folder: Path) -> None:
    """A block says again what is in a file."""
    with sql(folder) as connection:
        (file,) = connection.execute("SELECT file FROM archive_runs WHERE log = 'events' LIMIT 1").fetchone()
        found = pq.read_table(folder / "archive" / file).slice(0, 1)
        values = {name: found.column(name).cast("int64").to_numpy() for name in EVENTS.types}
        packed = b"".join(np.asarray(values[name]).astype(kind).tobytes() for name, kind in EVENTS.types.items())
        seq = int(values["seq"][0])
        row = (seq, seq, 1, 1, packed, b"null\n")
        connection.execute("INSERT INTO event_blocks VALUES (?, ?, ?, ?, ?, ?)", row)


def files(folder: Path) -> list[Path]:
    """The archive's, of events first."""
    return sorted((folder / "archive").iterdir(), reverse=True)


def of_file(change: Callable[[Path], Any]) -> Corrupting:
    """Something happens to one of the archive's files."""
    return lambda folder: change(files(folder)[0])


def flip(path: Path, place: float = 0.5) -> None:
    """One bit."""
    content = bytearray(path.read_bytes())
    content[int(len(content) * place)] ^= 1
    path.write_bytes(content)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def grow(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


def swap(folder: Path) -> None:
    """Two files have each other's names."""
    one, *_, other = files(folder)
    other.rename(folder / "aside")
    one.rename(other)
    (folder / "aside").rename(one)


def garble(folder: Path) -> None:
    """A page of a table is noise."""
    path = folder / "octy.db"
    content = bytearray(path.read_bytes())
    content[-8192:-4096] = b"\xa5" * 4096
    path.write_bytes(content)


def stray(folder: Path) -> None:
    shutil.copy(files(folder)[0], folder / "archive" / "events-1-0.parquet")


def _of(*kinds: str) -> frozenset[str]:
    return frozenset(kinds)


TAG = "(SELECT segment_key FROM segments WHERE name = '{}')"
VIEWERS, PAYERS, GOLD, IDLE, SHOD = (TAG.format(name) for name in ("viewers", "payers", "gold", "idle", "shod"))

CORRUPTIONS = [
    Corruption(
        "a tag that nobody earned",
        executing(f"INSERT INTO tags VALUES ({PAYERS}, 2, 1709121600000000)"),
        _of("tag"),
        True,
    ),
    Corruption(
        "a live tag that nobody earned",
        executing(f"INSERT INTO tags VALUES ({IDLE}, 1, 1709121600000000)"),
        _of("tag"),
        True,
    ),
    Corruption(
        "a tag taken off",
        executing(f"DELETE FROM tags WHERE segment_key = {VIEWERS} AND profile_key = 0"),
        _of("tag"),
        True,
    ),
    Corruption(
        "a live tag taken off",
        executing(f"DELETE FROM tags WHERE segment_key = {IDLE} AND profile_key = 0"),
        _of("tag"),
        True,
    ),
    Corruption("all tags taken off", executing("DELETE FROM tags"), _of("tag"), True),
    Corruption(
        "a tag's instant moved",
        executing(f"UPDATE tags SET created_us = created_us + 1 WHERE segment_key = {VIEWERS} AND profile_key = 0"),
        _of("tag"),
        True,
    ),
    Corruption(
        "a live tag's instant moved",
        executing(f"UPDATE tags SET created_us = created_us - 1 WHERE segment_key = {IDLE} AND profile_key = 0"),
        _of("tag"),
        True,
    ),
    Corruption("a tag of no segment", executing("INSERT INTO tags VALUES (99, 0, 1)"), _of("tag"), True),
    Corruption("a tag of nobody", executing(f"INSERT INTO tags VALUES ({VIEWERS}, 99, 1)"), _of("tag"), True),
    Corruption(
        "a profile's data changed",
        executing('UPDATE profiles SET profile_data = \'{"plan":"tin"}\' WHERE profile_key = 2'),
        _of("tag", "tag history"),
        True,
    ),
    Corruption(
        "a store that is ahead of what it has applied",
        executing("UPDATE meta SET value = value + 86400000000 * 400 WHERE name = 'now_us'"),
        _of("tag"),
        True,
    ),
    Corruption(
        "a charge forgotten",
        executing("UPDATE profiles SET has_charged = 0 WHERE has_charged"),
        _of("has_charged"),
        True,
    ),
    Corruption(
        "a message id of no event",
        executing("UPDATE message_ids SET seq = 1000"),
        _of("message id"),
        True,
    ),
    Corruption("a webhook about nobody", executing("UPDATE outbox SET profile_key = 99"), _of("webhook"), True),
    Corruption("a webhook of no segment", executing("UPDATE outbox SET segment_key = 99"), _of("webhook"), True),
    Corruption(
        "a webhook about another",
        executing("UPDATE outbox SET body = replace(CAST(body AS TEXT), 'profile_', 'x')"),
        _of("webhook"),
        False,
    ),
    Corruption("a webhook that says nothing", executing("UPDATE outbox SET body = x'7b'"), _of("webhook"), False),
    Corruption("a webhook in no state", executing("UPDATE outbox SET state = 'lost'"), _of("webhook"), False),
    Corruption(
        "a webhook that ended and did not", executing("UPDATE outbox SET finished_us = 1"), _of("webhook"), False
    ),
    Corruption("history's last line lost", rewriting(CHANGES, without_last), _of("tag history", "count"), False),
    Corruption("history's line lost", rewriting(CHANGES, without_first), _of("count"), False),
    Corruption("a history line twice", rewriting(CHANGES, first_twice), _of("tag change"), False),
    Corruption(
        "a name lost that history needs", executing("DELETE FROM segment_names"), _of("segment", "webhook"), False
    ),
    Corruption("an event lost", rewriting(EVENTS, without_first), _of("count"), False),
    Corruption("an event twice in a block", rewriting(EVENTS, first_twice), _of("event", "block"), False),
    Corruption("an event in a file and in a block", archived_again, _of("event"), False),
    Corruption(
        "the newest block lost",
        executing("DELETE FROM event_blocks WHERE first_seq = (SELECT max(first_seq) FROM event_blocks)"),
        _of("last event", "count"),
        False,
    ),
    Corruption("a seq that was never given", rewriting(EVENTS, with_value("seq", 5000)), _of("events log"), False),
    Corruption("an event of the future", rewriting(EVENTS, with_value("accepted_us", 2**61)), _of("block"), False),
    Corruption("an event of no type", rewriting(EVENTS, with_value("type_id", 99)), _of("event"), False),
    Corruption("an event of another type", rewriting(EVENTS, with_value("type_id", 4)), _of("tag"), True),
    Corruption("an event's properties changed", rewriting(EVENTS, with_other_lines), _of("tag"), True),
    Corruption("an event without its line", rewriting(EVENTS, too_few_lines), _of("block", "tags"), False),
    Corruption(
        "a deleted profile's event come back",
        rewriting(EVENTS, with_value(PROFILE, 3)),
        _of("deleted profile"),
        False,
    ),
    Corruption(
        "a profile lost",
        executing("DELETE FROM profiles WHERE profile_key = 1"),
        _of("deleted profile", "count", "tag"),
        False,
    ),
    Corruption(
        "a key that would be given again", executing("UPDATE accounts SET next_profile_key = 1"), _of("account"), False
    ),
    Corruption("columns cut short", executing("UPDATE event_blocks SET columns = x'00'"), _of("block", "tags"), False),
    Corruption("a file lost", of_file(Path.unlink), _of("archive file", "tags"), False),
    Corruption("a file cut short", of_file(truncate), _of("archive file", "tags"), False),
    Corruption("a file grown", of_file(grow), _of("archive file", "tags"), False),
    Corruption("a bit of a file flipped", of_file(flip), _of("archive file", "tags"), False),
    Corruption("two files swapped", swap, _of("archive file", "tags"), False),
    Corruption("a file too many", stray, _of("archive file"), True),
    Corruption(
        "a ledger that lost count", executing("UPDATE archive_runs SET row_count = 1"), _of("archive ledger"), True
    ),
    Corruption(
        "a ledger with other instants",
        executing("UPDATE archive_runs SET created_max_us = 5"),
        _of("archive ledger"),
        True,
    ),
    Corruption(
        "a ledger with other types", executing("UPDATE archive_runs SET type_ids = '[7]'"), _of("archive ledger"), True
    ),
    Corruption(
        "a ledger with other numbers",
        executing("UPDATE archive_runs SET first_number = first_number + 1, last_number = last_number + 1"),
        _of("archive file"),
        False,
    ),
    Corruption(
        "a ledger with another digest",
        executing("UPDATE archive_runs SET file_sha256 = x'00'"),
        _of("archive file"),
        False,
    ),
    Corruption("an account lost", executing("UPDATE event_types SET account_id = 99"), _of("database"), False),
    Corruption("a definition that is none", executing("UPDATE segments SET definition = '{'"), _of("store"), False),
    Corruption("a page of noise", garble, _of("database"), False),
]
