"""Any moment of a continuous backup is what the store was then, and whatever befalls its folder, the server serves."""

import errno
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any

import pytest

from octy.model.clock import Clock
from octy.model.errors import StoreError
from octy.model.instants import US_PER_DAY, US_PER_SECOND, iso
from octy.service import archiver, backups, continuous_backup
from octy.service.checking.check import check_folder
from octy.service.continuous_backup import ContinuousBackup, ContinuousBackupSettings
from octy.service.octy import Octy
from octy.store import page_sums
from octy.store.backup import chain
from octy.store.backup.changes import CHANGES, ChangesWriter
from octy.store.backup.manifest import MANIFEST
from octy.store.folder import open_store
from tests.integration.service.serving import Service, StandingClock, eventually, everything
from tests.integration.service.world import Shop
from tests.unit.engine.shop import did, instant

DAYS = 7
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file holds four rows, only when a test says so; SQLite's log is short, and looked at when it must be."""
    monkeypatch.setattr(archiver, "ROWS_PER_RUN", 4)
    monkeypatch.setattr(archiver, "RUNS_PER_MERGE", 2)
    monkeypatch.setattr(archiver, "ROWS_PER_MERGED_RUN_MAX", 64)
    monkeypatch.setattr(archiver, "LOOK_EVERY_SECONDS", 3600)
    monkeypatch.setattr(archiver, "DROP_AFTER_SECONDS", 0)
    monkeypatch.setattr(page_sums, "CHECKPOINT_PAGES", 40)
    monkeypatch.setattr(continuous_backup, "EVERY_SECONDS", 3600)
    monkeypatch.setattr(continuous_backup, "SAID_EVERY_SECONDS", 0)
    monkeypatch.setattr(continuous_backup, "AGAIN_SECONDS", 0.05)


class Followed(Service):
    """One that writes a continuous backup."""

    def __init__(self, folder: Path, target: Path) -> None:
        self.target = target
        super().__init__(folder, StandingClock(instant("12:00")))

    def open(self) -> None:
        """As all do."""
        self.store = open_store(self.folder)
        clock: Clock = self.clock
        self.octy = Octy(self.store, clock, continuous_backup=ContinuousBackupSettings(self.target, DAYS))
        self.octy.start()

    @property
    def backup(self) -> ContinuousBackup:
        """What writes it."""
        assert self.octy.backup is not None
        return self.octy.backup

    def later(self, seconds: float = 1) -> None:
        """Time passes."""
        self.clock.move_to(self.clock.now_us() + int(seconds * US_PER_SECOND))

    def moment(self) -> int:
        """The last instant of all that was done, once that is written down."""
        self._is_written_down()
        at_us = self.clock.now_us()
        self.later()
        eventually(self._is_written_down)
        return at_us

    def _is_written_down(self) -> bool:
        self.backup._taken_at = 0  # a second is over
        for _ in range(2):  # the writer tells what it has done after it has answered
            self.asks_nothing()
        return self.backup.lag_seconds == 0


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Followed]:
    service = Followed(tmp_path / "data", tmp_path / "backup")
    yield service
    service.stop()


@pytest.fixture
def shop(service: Followed) -> Shop:
    """With segments of each type, and one customer."""
    shop = Shop(service)
    shop.wants_webhooks()
    shop.has("ana")
    shop.live("idle", "view", unless="pay")
    shop.past("shod", did("view", product="shoes"))
    return shop


def restored(service: Followed, at_us: int | None, folder: Path) -> backups.Restored:
    return backups.restore_backup(service.target, folder, [], lambda _: None, at_us)


def rows_of(folder: Path) -> Rows:
    """Without what says by when all was applied."""
    return {name: rows for name, rows in everything(folder).items() if name != "meta"}


def require_moment(service: Followed, at_us: int, wanted: Rows, folder: Path) -> None:
    """It is what the store was, and sound."""
    assert restored(service, at_us, folder).as_of <= iso(at_us)
    findings = check_folder(folder, lambda _: None)
    assert not findings.differences, findings.differences
    assert rows_of(folder) == wanted
    shutil.rmtree(folder)


