"""C17: bits flip, and files are cut short, while no server runs. `octy check` says in which file and where, or every
answer is as it was; and nothing is deleted by that.

Two folders are damaged: one that a server has left when it was told to end, and one whose server was killed, which has
its newest transactions in SQLite's log.
"""

import re
import shutil
from collections import Counter
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from octy.model.clock import ManualClock
from octy.model.datasets import DatasetRequest
from octy.model.errors import StoreError
from octy.service import archiver
from octy.service.checking.check import check_folder
from octy.store.sqlite_log import LOG_HEADER_BYTES, generation
from tests.acceptance.processes import wait_for
from tests.crash.extent import extent, seed
from tests.integration.service.serving import Service, done, everything, no_log
from tests.integration.service.world import Shop
from tests.unit.engine.shop import instant

FLIPS = extent(1_000, 60)
CUTS = extent(200, 12)
SEAL = "seal in the place of the log"
KINDS = {"octy.db": "database", "octy.db-wal": "log", "octy.db-sums": "checksums", "octy.db-shm": "index of the log"}
"""Of what is in the folder itself; files of the archive and of jobs are in folders of their own."""
LATER = instant("4d 13:00")
"""Nothing is due any more."""
DATASET_MADE_SECONDS = 600
RANGE = re.compile(r"bytes ([\d,]+) to ([\d,]+)")


class Damage(NamedTuple):
    """Something that befell a file."""

    path: Path
    kind: str
    at: int
    is_cut: bool


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The folder of a server that has ended, and that of one that was killed."""
    folder = tmp_path_factory.mktemp("images") / "ended"
    killed = folder.with_name("killed")
    with pytest.MonkeyPatch.context() as patch, no_log():
        patch.setattr(archiver, "ROWS_PER_RUN", 4)
        patch.setattr(archiver, "LOOK_EVERY_SECONDS", 3600)
        service = Service(folder, ManualClock(instant("12:00")))
        shop = Shop(service)
        shop.has("ana", "ben", "cem", plan="gold")
        shop.wants_webhooks()
        shop.live("idle", "view", unless="pay")
        shop.past("viewers", "view")
        shop.past("gold", "view", plan="gold")
        for minute in range(6):
            shop.views("ana", at=f"12:{minute:02}", product="shoes", message_id=f"m{minute}")
        shop.octy._writer._archiver.work()
        done(shop.octy.request_dataset(shop.account, DatasetRequest()))
        wait_for("a dataset", lambda: shop.octy.reading.datasets(shop.account)[0].file, DATASET_MADE_SECONDS)
        shop.waits_until("4d 12:00")
        for minute in range(20):
            shop.sends(*(shop.draft(who, at=f"4d 12:{minute:02}", product="hats") for who in ("ana", "ben", "cem")))
        shop.waits_until("4d 13:00")
        shutil.copytree(folder, killed)
        service.stop()
    assert (killed / "octy.db-wal").stat().st_size
    assert not generation(folder / "octy.db")
    return [folder, killed]


def test_damage_at_rest_is_told_with_its_place_or_changes_no_answer(images: list[Path], tmp_path: Path) -> None:
    chance = Random(seed())
    sound = {image: _served(shutil.copytree(image, tmp_path / image.name)) for image in images}
    outcomes: Counter[tuple[str, str, bool]] = Counter()
    for number in range(FLIPS + CUTS):
        image = chance.choice(images)
        folder = shutil.copytree(image, tmp_path / "damaged")
        damage = _damage(folder, number, chance, is_cut=number >= FLIPS)
        is_told = _is_told(folder, damage)
        if not is_told:
            assert _served(folder) == sound[image], f"{damage}: an answer is wrong, and octy check says nothing"
        outcomes[damage.kind, "cut" if damage.is_cut else "flipped", is_told] += 1
        shutil.rmtree(folder)
    kinds = sorted({(kind, how) for kind, how, _ in outcomes})
    print("| file | damage | told | harmless |\n| --- | --- | --- | --- |")
    for kind, how in kinds:
        print(f"| {kind} | {how} | {outcomes[kind, how, True]} | {outcomes[kind, how, False]} |")
    assert {kind for kind, _ in kinds} == {*KINDS.values(), SEAL, "archive", "datasets"}


def _kind(folder: Path, path: Path) -> str:
    if path.parent != folder:
        return path.parent.name
    is_seal = path.name == "octy.db-wal" and path.stat().st_size <= LOG_HEADER_BYTES
    return SEAL if is_seal else KINDS[path.name]


def _damage(folder: Path, number: int, chance: Random, *, is_cut: bool) -> Damage:
    """Kinds of files take turns."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.stat().st_size and (path.parent != folder or path.name in KINDS):
            found.setdefault(_kind(folder, path), []).append(path)
    kind = sorted(found)[number % len(found)]
    path = chance.choice(found[kind])
    content = bytearray(path.read_bytes())
    at = chance.randrange(len(content))
    if is_cut:
        del content[at:]
    else:
        content[at] ^= 1 << chance.randrange(8)
    path.write_bytes(content)
    return Damage(path, kind, at, is_cut)


def _is_told(folder: Path, damage: Damage) -> bool:
    """Whether `octy check` says that something is wrong; then it names the file, and where in it that is."""
    before = _contents(folder)
    try:
        findings = check_folder(folder, lambda _: None)
    except StoreError as error:
        raise AssertionError(f"{damage}: the check itself fails: {error}") from error
    after = _contents(folder)
    assert before.items() <= {**after, "octy.db-shm": before.get("octy.db-shm")}.items(), "a check deletes nothing"
    if findings.is_clean:
        return False
    told = [str(one) for one in findings.differences]
    assert any(_is_of(one, damage) for one in told), (damage, told)
    return True


def _is_of(told: str, damage: Damage) -> bool:
    name = damage.path.name
    if name == "octy.db" and (found := RANGE.search(told)):
        first, last = (int(number.replace(",", "")) for number in found.groups())
        return first <= damage.at <= last
    if name == "octy.db-wal" and (where := re.search(r"octy\.db-wal, from byte ([\d,]+) on", told)):
        return int(where[1].replace(",", "")) <= damage.at
    return name in told


def _contents(folder: Path) -> dict[str, bytes | None]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _served(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """All that any answer is made of, after a server has started there and ended."""
    with no_log():
        Service(folder, ManualClock(LATER)).stop()
    return everything(folder)
