"""`octy check` finds whatever is wrong with a data folder, and `octy repair` mends what the log can tell."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from octy.model.clock import ManualClock
from octy.model.errors import StoreError
from octy.service import archiver
from octy.store.folder import open_store
from tests.integration.service.checked_folders import checked, repaired
from tests.integration.service.corruptions import CORRUPTIONS, Corruption, executing, files, truncate
from tests.integration.service.serving import Service, no_log
from tests.integration.service.world import Shop
from tests.logs import opened
from tests.unit.engine.shop import did, instant


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with something of everything, as a server leaves it."""
    folder = tmp_path_factory.mktemp("stopped") / "data"
    with pytest.MonkeyPatch.context() as patch, no_log():
        patch.setattr(archiver, "ROWS_PER_RUN", 4)
        patch.setattr(archiver, "LOOK_EVERY_SECONDS", 3600)
        service = Service(folder, ManualClock(instant("12:00")))
        shop = Shop(service)
        shop.has("ana", "ben")
        shop.has("cem", plan="gold")
        shop.has("dana")
        shop.wants_webhooks()
        shop.live("idle", "view", unless="pay")
        shop.live("shod", did("view", product="shoes"))
        shop.past("viewers", "view")
        shop.past("payers", "pay", unless="cart")
        shop.past("gold", "view", plan="gold")
        shop.past("retired", "view", "pay")
        for minute in range(6):
            shop.views("ana", at=f"12:{minute:02}", product="shoes", message_id=f"m{minute}")
        shop.views("cem", at="12:10")
        shop.does("ben", "charged", at="12:10")
        shop.pays("ana", at="10:00")
        shop.deletes("retired")
        shop.octy._writer._archiver.work()
        shop.views("dana")
        shop.waits_until("12:30")
        shop.forgets("dana")
        shop.octy._writer._archiver.work()
        shop.pays("ben", at="12:31")
        shop.views("ben", at="12:32", product="shoes")
        service.stop()
    return folder


@pytest.fixture
def folder(stopped: Path, tmp_path: Path) -> Path:
    """One to be corrupted."""
    return shutil.copytree(stopped, tmp_path / "data")


def history(folder: Path) -> list[tuple[object, ...]]:
    """Every line, wherever it is kept."""
    with opened(folder) as connection:
        return connection.execute("SELECT * FROM tag_history ORDER BY change_id").fetchall()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_sound_folder_is_clean_and_untouched(folder: Path) -> None:
    before = contents(folder)
    findings = checked(folder)
    assert findings.is_clean, findings.differences
    assert contents(folder) == before
    counted = ("accounts", "segments", "profiles", "events", "tags", "webhooks", "message ids", "archive files")
    assert {name: findings.checked[name] for name in counted} == {
        "accounts": 1,
        "segments": 6,
        "profiles": 3,
        "events": 11,
        "tags": 10,
        "webhooks": 10,
        "message ids": 6,
        "archive files": 5,
    }


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda one: one.what)
def test_what_is_wrong_is_found_and_mended_where_the_log_tells_how(folder: Path, corruption: Corruption) -> None:
    corruption.corrupt(folder)
    before = contents(folder)
    findings = checked(folder)
    assert corruption.kinds <= set(findings.by_kind), findings.differences
    assert contents(folder) == before, "a check changes nothing"
    if corruption.is_repaired:
        left = repaired(folder)
        assert left.is_clean, left.differences
    elif "database" not in findings.by_kind:
        with suppress(StoreError):  # a folder that lacks a file is not opened
            assert not repaired(folder).is_clean


@pytest.mark.parametrize(("spoil", "how"), [(Path.unlink, "is missing"), (truncate, "is not as long as it was")])
def test_a_folder_that_lacks_a_file_is_not_served(folder: Path, spoil: Callable[[Path], object], how: str) -> None:
    spoil(files(folder)[0])
    with pytest.raises(StoreError, match=rf"the archive's file events-1-\w+\.parquet {how}; octy check says more"):
        open_store(folder)


def test_a_repair_adds_to_history_and_says_why(folder: Path) -> None:
    """G5."""
    told = history(folder)
    executing("DELETE FROM tags")(folder)
    executing("UPDATE profiles SET profile_data = '{}' WHERE profile_key = 2")(folder)
    clock = ManualClock(instant("12:32"))
    assert repaired(folder).is_clean
    assert history(folder)[: len(told)] == told
    service = Service(folder, clock)
    shop = Shop.__new__(Shop)
    shop.service, shop.account = service, 1
    shop.customers = {one.customer_id: one.profile_id for one in service.octy.reading.profiles(1).profiles}
    try:
        assert shop.history("cem")[-1] == "gold removed at 12:32 by repair"
        assert shop.tags("ana") == {"viewers": "12:00", "shod": "12:05", "idle": "12:10", "payers": "12:10"}
    finally:
        service.stop()


def test_a_folder_that_a_server_holds_is_not_checked(folder: Path) -> None:
    store = open_store(folder)
    with pytest.raises(StoreError, match="another server is using it"):
        checked(folder)
    store.close()


@pytest.mark.parametrize("what", ["nothing", "no folder"])
def test_where_there_is_no_store_there_is_nothing_to_check(tmp_path: Path, what: str) -> None:
    folder = tmp_path if what == "nothing" else tmp_path / "nowhere"
    with pytest.raises(StoreError, match=r"no octy\.db"):
        checked(folder)
    assert list(tmp_path.iterdir()) == []