@pytest.mark.parametrize("seed", range(3))
def test_any_moment_is_what_the_store_was(service: Followed, shop: Shop, tmp_path: Path, seed: int) -> None:
    """Through moves, merges, shortened and emptied logs, restarts, and servers that are killed."""
    chance = Random(seed)
    moments: list[tuple[int, Rows]] = []

    def archives() -> None:
        service.octy._writer._archiver.work()

    def empties_log() -> None:
        service.octy._writer._archiver._empty_log()

    def deletes_and_wipes() -> None:
        shop.has("gone")
        shop.views("gone")
        service.octy._writer._archiver.work()
        shop.forgets("gone")
        service.octy._writer._archiver.work()

    def is_killed() -> None:
        service.moment()
        with service.keeps_the_writer_busy():  # the archiver, asked to erase, would have it write meanwhile
            shutil.copytree(service.folder, tmp_path / "killed")
        service.stop()
        shutil.rmtree(service.folder)
        (tmp_path / "killed").rename(service.folder)
        service.open()

    doings = [
        lambda: [shop.views("ana", product="shoes" * number) for number in range(1, 9)],
        lambda: shop.pays("ana", amount=chance.random()),
        lambda: service.later(400),
        archives,
        lambda: shop.has(*(f"{len(moments)} {number}" for number in range(20))),
        empties_log,
        lambda: shop.learns("ana", plan=str(chance.random())),
        service.restart,
        is_killed,
        deletes_and_wipes,
    ]
    for _ in range(30):
        chance.choice(doings)()
        at_us = service.moment()
        moments.append((at_us, rows_of(service.folder)))
    assert service.backup.failures == 0
    for at_us, wanted in chance.sample(moments, 12):
        require_moment(service, at_us, wanted, tmp_path / "restored")
    service.stop()
    restored(service, None, tmp_path / "last")
    assert rows_of(tmp_path / "last") == rows_of(service.folder)


@pytest.mark.parametrize(("name", "byte"), [("octy.db-shm", 128), ("octy.db", 0x40000002)])
def test_sqlite_s_locks_are_held_all_the_while(service: Followed, name: str, byte: int) -> None:
    """A descriptor that is closed takes a process's locks with it; whoever comes next would empty the log's index."""
    service.moment()
    service.moment()
    takes = (
        "import sys, fcntl; fcntl.lockf(open(sys.argv[1], 'r+b'), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, int(sys.argv[2]))"
    )
    command = [sys.executable, "-c", takes, str(service.folder / name), str(byte)]
    other = subprocess.run(command, check=False, capture_output=True, text=True)
    assert "BlockingIOError" in other.stderr


def test_between_two_moments_it_is_the_one_before(service: Followed, shop: Shop, tmp_path: Path) -> None:
    at_us, wanted = service.moment(), rows_of(service.folder)
    service.later(10)
    shop.views("ana")
    service.moment()
    require_moment(service, at_us + 9 * US_PER_SECOND, wanted, tmp_path / "restored")


def test_whoever_was_erased_later_is_in_no_moment(service: Followed, shop: Shop, tmp_path: Path) -> None:
    shop.has("ben")
    shop.views("ben", note="a canary of ben's")
    service.octy._writer._archiver.work()
    at_us = service.moment()
    shop.forgets("ben")
    service.moment()
    shutil.move(service.folder / "erasures.jsonl", tmp_path / "elsewhere")
    assert restored(service, at_us, tmp_path / "restored").erased == 1
    found = rows_of(tmp_path / "restored")
    assert [row for row in found["profiles"] if "ben" in row] == []
    assert not any(b"a canary of ben's" in path.read_bytes() for path in (tmp_path / "restored").rglob("*.*"))
    shutil.move(tmp_path / "elsewhere", service.folder / "erasures.jsonl")


