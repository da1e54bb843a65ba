"""Each page of the database is what was written, or that is told; and the log, before SQLite forgets what it says."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, event

from octy.model.errors import StoreError
from octy.store import folder as folders
from octy.store import meta, page_sums, sqlite
from octy.store.folder import Store, open_store, snapshot, unopened
from octy.store.page_sums import PageSums, Unlike, broken_log, known_sums, sums_of, unlike
from octy.store.sqlite_log import LOG_HEADER_BYTES, PAGE_BYTES, frames_of, log_of

FRAME_BYTES = PAGE_BYTES + 24


def writes(store: Store, value: str, times: int = 1) -> None:
    for number in range(times):
        with store.writer.begin():
            meta.set_values(store.writer, {f"{value} {number}": value * 1_000})


def killed(store: Store, name: str = "killed") -> Path:
    """What the folder would be if the server were killed now; its database."""
    return shutil.copytree(store.folder, store.folder.with_name(name)) / "octy.db"


def ended(store: Store) -> Path:
    """The database of a server that has ended."""
    store.close()
    return store.folder / "octy.db"


def damages(database: Path) -> list[Unlike]:
    return list(unlike(database, known_sums(database)))


def known(database: Path) -> int:
    """Of how many pages there is a checksum that counts."""
    return int(np.count_nonzero(known_sums(database)))


def pages(database: Path) -> int:
    return database.stat().st_size // PAGE_BYTES


def flip(path: Path, at: int, bit: int = 1) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= bit
    path.write_bytes(content)


def shell(database: Path, statement: str) -> None:
    """Somebody else opens the database, and leaves again."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(statement).fetchall()
        connection.commit()


def fails(*_: object) -> None:
    raise OSError(5, "Input/output error")


def fails_from_the_second_on() -> Callable[[int], None]:
    fsync, times = os.fsync, iter(range(1_000))
    return lambda descriptor: fails() if next(times) else fsync(descriptor)


