"""A backup is the store as it was at one moment, a restore brings exactly that back, and nobody who was erased."""

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from octy.model.clock import ManualClock
from octy.model.errors import StoreError
from octy.service import archiver, backups
from octy.service.checking.check import check_folder
from octy.store.archive.ledger import ArchivedRun
from octy.store.backup import bringing_back, taking
from octy.store.backup.manifest import MANIFEST, read_manifest
from octy.store.folder import RESTORING, open_store
from tests.integration.service.corruptions import flip, truncate
from tests.integration.service.serving import Service
from tests.integration.service.world import Shop
from tests.logs import KEEPING, opened
from tests.unit.engine.shop import did, instant

MOVED = {"meta"}
"""Says what was erased since."""


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file holds four rows, only when a test says so, and goes as soon as it has left the ledger."""
    monkeypatch.setattr(archiver, "ROWS_PER_RUN", 4)
    monkeypatch.setattr(archiver, "RUNS_PER_MERGE", 2)
    monkeypatch.setattr(archiver, "ROWS_PER_MERGED_RUN_MAX", 64)
    monkeypatch.setattr(archiver, "LOOK_EVERY_SECONDS", 3600)
    monkeypatch.setattr(archiver, "DROP_AFTER_SECONDS", 0)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "backup"


@pytest.fixture
def full_shop(shop: Shop) -> Shop:
    """With events and changes in blocks and in files, webhooks, a live window that is open."""
    shop.wants_webhooks()
    shop.live("idle", "view", unless="pay")
    shop.past("shod", did("view", product="shoes"))
    for minute in range(6):
        shop.views("ana", at=f"12:{minute:02}", product="shoes", message_id=f"m{minute}")
    archives(shop)
    shop.views("ben", at="12:20", product="shoes")
    return shop


def archives(shop: Shop) -> None:
    shop.octy._writer._archiver.work()


def backed_up(shop: Shop, target: Path, *, verify: bool = False) -> taking.Taken:
    return backups.back_up(shop.service.folder, target, instant("12:00"), lambda _: None, verify=verify)


def restored(target: Path, folder: Path, *ledgers: Path) -> backups.Restored:
    return backups.restore_backup(target, folder, ledgers, lambda _: None)


def everything(folder: Path, but: set[str] | None = None) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, wherever they are kept."""
    with opened(folder) as connection:
        both = (f"SELECT name FROM {schema}.sqlite_schema WHERE type = 'table'" for schema in ("main", "store"))
        tables = {name for names in both for (name,) in connection.execute(names)} - KEEPING - (but or set())
        return {name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr) for name in sorted(tables)}


def is_sound(folder: Path) -> bool:
    findings = check_folder(folder, lambda _: None)
    assert findings.is_clean, findings.differences
    return True


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_backup_of_a_running_server_is_what_it_was(full_shop: Shop, target: Path, tmp_path: Path) -> None:
    was = everything(full_shop.service.folder)
    taken = backed_up(full_shop, target)
    full_shop.views("ana", at="12:30")
    full_shop.has("late")
    restored(target, tmp_path / "new")
    assert everything(tmp_path / "new") == was
    assert is_sound(tmp_path / "new")
    counts = taken.manifest.counts
    assert (counts["events"], counts["profiles"], counts["archive files"]) == (7, 2, 1)
    assert counts["tag changes"] == len(was["tag_history"])


def test_a_backup_of_a_stopped_server(full_shop: Shop, target: Path, tmp_path: Path) -> None:
    full_shop.service.stop()
    bytes_before = files_of(full_shop.service.folder)
    backed_up(full_shop, target)
    left = files_of(full_shop.service.folder)
    left.pop("octy.db-shm")  # SQLite's index of a log that is empty
    assert left == bytes_before
    restored(target, tmp_path / "new")
    assert everything(tmp_path / "new") == everything(full_shop.service.folder)


def test_a_restored_server_goes_on(full_shop: Shop, target: Path, tmp_path: Path) -> None:
    """Windows end, webhooks keep their ids and their states."""
    full_shop.octy._writer.submit(0, _delivers_first).result(60)
    backed_up(full_shop, target)
    before = full_shop.service.rows("SELECT webhook_id, state FROM outbox")
    restored(target, tmp_path / "new")
    full_shop.service.stop()
    full_shop.service = Service(tmp_path / "new", ManualClock(instant("12:20")))
    full_shop.waits_until("12:26")
    assert full_shop.tags("ben") == {"shod": "12:20", "idle": "12:25"}
    after = full_shop.service.rows("SELECT webhook_id, state FROM outbox")
    assert after[: len(before)] == before
    assert [state for _, state in before].count("delivered") == 1
    full_shop.service.stop()
    assert is_sound(tmp_path / "new")


