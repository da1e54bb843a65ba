"""Each page of the database is what was written, or that is told; and the log, before SQLite forgets what it says."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from octy.model.errors import StoreError
from octy.store import folder as folders
from octy.store import meta
from octy.store.folder import Store, open_store
from octy.store.page_sums import Unlike, sums_of, unlike
from octy.store.sqlite_log import PAGE_BYTES, look_through

FRAME_BYTES = PAGE_BYTES + 24


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "data")
    yield store
    store.close()


def writes(store: Store, value: str, times: int = 1) -> None:
    for number in range(times):
        with store.writer.begin():
            meta.set_values(store.writer, {f"{value} {number}": value * 1_000})


def killed(store: Store) -> Path:
    """What the folder would be if the server were killed now; its database."""
    return shutil.copytree(store.folder, store.folder.with_name("killed")) / "octy.db"


def damages(database: Path) -> list[Unlike]:
    return list(unlike(database, look_through(database)))


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_a_page_is_as_its_checksum_says_whether_the_server_ended_or_was_killed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "CHECKPOINT_PAGES", 8)
    for letter in "abcdefgh":
        writes(store, letter, 5)
        store.shorten_log()
        database = killed(store)
        assert damages(database) == []
        shutil.rmtree(database.parent)
    store.close()
    database = store.folder / "octy.db"
    assert damages(database) == []
    assert sums_of(database).stat().st_size == database.stat().st_size // PAGE_BYTES * 4


def test_a_flipped_bit_is_told_with_its_page(store: Store) -> None:
    writes(store, "a", 20)
    store.close()
    database = store.folder / "octy.db"
    flip(database, 5 * PAGE_BYTES + 17)
    (found,) = damages(database)
    assert (found.file, found.first_byte, found.end) == ("octy.db", 5 * PAGE_BYTES, 6 * PAGE_BYTES)


def test_a_page_that_is_in_the_log_is_looked_for_nowhere_else(store: Store) -> None:
    store.empty_log()
    writes(store, "a")
    database = killed(store)
    for page in look_through(database).pages:
        flip(database, (page - 1) * PAGE_BYTES)
    assert damages(database) == []


@pytest.mark.parametrize("is_index_there", [True, False], ids=["after kill -9", "after a power cut"])
def test_a_log_of_which_acknowledged_transactions_would_be_forgotten_is_not_served(
    store: Store, *, is_index_there: bool
) -> None:
    store.empty_log()
    writes(store, "a", 5)
    database = killed(store)
    if not is_index_there:
        (database.parent / "octy.db-shm").unlink()
    flip(database.with_name("octy.db-wal"), 32 + 2 * FRAME_BYTES + 100)
    broken_at = 32 + 2 * FRAME_BYTES
    assert look_through(database).broken_at == broken_at
    with pytest.raises(StoreError, match=rf"octy\.db-wal is not what was written from byte {broken_at:,} on"):
        open_store(database.parent)


def test_the_last_transaction_is_missed_while_the_index_knows_of_it(store: Store) -> None:
    store.empty_log()
    writes(store, "a", 5)
    database = killed(store)
    log = database.with_name("octy.db-wal")
    log.write_bytes(log.read_bytes()[:-FRAME_BYTES])
    assert look_through(database).broken_at == log.stat().st_size
    (database.parent / "octy.db-shm").unlink()
    assert look_through(database).broken_at is None, "a power cut leaves such a log, and nobody was told of its end"
    open_store(database.parent).close()


def test_a_folder_without_checksums_gets_them_as_it_is_opened(store: Store) -> None:
    writes(store, "a")
    database = killed(store)
    sums_of(database).unlink()
    assert damages(database) == []
    open_store(database.parent).close()
    assert sums_of(database).exists()
    assert damages(database) == []


def test_whoever_changes_the_database_behind_octys_back_is_noticed(store: Store) -> None:
    writes(store, "a")
    store.close()
    with closing(sqlite3.connect(store.folder / "octy.db")) as shell:
        shell.execute("UPDATE meta SET value = 'b'")
        shell.commit()
    assert damages(store.folder / "octy.db")


def test_without_its_checksum_no_page_gets_into_the_database(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log grows meanwhile; a store that is closed then has no checksums rather than wrong ones."""
    monkeypatch.setattr(folders, "CHECKPOINT_PAGES", 1)
    before = (store.folder / "octy.db").read_bytes()
    writes(store, "a")
    with monkeypatch.context() as failing:
        failing.setattr("os.fsync", _fail)
        with pytest.raises(OSError, match="broken"):
            store.shorten_log()
        assert (store.folder / "octy.db").read_bytes() == before
        store.close()
    assert not sums_of(store.folder / "octy.db").exists()
    open_store(store.folder).close()
    assert damages(store.folder / "octy.db") == []


def _fail(_: int) -> None:
    raise OSError("broken")