def test_each_byte_is_held_against_what_was_written(service: Followed, shop: Shop, tmp_path: Path) -> None:
    """Flipped, or cut off: what is restored is right, or nothing is; only the end of the changes may be lacking."""
    chance = Random(1703)
    for number in range(12):
        shop.views("ana", product="shoes", number=number)
        service.moment()
    service.octy._writer._archiver.work()
    last_us, wanted = service.moment(), rows_of(service.folder)
    service.stop()
    files = [path for path in service.target.rglob("*") if path.is_file() and path.name != "erasures.jsonl"]
    assert {path.name for path in files} >= {MANIFEST, CHANGES, chain.BASE, "webhook.key"}
    assert any(path.suffix == ".parquet" for path in files)
    refused = 0
    for path in files * 6:
        good, place = path.read_bytes(), chance.randrange(path.stat().st_size)
        for bad in (good[:place] + bytes([good[place] ^ 1 << chance.randrange(8)]) + good[place + 1 :], good[:place]):
            path.write_bytes(bad)
            try:
                restored(service, last_us, tmp_path / "restored")
            except StoreError:
                refused += 1
                assert not list((tmp_path / "restored").iterdir()) if (tmp_path / "restored").exists() else True
            else:
                is_cut = path.name == CHANGES and bad == good[:place]
                assert is_cut or rows_of(tmp_path / "restored") == wanted, path
                shutil.rmtree(tmp_path / "restored")
        path.write_bytes(good)
    assert refused > 2 * len(files)
    service.open()


def test_what_comes_before_damage_can_be_restored(service: Followed, shop: Shop, tmp_path: Path) -> None:
    shop.views("ana")
    at_us, wanted = service.moment(), rows_of(service.folder)
    before = _changes(service).stat().st_size
    for _ in range(3):
        shop.views("ana")
        service.moment()
    service.stop()
    flipped = bytearray(_changes(service).read_bytes())
    flipped[before + 40] ^= 1
    _changes(service).write_bytes(flipped)
    with pytest.raises(StoreError, match=f"from byte {before:,} on; it can be restored as it was at .*, with --at"):
        restored(service, None, tmp_path / "restored")
    require_moment(service, at_us, wanted, tmp_path / "restored")
    service.open()


def _changes(service: Followed) -> Path:
    """Of the newest chain."""
    return chain.chains(service.target)[-1].folder / CHANGES