def _delivers_first(tx: object) -> None:
    tx.connection.exec_driver_sql(  # type: ignore[attr-defined]
        "UPDATE outbox SET state = 'delivered', attempts = 1, finished_us = created_us WHERE delivery_id = 1"
    )


def test_a_second_backup_copies_only_what_is_new(full_shop: Shop, target: Path, tmp_path: Path) -> None:
    first = backed_up(full_shop, target)
    assert first.copied_files == 1
    assert backed_up(full_shop, target).copied_files == 0
    (kept,) = (target / "archive").iterdir()
    for minute in range(30, 34):
        full_shop.views("ana", at=f"12:{minute}")
    archives(full_shop)  # the files are merged, so the one that is kept goes
    assert backed_up(full_shop, target).copied_files > 0
    assert not kept.exists()
    restored(target, tmp_path / "new")
    assert everything(tmp_path / "new") == everything(full_shop.service.folder)


def test_files_that_go_while_the_backup_is_taken_are_in_it(
    full_shop: Shop, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_database = taking._copy_database

    def meanwhile(*arguments: object) -> object:
        for minute in range(30, 34):
            full_shop.views("ana", at=f"12:{minute}")
        archives(full_shop)
        return copy_database(*arguments)  # type: ignore[arg-type]

    was = everything(full_shop.service.folder)
    (before,) = (full_shop.service.folder / "archive").glob("events-*")
    monkeypatch.setattr(taking, "_copy_database", meanwhile)
    backed_up(full_shop, target)
    assert not before.exists()
    restored(target, tmp_path / "new")
    assert everything(tmp_path / "new") == was


def test_a_file_that_is_gone_before_it_can_be_opened_makes_it_look_again(
    full_shop: Shop, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (there,) = (full_shop.service.folder / "archive").glob("events-*")
    aside = full_shop.service.folder.parent / "aside"
    there.rename(aside)
    is_there = taking._is_there
    looks = []

    def looking(run: ArchivedRun, folder: Path, *, verify: bool) -> bool:
        looks.append(run.file)
        if len(looks) == 3:
            aside.rename(there)
        return is_there(run, folder, verify=verify)

    monkeypatch.setattr(taking, "_is_there", looking)
    backed_up(full_shop, target)
    assert len(looks) == 3
    there.unlink()
    shutil.rmtree(target)
    with pytest.raises(StoreError, match="lacks files of its archive"):
        backed_up(full_shop, target)
    assert not (target / MANIFEST).exists()


@pytest.mark.parametrize("moment", ["copied", "write_manifest", "_drop_unnamed", "sync_folder"])
@pytest.mark.parametrize("is_first", [True, False])
def test_an_interrupted_backup_never_looks_whole_and_never_harms_the_one_before(
    full_shop: Shop, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, is_first: bool
) -> None:
    if not is_first:
        backed_up(full_shop, target)
    was = everything(full_shop.service.folder)
    for minute in range(30, 38):
        full_shop.views("ana", at=f"12:{minute}")
        archives(full_shop)
    now = everything(full_shop.service.folder)

    def power_cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(taking, moment, power_cut)
        with pytest.raises(KeyboardInterrupt):
            backed_up(full_shop, target)
    if is_first and moment != "_drop_unnamed":
        with pytest.raises(StoreError, match="holds no whole backup"):
            restored(target, tmp_path / "new")
    else:
        restored(target, tmp_path / "new")
        assert everything(tmp_path / "new") == (now if moment == "_drop_unnamed" else was)
    backed_up(full_shop, target)
    restored(target, tmp_path / "newer")
    assert everything(tmp_path / "newer") == now
    manifest = read_manifest(target)
    assert set(files_of(target)) == {MANIFEST, *(file.name for file in manifest.files)}


def test_a_backup_goes_where_nothing_else_is(full_shop: Shop, target: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be in that folder itself"):
        backed_up(full_shop, full_shop.service.folder)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").touch()
    with pytest.raises(StoreError, match=r"holds letter\.txt"):
        backed_up(full_shop, tmp_path / "home")
    backed_up(full_shop, target)
    other = Service(tmp_path / "other", ManualClock(instant("12:00")))
    try:
        with pytest.raises(StoreError, match="backup of another store"):
            backups.back_up(other.folder, target, 0, lambda _: None, verify=False)
    finally:
        other.stop()
    restored(target, tmp_path / "new")


def test_what_a_killed_backup_leaves_is_cleared_away(full_shop: Shop, target: Path) -> None:
    """SQLite has files of its own beside the copy, for as long as it writes to it."""
    target.mkdir()
    for name in ("octy-0a.db.unfinished", "octy-0a.db.unfinished-journal", "octy-0a.db.unfinished-wal", "octy-0b.db"):
        (target / name).touch()
    manifest = backed_up(full_shop, target).manifest
    assert set(files_of(target)) == {MANIFEST, *(file.name for file in manifest.files)}


def test_one_backup_at_a_time(full_shop: Shop, target: Path, tmp_path: Path) -> None:
    backed_up(full_shop, target)
    with taking.alone(target):
        with pytest.raises(StoreError, match="is under way"):
            backed_up(full_shop, target)
        with pytest.raises(StoreError, match="is under way"):
            restored(target, tmp_path / "new")


def test_a_damaged_file_is_not_backed_up(full_shop: Shop, target: Path) -> None:
    """Nor does it take the place of a good one."""
    (file,) = (full_shop.service.folder / "archive").glob("events-*")
    flip(file)
    with pytest.raises(StoreError, match="is not what was written"):
        backed_up(full_shop, target)
    flip(file)
    backed_up(full_shop, target)


def test_a_damaged_file_of_a_backup_is_replaced_where_it_is_looked_for(full_shop: Shop, target: Path) -> None:
    backed_up(full_shop, target)
    (file,) = (target / "archive").iterdir()
    good = file.read_bytes()
    flip(file)
    assert backed_up(full_shop, target).copied_files == 0
    assert backed_up(full_shop, target, verify=True).copied_files == 1
    assert file.read_bytes() == good


@pytest.mark.parametrize("is_first", [True, False])
def test_a_disk_that_is_full_is_told_and_harms_nothing(
    full_shop: Shop, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_first: bool
) -> None:
    was = everything(full_shop.service.folder)
    if not is_first:
        backed_up(full_shop, target)
        full_shop.views("ben")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(taking, "read_through", full)
        with pytest.raises(StoreError, match="cannot be taken: No space left on device"):
            backed_up(full_shop, target)
    if is_first:
        backed_up(full_shop, target)
    with monkeypatch.context() as patch:
        patch.setattr(bringing_back, "copied", full)
        with pytest.raises(StoreError, match=r"cannot be restored into .*: No space left on device"):
            restored(target, tmp_path / "new")
        assert list((tmp_path / "new").iterdir()) == []
    restored(target, tmp_path / "new")
    assert everything(tmp_path / "new") == was


def test_a_database_that_cannot_be_read_is_not_backed_up(full_shop: Shop, target: Path) -> None:
    full_shop.service.stop()
    path = full_shop.service.folder / "octy.db"
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="malformed"):
        backed_up(full_shop, target)
    assert not (target / MANIFEST).exists()
    shutil.rmtree(full_shop.service.folder)
    full_shop.service.open()


# Restoring


def spoiled(target: Path, name: str, how: Callable[[Path], object]) -> None:
    (path,) = target.glob(name)
    how(path)


@pytest.mark.parametrize("name", [MANIFEST, "octy-*.db", "archive/events-*", "erasures.jsonl"])
@pytest.mark.parametrize("how", [flip, truncate, Path.unlink])
def test_a_damaged_backup_is_refused(
    full_shop: Shop, target: Path, tmp_path: Path, name: str, how: Callable[[Path], object]
) -> None:
    full_shop.has("cem")
    full_shop.forgets("cem")
    backed_up(full_shop, target)
    spoiled(target, name, how)
    with pytest.raises(StoreError, match=r"damaged|no whole backup"):
        restored(target, tmp_path / "new")
    assert not (tmp_path / "new").exists() or not list((tmp_path / "new").iterdir())


def test_every_bit_of_a_manifest_counts(full_shop: Shop, target: Path) -> None:
    backed_up(full_shop, target)
    path = target / MANIFEST
    whole, good = read_manifest(target), path.read_bytes()
    for place in range(0, len(good), 7):
        path.write_bytes(good[:place] + bytes([good[place] ^ 4]) + good[place + 1 :])
        with pytest.raises(StoreError):
            read_manifest(target)
    path.write_bytes(good)
    assert read_manifest(target) == whole


def test_a_restore_wants_an_empty_folder(full_shop: Shop, target: Path, tmp_path: Path) -> None:
    backed_up(full_shop, target)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "letter.txt").touch()
    with pytest.raises(StoreError, match="is not empty"):
        restored(target, tmp_path / "new")
    with pytest.raises(StoreError, match="is not empty"):
        restored(target, full_shop.service.folder)


def test_a_restore_that_was_interrupted_is_served_by_nobody(
    full_shop: Shop, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backed_up(full_shop, target)
    folder = tmp_path / "new"
    with monkeypatch.context() as patch:
        patch.setattr(backups, "_forget", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            restored(target, folder)
    for use in (open_store, lambda one: check_folder(one, lambda _: None)):
        with pytest.raises(StoreError, match="run octy restore again"):
            use(folder)
    restored(target, folder)
    assert is_sound(folder)
    assert not (folder / RESTORING).exists()


def test_a_newer_backup_is_refused(
    full_shop: Shop, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "HEAD", "9999")
    backed_up(full_shop, target)
    with pytest.raises(StoreError, match="newer version of Octy"):
        restored(target, tmp_path / "new")


# Erasures


def traces(folder: Path, *texts: str) -> int:
    """How often any of these is found anywhere in a folder."""
    return sum(content.count(text.encode()) for content in files_of(folder).values() for text in texts)


@pytest.fixture
def erased(full_shop: Shop, target: Path) -> Shop:
    """Cleo was there when the backup was taken, in blocks and files, and is not any more."""
    full_shop.has("cleopatra", card="4111-canary")
    for minute in range(40, 44):
        full_shop.views("cleopatra", at=f"12:{minute}", product="canary-shoes", message_id=f"canary-{minute}")
    archives(full_shop)
    full_shop.views("cleopatra", at="12:50", product="canary-shoes")
    backed_up(full_shop, target)
    full_shop.forgets("cleopatra")
    archives(full_shop)
    return full_shop


def test_who_was_erased_since_the_backup_does_not_come_back(erased: Shop, target: Path, tmp_path: Path) -> None:
    """X3: the ledger of the old data folder is found by itself."""
    was = everything(erased.service.folder, MOVED)
    assert traces(target, "cleopatra", "canary") > 0
    done = restored(target, tmp_path / "new")
    assert done.erased == 1
    assert traces(tmp_path / "new", "cleopatra", "canary", erased.customers["cleopatra"]) == 0
    assert everything(tmp_path / "new", MOVED) == was
    assert is_sound(tmp_path / "new")


def test_a_ledger_from_elsewhere_does_as_well(erased: Shop, target: Path, tmp_path: Path) -> None:
    """Of a newer backup, where the old machine is gone; and the next restore knows what this one knew."""
    newer = tmp_path / "newer"
    backed_up(erased, newer)
    shutil.move(erased.service.folder / "erasures.jsonl", tmp_path / "kept.jsonl")
    forgetful = restored(target, tmp_path / "forgetful")
    assert (forgetful.erased, forgetful.ledgers) == (0, [])
    for number, ledger in enumerate([newer, tmp_path / "kept.jsonl"]):
        folder = tmp_path / str(number)
        assert restored(target, folder, ledger).erased == 1
        assert traces(folder, "cleopatra", "canary") == 0
        shutil.rmtree(tmp_path / "again", ignore_errors=True)
        assert restored(target, tmp_path / "again", folder).erased == 1


def test_a_ledger_that_is_of_another_store_or_damaged_is_refused(erased: Shop, target: Path, tmp_path: Path) -> None:
    ledger = erased.service.folder / "erasures.jsonl"
    other = tmp_path / "other.jsonl"
    other.write_bytes(ledger.read_bytes().replace(b'"store":"', b'"store":"x'))
    with pytest.raises(StoreError, match="another store's"):
        restored(target, tmp_path / "new", other)
    with pytest.raises(StoreError, match="cannot be read"):
        restored(target, tmp_path / "new", tmp_path / "nowhere.jsonl")
    ledger.write_bytes(b'{"store"\n' + ledger.read_bytes())
    with pytest.raises(StoreError, match="damaged at line 1"):
        restored(target, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_the_ledger_says_nothing_of_who_was_erased(erased: Shop) -> None:
    text = (erased.service.folder / "erasures.jsonl").read_text()
    assert text.count("\n") == 1
    assert not any(one in text for one in ("cleopatra", erased.customers["cleopatra"], "canary"))


def test_a_line_that_a_crash_cut_short_is_replaced(erased: Shop) -> None:
    path = erased.service.folder / "erasures.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"store":"ab')
    erased.forgets("ben")
    *lines, rest = path.read_bytes().split(b"\n")
    assert (len(lines), rest) == (2, b"")
    assert lines[0] + b"\n" == whole


def test_an_erasure_that_cannot_be_noted_does_not_happen(erased: Shop) -> None:
    path = erased.service.folder / "erasures.jsonl"
    path.unlink()
    path.mkdir()
    with pytest.raises(Exception, match="could not be stored"):
        erased.forgets("ben")
    path.rmdir()
    erased.forgets("ben")


def test_a_backup_holds_nothing_of_who_was_erased_before_it(erased: Shop, tmp_path: Path) -> None:
    """X3: not even in what SQLite calls free."""
    backed_up(erased, tmp_path / "later")
    assert traces(tmp_path / "later", "cleopatra", "canary") == 0
    with closing(sqlite3.connect(next((tmp_path / "later").glob("octy-*.db")))) as connection:
        assert connection.execute("PRAGMA freelist_count").fetchone() == (0,)
