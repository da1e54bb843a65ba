"""`octy check` holds jobs, datasets, uses of segments and receipts against what they speak of (X2)."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from octy.model.clock import ManualClock
from octy.model.datasets import DatasetRequest
from octy.service.checking.repair import LOST
from tests.integration.service.checked_folders import checked, repaired
from tests.integration.service.corruptions import Corruption, executing, flip, grow, truncate
from tests.integration.service.serving import Service, done, eventually, no_log
from tests.integration.service.world import Shop
from tests.logs import opened
from tests.unit.engine.shop import instant

VIEWERS = "(SELECT segment_key FROM segments WHERE name = 'viewers')"


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a dataset, and with the receipts of a live and of a past segment that were purged."""
    folder = tmp_path_factory.mktemp("stopped") / "data"
    with no_log():
        service = Service(folder, ManualClock(instant("12:00")))
        shop = Shop(service)
        shop.has("ana", "ben", "cem")
        shop.live("viewing", "view")
        shop.past("viewers", "view")
        shop.past("retired", "view")
        shop.views("ana")
        shop.views("ben", at="12:01")
        shop.views("ana", at="12:02")
        shop.deletes("viewing", "retired")
        done(shop.octy.request_dataset(shop.account, DatasetRequest()))
        eventually(lambda: shop.octy.reading.datasets(shop.account)[0].file is not None)
        shop.waits_until("4d 12:00")
        service.stop()
    return folder


@pytest.fixture
def folder(stopped: Path, tmp_path: Path) -> Path:
    """One to be corrupted."""
    return shutil.copytree(stopped, tmp_path / "data")


def of_dataset(change: Callable[[Path], object]) -> Callable[[Path], None]:
    """Something happens to its file."""

    def corrupt(folder: Path) -> None:
        (path,) = (folder / "datasets").iterdir()
        change(path)

    return corrupt


def _of(what: str, corrupt: Callable[[Path], None], kind: str, *, is_repaired: bool = False) -> Corruption:
    return Corruption(what, corrupt, frozenset({kind}), is_repaired)


CORRUPTIONS = [
    _of("a dataset lost", of_dataset(Path.unlink), "dataset file", is_repaired=True),
    _of("a dataset cut short", of_dataset(truncate), "dataset file", is_repaired=True),
    _of("a dataset grown", of_dataset(grow), "dataset file", is_repaired=True),
    _of("a bit of a dataset flipped", of_dataset(flip), "dataset file", is_repaired=True),
    _of(
        "a dataset with other rows than its job tells of",
        executing("""UPDATE jobs SET result = replace(result, '"rows":3', '"rows":4')"""),
        "dataset file",
        is_repaired=True,
    ),
    _of("a job that ended and did not", executing("UPDATE jobs SET ended_us = NULL"), "job"),
    _of("a job that came too far", executing("UPDATE jobs SET progress = 1.5"), "job"),
    _of("a job in no state", executing("UPDATE jobs SET status = 'lost'"), "store"),
    _of(
        "a training without a report",
        executing("UPDATE jobs SET kind = 'training', file = NULL, file_bytes = NULL, file_sha256 = NULL"),
        "job",
    ),
    _of(
        "a report that says nothing",
        executing("INSERT INTO churn_trainings SELECT 'training_1', account_id, 1, '{}', NULL FROM accounts"),
        "churn report",
    ),
    _of(
        "a use of no segment",
        executing("INSERT INTO training_uses VALUES (99, 'training_1', 1, NULL)"),
        "training use",
        is_repaired=True,
    ),
    _of(
        "a use by no job",
        executing(f"INSERT INTO training_uses VALUES ({VIEWERS}, 'training_1', 1, NULL)"),
        "training use",
        is_repaired=True,
    ),
    _of(
        "a model of no report",
        executing(f"INSERT INTO training_uses VALUES ({VIEWERS}, 'training_1', 1, 2)"),
        "training use",
    ),
    _of("a receipt of more tags", executing("UPDATE purge_receipts SET tags_removed = 3"), "purge receipt"),
    _of("a receipt of fewer tags", executing("UPDATE purge_receipts SET tags_removed = 1"), "purge receipt"),
    _of("a receipt of other tags", executing("UPDATE purge_receipts SET tags_sha256 = x'00'"), "purge receipt"),
    _of(
        "a receipt of a segment that is there",
        executing("UPDATE purge_receipts SET segment_id = (SELECT segment_id FROM segments)"),
        "purge receipt",
    ),
    _of("a receipt from before the request", executing("UPDATE purge_receipts SET purged_us = 5"), "purge receipt"),
    _of("a receipt with a wrong cause", executing("UPDATE purge_receipts SET cause = 'training'"), "purge receipt"),
]


def test_a_sound_folder_is_clean_and_told_of_in_numbers(folder: Path) -> None:
    findings = checked(folder)
    assert findings.is_clean, findings.differences
    assert (findings.checked["jobs"], findings.checked["dataset files"], findings.checked["purge receipts"]) == (
        1,
        1,
        2,
    )


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda one: one.what)
def test_what_is_wrong_is_found_and_mended_where_it_can_be(folder: Path, corruption: Corruption) -> None:
    corruption.corrupt(folder)
    findings = checked(folder)
    assert set(findings.by_kind) == corruption.kinds, findings.differences
    assert repaired(folder).is_clean == corruption.is_repaired


def test_a_dataset_that_is_damaged_goes_and_its_job_says_so(folder: Path) -> None:
    of_dataset(flip)(folder)
    repaired(folder)
    assert list((folder / "datasets").iterdir()) == []
    with opened(folder) as connection:
        assert connection.execute("SELECT file, error FROM jobs").fetchall() == [(None, LOST)]


def test_a_receipt_of_tags_of_whom_some_were_erased_is_no_difference(folder: Path) -> None:
    """X3: their history went with them, so the checksum cannot be worked out any more."""
    with no_log():
        service = Service(folder, ManualClock(instant("4d 12:00")))
        ((account,),) = service.rows("SELECT account_id FROM accounts")
        ((profile_id,),) = service.rows("SELECT profile_id FROM profiles WHERE profile_key = 0")
        done(service.octy.delete_profiles(account, [profile_id]))
        service.stop()
    findings = checked(folder)
    assert findings.is_clean, findings.differences
    executing("UPDATE purge_receipts SET tags_removed = 4")(folder)
    assert set(checked(folder).by_kind) == {"purge receipt"}