def test_a_folder_that_fails_ends_the_chain_and_nothing_else(
    service: Followed, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_us, wanted = service.moment(), rows_of(service.folder)
    monkeypatch.setattr(continuous_backup, "EVERY_SECONDS", 0)
    with monkeypatch.context() as patch:
        patch.setattr(ChangesWriter, "append", _full)
        shop.views("ana")
        eventually(lambda: service.backup.failures)
        shop.views("ana")
    service.later()
    shop.views("ana")
    service.moment()
    assert len(chain.chains(service.target)) == 2
    require_moment(service, service.moment(), rows_of(service.folder), tmp_path / "restored")
    require_moment(service, before_us, wanted, tmp_path / "restored")


def _full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_folder_without_room_for_a_file_of_the_archive(
    service: Followed, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.moment()
    with monkeypatch.context() as patch:
        patch.setattr(chain.NewChain, "keep", _full)
        for _ in range(8):
            shop.views("ana")
        service.octy._writer._archiver.work()
    service.moment()
    assert service.backup.failures
    require_moment(service, service.moment(), rows_of(service.folder), tmp_path / "restored")


def test_a_folder_that_is_too_slow_ends_the_chain_before_memory_fills(
    service: Followed, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.moment()
    monkeypatch.setattr(continuous_backup, "EVERY_SECONDS", 0)
    monkeypatch.setattr(continuous_backup, "WAITING_BYTES_MAX", 20_000)
    append = ChangesWriter.append

    def slow(self: ChangesWriter, change: Any) -> None:
        eventually(lambda: service.backup.failures)
        append(self, change)

    with monkeypatch.context() as patch:
        patch.setattr(ChangesWriter, "append", slow)
        for _ in range(20):
            shop.views("ana")
    monkeypatch.setattr(continuous_backup, "WAITING_BYTES_MAX", 1 << 30)
    service.moment()
    require_moment(service, service.moment(), rows_of(service.folder), tmp_path / "restored")


def test_chains_that_no_day_needs_go_and_what_others_need_of_them_stays(
    service: Followed, shop: Shop, tmp_path: Path
) -> None:
    moments: list[tuple[int, Rows]] = []
    early: set[str] = set()
    for _ in range(4):
        for _ in range(8):
            shop.views("ana", product="shoes")
        service.octy._writer._archiver.work()
        moments.append((service.moment(), rows_of(service.folder)))
        early = early if moments[1:] else set(chain.archive_files(service.target))
        service.later(3 * US_PER_DAY / US_PER_SECOND)
        service.restart()
        service.moment()
    eventually(lambda: len(list(service.target.glob("chain-*"))) == 4)
    first = chain.chains(service.target)[0]
    assert first.begins_us > instant("12:00"), "that of the first start is gone"
    for at_us, wanted in moments[1:]:
        require_moment(service, at_us, wanted, tmp_path / "restored")
    with pytest.raises(StoreError, match=f"begins at {iso(first.begins_us)}; found --at {iso(instant('00:00'))}"):
        restored(service, instant("00:00"), tmp_path / "restored")
    assert early - {file.name for file in first.manifest.archive}, "some have gone into larger ones"
    assert early & chain.archive_files(service.target).keys() <= {file.name for file in first.manifest.archive}


def test_a_base_that_was_broken_off_is_cleared_away(service: Followed, shop: Shop) -> None:
    service.moment()
    service.stop()
    (service.target / "chain-00000009" / "archive").mkdir(parents=True)
    service.open()
    shop.views("ana")
    service.moment()
    eventually(
        lambda: [one.name for one in sorted(service.target.glob("chain-*"))] == ["chain-00000001", "chain-00000010"]
    )


def test_the_chain_before_is_whole_where_a_base_is_never_done(
    service: Followed, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the archive gets meanwhile, and loses before the next base."""
    service.moment()
    moments: list[tuple[int, Rows]] = []

    def archived() -> None:
        for _ in range(8):
            shop.views("ana")
        service.octy._writer._archiver.work()
        moments.append((service.moment(), rows_of(service.folder)))

    with monkeypatch.context() as patch:
        patch.setattr(chain, "copy_pages", _never_done)
        service.backup._begins_at = 0  # a day is over
        archived()
        archived()
        service.stop()
    service.open()
    service.moment()
    eventually(lambda: len(list(service.target.glob("chain-*"))) == 2)
    archived()
    for at_us, wanted in moments:
        require_moment(service, at_us, wanted, tmp_path / "restored")


def _never_done(_: object, __: Path, between: Callable[[], None]) -> None:
    while True:
        between()
        time.sleep(0.01)


def test_a_new_base_each_day_while_the_one_before_goes_on(service: Followed, shop: Shop, tmp_path: Path) -> None:
    moments = []
    for number in range(6):
        service.backup._begins_at = 0  # a day is over
        shop.views("ana", number=number)
        moments.append((service.moment(), rows_of(service.folder)))
    assert len(chain.chains(service.target)) > 3
    for at_us, wanted in moments:
        require_moment(service, at_us, wanted, tmp_path / "restored")


def test_what_is_no_place_for_it_is_refused(service: Followed, tmp_path: Path) -> None:
    service.moment()
    other = tmp_path / "other"
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "photo.jpg").touch()
    (tmp_path / "file").touch()
    with ExitStack() as opened:
        store = open_store(other)
        opened.callback(store.close)
        for target, said in {
            other: "cannot be in that folder itself",
            other / "archive" / "backup": "cannot be in that folder itself",
            tmp_path / "foreign": "not for a continuous backup alone: it holds photo.jpg",
            tmp_path / "file": "cannot be used for a continuous backup: File exists",
            service.target: "holds the continuous backup of another store",
        }.items():
            backup = ContinuousBackup(store, StandingClock(0), ContinuousBackupSettings(target, DAYS))
            with pytest.raises(StoreError, match=said):
                backup.start()
            backup.stop()


def test_a_backup_of_one_moment_has_no_other(service: Followed, tmp_path: Path) -> None:
    backups.back_up(service.folder, tmp_path / "plain", 0, lambda _: None, verify=False)
    with pytest.raises(StoreError, match="is the backup of one moment; --at is for continuous ones"):
        backups.restore_backup(tmp_path / "plain", tmp_path / "restored", [], lambda _: None, 0)