@contextmanager
def disk_fails_at_sums(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As they are synced."""
    with monkeypatch.context() as failing:
        failing.setattr("octy.store.page_sums.os.fsync", fails)
        yield


def test_a_page_is_as_its_checksum_says_whether_the_server_ended_or_was_killed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_sums, "CHECKPOINT_PAGES", 8)
    for letter in "abcdefgh":
        writes(store, letter, 5)
        store.shorten_log()
        database = killed(store)
        assert damages(database) == []
        assert known(database)
        shutil.rmtree(database.parent)
    database = ended(store)
    assert damages(database) == []
    assert known(database) == pages(database)


def test_a_flipped_bit_is_told_with_its_page(store: Store) -> None:
    writes(store, "a", 20)
    database = ended(store)
    flip(database, 5 * PAGE_BYTES + 17)
    (found,) = damages(database)
    assert (found.file, found.first_byte, found.end) == ("octy.db", 5 * PAGE_BYTES, 6 * PAGE_BYTES)


def test_a_database_that_was_cut_short_is_told(store: Store) -> None:
    writes(store, "a", 20)
    database = ended(store)
    size = database.stat().st_size
    os.truncate(database, size - 5_000)
    (found,) = damages(database)
    assert (found.first_byte, found.end, found.is_whole) == (size - 5_000, size, False)


@pytest.mark.parametrize("at", [3, 5_000], ids=["whose they are", "a checksum"])
def test_checksums_that_are_damaged_themselves_accuse_no_page(store: Store, at: int) -> None:
    writes(store, "a", 20)
    database = ended(store)
    flip(sums_of(database), at)
    assert damages(database) == []
    assert not known(database)
    open_store(database.parent).close()
    assert known(database) == pages(database)


def test_a_name_of_a_table_that_is_no_text_any_more_is_told(store: Store) -> None:
    """Python's driver fails in a way of its own."""
    database = ended(store)
    content = database.read_bytes()
    flip(database, content.index(b"message_ids"), 0x80)
    assert damages(database)
    with pytest.raises(StoreError, match=r"octy\.db holds what is no text"):
        open_store(database.parent)


# A start whose disk fails


@pytest.mark.parametrize("step", ["opened", "kept"])
def test_a_start_that_fails_after_sqlite_has_opened_a_log_accuses_no_page(
    store: Store, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """SQLite brings the log into the database as its last connection is closed."""
    store.empty_log()
    writes(store, "a", 5)
    database = killed(store)
    opening = sqlite.writing_engine

    def opened_and_failing(path: Path) -> Engine:
        engine = opening(path)

        def reads_and_fails(connection: Any, _: object) -> None:
            connection.execute("SELECT count(*) FROM meta").fetchall()
            fails()

        event.listen(engine, "connect", reads_and_fails)
        return engine

    with monkeypatch.context() as failing:
        if step == "opened":
            failing.setattr(folders, "writing_engine", opened_and_failing)
        else:
            failing.setattr(folders, "_make_durable", fails)
        with pytest.raises(StoreError, match="Input/output error"):
            open_store(database.parent)
    assert damages(database) == []
    open_store(database.parent).close()
    assert known(database) == pages(database)
    assert damages(database) == []


def test_a_start_that_cannot_make_checksums_unknown_leaves_database_and_log_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.empty_log()
    writes(store, "a", 5)
    database = killed(store)
    before = [path.read_bytes() for path in (database, log_of(database))]
    with disk_fails_at_sums(monkeypatch), pytest.raises(StoreError, match="Input/output error"):
        open_store(database.parent)
    assert [path.read_bytes() for path in (database, log_of(database))] == before


def test_before_sqlite_opens_a_log_the_checksums_of_all_its_pages_are_unknown(store: Store) -> None:
    """From then on it may bring the log in, and a power cut may come meanwhile."""
    store.empty_log()
    writes(store, "a", 5)
    database = killed(store)
    in_log = np.unique(np.concatenate([some.pages for some in frames_of(database, 0)])) - 1
    assert known_sums(database)[in_log].any()
    PageSums(database).close()
    assert not known_sums(database)[in_log].any()
    assert known(database)


# Between the making unknown and the knowing again


@pytest.mark.parametrize("seed", range(5))
def test_a_checkpoint_that_a_power_cut_tears_accuses_no_page(
    store: Store, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Any sector of what is being written is from before, or from after: the checksums, the database, the checksums."""
    store.empty_log()
    writes(store, "a", 20)
    before = killed(store, "before")
    checkpoint = sqlite.checkpoint

    def unlearned_first(writer: Connection) -> tuple[int, bool]:
        killed(store, "unlearned")
        return checkpoint(writer)

    with monkeypatch.context() as watching:
        watching.setattr(folders, "checkpoint", unlearned_first)
        store.empty_log()
    unlearned, after = store.folder.with_name("unlearned") / "octy.db", killed(store, "after")
    chance = Random(seed)
    states = [
        (before.read_bytes(), torn(sums_of(before), sums_of(unlearned), chance)),
        (torn(before, after, chance), sums_of(unlearned).read_bytes()),
        (after.read_bytes(), torn(sums_of(unlearned), sums_of(after), chance)),
    ]
    for number, (content, sums) in enumerate(states):
        cut = shutil.copytree(unlearned.parent, store.folder.with_name(f"cut {number}")) / "octy.db"
        cut.write_bytes(content)
        sums_of(cut).write_bytes(sums)
        assert damages(cut) == []
        served = open_store(cut.parent)
        with served.reading() as connection:
            assert meta.get_value(connection, "a 19") == "a" * 1_000
        served.close()
        assert known(cut) == pages(cut)
        assert damages(cut) == []


def torn(before: Path, after: Path, chance: Random) -> bytes:
    states = before.read_bytes(), after.read_bytes()
    starts = range(0, max(map(len, states)), 512)
    return b"".join(chance.choice(states)[at : at + 512].ljust(512, b"\0") for at in starts)


def test_a_reader_of_what_was_before_leaves_pages_unknown_until_he_has_gone(store: Store) -> None:
    writes(store, "a", 5)
    with store.reading():
        writes(store, "b", 5)
        assert not store.empty_log()
        writes(store, "c", 5)
        assert not store.empty_log()
        assert damages(killed(store)) == []
    assert store.empty_log()
    database = killed(store, "killed later")
    assert known(database) == pages(database)
    assert damages(database) == []


def test_a_log_that_a_reader_keeps_is_not_tried_after_each_commit(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_sums, "CHECKPOINT_PAGES", 40)
    tried: list[bool] = []

    def counted(writer: Connection) -> tuple[int, bool]:
        frames, is_all = sqlite.checkpoint(writer)
        tried.append(is_all)
        return frames, is_all

    monkeypatch.setattr(folders, "checkpoint", counted)

    def shortened(letter: str) -> list[bool]:
        tried.clear()
        for number in range(60):
            writes(store, f"{letter} {number}")
            store.shorten_log()
        return list(tried)

    store.empty_log()
    with store.reading():
        assert 3 <= len(found := shortened("a")) <= 20
        assert not any(found)
    assert shortened("b")[0]
    assert 1 <= len(shortened("c")) <= 10, "the log begins anew each time"
    assert damages(killed(store)) == []


def test_a_database_that_becomes_smaller_lacks_no_page(store: Store) -> None:
    writes(store, "a", 200)
    store.empty_log()
    with store.writer.begin():
        store.writer.exec_driver_sql("DELETE FROM meta WHERE name LIKE 'a %'")
    store.empty_log()
    sqlite.compact(store.writer)
    assert damages(killed(store, "not yet smaller")) == []
    before = pages(store.folder / "octy.db")
    store.empty_log()
    database = killed(store)
    assert pages(database) < before
    assert known(database) == pages(database)
    assert damages(database) == []
    writes(store, "b", 200)
    database = ended(store)
    assert known(database) == pages(database)
    assert damages(database) == []


def test_what_a_commit_left_in_the_log_that_failed_is_no_checksum(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its frames are whole, but of no transaction; the next one is written over them."""
    store.empty_log()
    writes(store, "a", 40)
    log = log_of(store.folder / "octy.db")
    size = log.stat().st_size
    other = killed(store, "other")
    with closing(sqlite3.connect(other, isolation_level=None)) as connection:
        connection.execute("UPDATE meta SET value = 'ghost'")
        log.write_bytes(log.read_bytes() + log_of(other).read_bytes()[size:])
    assert log.stat().st_size > size
    with monkeypatch.context() as failing:
        failing.setattr(folders, "checkpoint", fails)
        with pytest.raises(OSError, match="Input/output error"):
            store.empty_log()
    writes(store, "b")
    store.empty_log()
    database = killed(store)
    assert damages(database) == []
    assert known(database) == pages(database)


# A disk that fails meanwhile


def test_while_checksums_cannot_be_made_unknown_no_page_gets_into_the_database(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even as the server ends: the log stays."""
    store.empty_log()
    before = (store.folder / "octy.db").read_bytes()
    writes(store, "a", 5)
    with disk_fails_at_sums(monkeypatch):
        with pytest.raises(OSError, match="Input/output error"):
            store.empty_log()
        database = ended(store)
    assert database.read_bytes() == before
    assert log_of(database).stat().st_size
    assert damages(database) == []
    open_store(database.parent).close()
    assert known(database) == pages(database)
    assert damages(database) == []


def test_checksums_that_could_not_be_written_again_are_known_later(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.empty_log()
    writes(store, "a", 5)
    with monkeypatch.context() as failing:
        failing.setattr(folders, "empty_log", lambda _: False)
        failing.setattr("octy.store.page_sums.os.fsync", fails_from_the_second_on())
        with pytest.raises(OSError, match="Input/output error"):
            store.empty_log()
    assert damages(killed(store)) == []
    writes(store, "b", 5)
    assert store.empty_log()
    database = killed(store, "killed later")
    assert known(database) == pages(database)
    assert damages(database) == []


def test_checksums_are_written_whole_or_that_fails(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a disk is nearly full, a write may write less than it was told to, and that is no error."""
    pwrite = os.pwrite
    monkeypatch.setattr("os.pwrite", lambda file, content, at: pwrite(file, content[: len(content) // 2 + 1], at))
    writes(store, "a", 40)
    database = ended(store)
    assert known(database) == pages(database)
    assert damages(database) == []


# Whoever else opens the database


@pytest.mark.parametrize("statement", ["SELECT 1 FROM meta", "UPDATE meta SET value = 'b'", "VACUUM"])
@pytest.mark.parametrize("how", [killed, ended])
def test_whoever_opens_the_database_behind_octys_back_takes_its_checksums_with_him(
    store: Store, how: Any, statement: str
) -> None:
    """A SQL shell, or an older Octy: as he leaves, he removes the log, empty or not."""
    writes(store, "a", 5)
    database = how(store)
    shell(database, statement)
    assert not known(database)
    assert damages(database) == []
    store.close()
    open_store(database.parent).close()
    assert known(database) == pages(database)
    assert damages(database) == []


@pytest.mark.parametrize("how", ["PASSIVE", "TRUNCATE"])
def test_somebody_else_who_was_killed_after_a_server_ended_leaves_no_checksums(store: Store, how: str) -> None:
    writes(store, "a", 5)
    database = ended(store)
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("UPDATE meta SET value = 'b'")
        connection.execute(f"PRAGMA wal_checkpoint({how})").fetchall()
        other = shutil.copytree(database.parent, database.parent.with_name("his")) / "octy.db"
    assert not known(other)
    open_store(other.parent).close()
    assert damages(other) == []


@pytest.mark.parametrize("how", [killed, ended])
def test_a_guest_changes_no_page(store: Store, how: Any) -> None:
    store.empty_log()
    writes(store, "a", 5)
    database = how(store)
    before = database.read_bytes()
    count = known(database)
    with snapshot(database.parent) as guest:
        assert meta.get_value(guest.connection, "a 4") == "a" * 1_000
    assert database.read_bytes() == before
    assert known(database) == count
    assert damages(database) == []


def test_a_database_without_a_log_gets_checksums_once_it_has_one(store: Store) -> None:
    """As a backup is: SQLite writes into its first page past the log, to begin one."""
    writes(store, "a", 5)
    database = ended(store)
    shell(database, "PRAGMA journal_mode = DELETE")
    assert damages(database) == []
    assert damages(killed(open_store(database.parent))) == []


def test_a_journal_that_may_undo_a_write_leaves_no_checksums(store: Store) -> None:
    writes(store, "a", 5)
    database = ended(store)
    journal = database.with_name("octy.db-journal")
    journal.touch()
    assert not known(database)
    PageSums(database).close()
    journal.unlink()
    assert not known(database)


def test_pages_that_are_taken_as_they_are_get_checksums_at_the_next_opening(store: Store) -> None:
    writes(store, "a", 20)
    database = ended(store)
    flip(database, database.stat().st_size - 100)
    assert damages(database)
    again = open_store(database.parent)
    again.believe_pages()
    again.close()
    assert damages(database) == []
    open_store(database.parent).close()
    assert known(database) == pages(database)


def test_somebody_else_who_writes_as_the_log_is_brought_in_leaves_no_checksums(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes(store, "a", 5)
    database = store.folder / "octy.db"

    def after_his(writer: Connection) -> tuple[int, bool]:
        shell(database, "UPDATE meta SET value = 'b'")
        return sqlite.checkpoint(writer)

    monkeypatch.setattr(folders, "checkpoint", after_his)
    store.empty_log()
    database = killed(store)
    assert not known(database)
    assert damages(database) == []


# The log


@pytest.mark.parametrize("is_index_there", [True, False], ids=["after kill -9", "after a power cut"])
def test_a_log_of_which_acknowledged_transactions_would_be_forgotten_is_not_served(
    store: Store, *, is_index_there: bool
) -> None:
    store.empty_log()
    writes(store, "a", 5)
    database = killed(store)
    if not is_index_there:
        database.with_name("octy.db-shm").unlink()
    broken_at = LOG_HEADER_BYTES + 2 * FRAME_BYTES
    flip(log_of(database), broken_at + 100)
    before = log_of(database).read_bytes()
    assert broken_log(database) == broken_at
    told = rf"octy\.db-wal is not what was written from byte {broken_at:,} on"
    with pytest.raises(StoreError, match=told):
        open_store(database.parent)
    with pytest.raises(StoreError, match=told), snapshot(database.parent):
        pass
    assert log_of(database).read_bytes() == before


@pytest.mark.parametrize("cut_to", [0, LOG_HEADER_BYTES - 1, -FRAME_BYTES], ids=["nothing", "no header", "the last"])
def test_the_end_of_a_log_is_missed_while_the_index_knows_of_it(
    store: Store, monkeypatch: pytest.MonkeyPatch, cut_to: int
) -> None:
    store.empty_log()
    writes(store, "a", 5)
    database = killed(store)
    log = log_of(database)
    log.write_bytes(log.read_bytes()[: cut_to or None] if cut_to else b"")
    assert broken_log(database) is not None
    monkeypatch.setattr(page_sums, "_boot", lambda: b"after a power cut")
    assert broken_log(database) is None, "the index may be an old one by then, and nobody was told of that end"
    open_store(database.parent).close()
    assert damages(database) == []


def test_whoever_looks_at_an_unserved_folder_keeps_no_server_from_starting(store: Store) -> None:
    database = ended(store)
    with unopened(database.parent), pytest.raises(StoreError, match="another server is using it"):
        open_store(database.parent)
    open_store(database.parent).close()
