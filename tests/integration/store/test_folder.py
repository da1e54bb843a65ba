"""Whose is a data folder, and which is refused?"""

import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from octy.model.errors import StoreError, Unavailable
from octy.store import meta, sqlite
from octy.store.folder import Store, open_store
from octy.store.migrate import HEAD

OPEN_AND_WAIT = """
import sys
from pathlib import Path
from octy.store.folder import open_store
store = open_store(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def contents_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "octy.lock"}


def other_server(folder: Path) -> "subprocess.Popen[str]":
    """A process that has opened the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", OPEN_AND_WAIT, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    return process


def syncs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is synced from now on, apart from SQLite's own doing; nothing is."""
    synced: list[str] = []
    monkeypatch.setattr(
        "octy.store.durable.os.fsync", lambda number: synced.append(str(Path(f"/proc/self/fd/{number}").readlink()))
    )
    return synced


def test_a_new_folder_is_its_owners_alone(store: Store) -> None:
    assert mode_of(store.folder) == 0o700
    with store.writer.begin():
        meta.set_value(store.writer, "now_us", "1")
    modes = {path.name: mode_of(path) for path in store.folder.iterdir()}
    assert {"octy.db", "octy.lock"} <= set(modes)
    assert modes.pop("archive") == 0o700
    assert set(modes.values()) == {0o600}


def test_what_was_stored_is_there_after_opening_again(store: Store) -> None:
    with store.writer.begin():
        meta.set_value(store.writer, "now_us", "12")
    store.close()
    again = open_store(store.folder)
    with again.reading() as snapshot:
        assert meta.get_value(snapshot, "now_us") == "12"
    again.close()


def test_a_folder_that_somebody_died_while_making_is_made_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the making of a folder and the sync of its name, a process can end."""
    synced = syncs(monkeypatch)
    (tmp_path / "there").mkdir()
    open_store(tmp_path / "there" / "new" / "data").close()
    assert {str(tmp_path), f"{tmp_path}/there", f"{tmp_path}/there/new", f"{tmp_path}/there/new/data"} <= set(synced)
    synced.clear()
    open_store(tmp_path / "there" / "new" / "data").close()
    assert {f"{tmp_path}/there/new", f"{tmp_path}/there/new/data"} <= set(synced)


def test_what_somebody_died_while_syncing_is_made_durable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is found by the next opener, who acts upon it."""
    open_store(folder).close()
    process = other_server(folder)
    process.kill()
    process.wait()
    assert (folder / "octy.db-wal").exists()
    synced = syncs(monkeypatch)
    open_store(folder).close()
    assert str(folder / "octy.db-wal") in synced


def test_a_database_that_does_not_keep_a_log_is_not_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite goes on with a journal, and says nothing, where it cannot have one; a power cut may undo its commits."""
    pragmas = [one.replace("= WAL", "= DELETE") for one in sqlite._WRITER_PRAGMAS]
    with monkeypatch.context() as patch:
        patch.setattr(sqlite, "_WRITER_PRAGMAS", pragmas)
        with pytest.raises(StoreError, match="cannot keep a write-ahead log here; its journal_mode is delete"):
            open_store(tmp_path / "data")
    open_store(tmp_path / "data").close()


def test_a_second_opener_is_told_that_the_folder_is_in_use(store: Store) -> None:
    with pytest.raises(StoreError) as refused:
        open_store(store.folder)
    assert str(refused.value) == f"The data folder {store.folder} cannot be used: another server is using it."


def test_a_closed_folder_is_free_and_closing_again_harms_nobody(store: Store) -> None:
    store.close()
    again = open_store(store.folder)
    store.close()
    with pytest.raises(StoreError, match="another server"):
        open_store(store.folder)
    again.close()


def test_another_process_keeps_the_folder_until_it_is_killed(folder: Path) -> None:
    with other_server(folder) as process:
        with pytest.raises(StoreError, match="another server"):
            open_store(folder)
        process.kill()
        process.wait()
        open_store(folder).close()


def test_what_a_killed_process_left_in_the_log_is_read_and_looked_at_first(folder: Path) -> None:
    """The first look at the database sees the write-ahead log too, whose pages may be all that there is."""
    with other_server(folder) as process:
        process.kill()
        process.wait()
    assert (folder / "octy.db-wal").stat().st_size > 0
    open_store(folder).close()


def test_a_store_of_a_newer_version_is_refused_and_left_as_it_was(store: Store) -> None:
    store.close()
    newer = sqlite3.connect(store.folder / "octy.db")
    newer.execute("UPDATE alembic_version SET version_num = '0999'")
    newer.execute("CREATE TABLE wonders (wonder TEXT)")
    newer.commit()
    newer.close()
    before = contents_of(store.folder)
    with pytest.raises(StoreError) as refused:
        open_store(store.folder)
    assert f"it was written by a newer version of Octy (schema 0999; this one knows up to {HEAD})" in str(refused.value)
    assert contents_of(store.folder) == before


def test_a_file_that_is_no_database_is_refused_and_left_as_it_was(folder: Path) -> None:
    folder.mkdir()
    (folder / "octy.db").write_text("a shopping list" * 100)
    before = contents_of(folder)
    with pytest.raises(StoreError) as refused:
        open_store(folder)
    assert str(refused.value) == f"The data folder {folder} cannot be used: octy.db is not a database."
    assert contents_of(folder) == before


def test_somebody_elses_database_is_refused_and_left_as_it_was(folder: Path) -> None:
    folder.mkdir()
    other = sqlite3.connect(folder / "octy.db")
    other.execute("CREATE TABLE recipes (recipe TEXT)")
    other.close()
    before = contents_of(folder)
    with pytest.raises(StoreError, match="it holds a database that Octy did not make"):
        open_store(folder)
    assert contents_of(folder) == before


def test_an_empty_file_becomes_a_store(folder: Path) -> None:
    """So ends a first start that was killed before it had made anything."""
    folder.mkdir()
    (folder / "octy.db").touch()
    open_store(folder).close()


@pytest.mark.parametrize("below", ["", "deeper"])
def test_a_file_in_the_folders_place_is_refused(tmp_path: Path, below: str) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(StoreError, match=r"cannot be used: (it is a file|Not a directory)"):
        open_store(tmp_path / "data" / below)


def test_a_refused_folder_is_free_again(folder: Path) -> None:
    folder.mkdir()
    (folder / "octy.db").write_text("a shopping list" * 100)
    with pytest.raises(StoreError):
        open_store(folder)
    (folder / "octy.db").unlink()
    open_store(folder).close()


def test_a_closed_store_cannot_be_read(store: Store) -> None:
    store.close()
    with pytest.raises(Unavailable), store.reading():
        pass


def test_a_folder_with_an_awkward_name_works(tmp_path: Path) -> None:
    awkward = tmp_path / "50% of #all ?mode=memory: Ünïcode"
    open_store(awkward).close()
    open_store(awkward).close()
    assert (awkward / "octy.db").stat().st_size > 0
