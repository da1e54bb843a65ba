"""C35: a store of every schema that there ever was is opened, and is as if this version had made it.

`stores` holds what a killed server of each has left (`making`); the other half of its story follows here, beside a
store in which this version has lived through all of it.
"""

import base64
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from litestar.testing import TestClient

from octy.http.app import idle_app, put_to_work
from octy.model.clock import ManualClock
from octy.model.instants import parse_instant
from octy.model.keys import Keys
from octy.service.checking.check import check_folder
from octy.service.octy import Octy
from octy.store.folder import open_store
from octy.store.migrate import HEAD, _known_revisions
from tests.acceptance.conftest import machine
from tests.acceptance.processes import Machine
from tests.crash.disk import failing_disk
from tests.crash.extent import extent
from tests.crash.journal import Disk, Step
from tests.integration.service.serving import no_log
from tests.upgrade.making import STORES
from tests.upgrade.story import KEYS, START, Story

__all__ = ["machine"]

EVERY = extent(1, 40)
"""Every how many steps of a migration a disk is looked at."""
BYTES_MAX = 200_000
OPENING = """
import sys
from pathlib import Path
from octy.store.folder import open_store
open_store(Path(sys.argv[1])).close()
"""
REVISIONS = sorted(_known_revisions())
INTERRUPTED = extent(REVISIONS[:-1], REVISIONS[:1])
"""From the first one, all migrations are made."""
PENDING = "SELECT webhook_id, body, state, attempts, next_attempt_us FROM outbox WHERE state = 'pending' ORDER BY 1"


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with no_log():
        yield


class Client:
    """A server in this process."""

    def __init__(self, octy: Octy) -> None:
        self._client = TestClient(put_to_work(idle_app(is_sandbox=True), octy))
        keys = base64.b64encode(f"{KEYS['public_key']}:{KEYS['secret_key']}".encode()).decode()
        self._headers = {"Authorization": keys}

    def get(self, path: str) -> Any:
        """The answer's JSON."""
        return self._client.get(path, headers=self._headers).raise_for_status().json()

    def post(self, path: str, content: object) -> Any:
        """The same."""
        return self._client.post(path, json=content, headers=self._headers).raise_for_status().json()


@contextmanager
def served(folder: Path) -> Iterator[Client]:
    """A sandbox on a folder; what is not pending is left alone."""
    octy = Octy(open_store(folder), ManualClock(parse_instant(START)))
    octy.start()
    if not octy.has_accounts():
        octy.create_account(Keys(**KEYS))
    try:
        yield Client(octy)
    finally:
        octy.stop()


def unpacked(revision: str, folder: Path) -> Path:
    """The data folder that a version has left."""
    with tarfile.open(STORES / f"{revision}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "data"


def rows(folder: Path, question: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "octy.db")) as connection:
        return connection.execute(question).fetchall()


@pytest.mark.parametrize("revision", REVISIONS)
def test_there_is_a_small_store_of_every_schema(revision: str, tmp_path: Path) -> None:
    """`python -m tests.upgrade.making` makes the one of the last."""
    assert (STORES / f"{revision}.tar.xz").is_file(), f"make it: python -m tests.upgrade.making {revision}"
    assert (STORES / f"{revision}.tar.xz").stat().st_size <= BYTES_MAX
    assert rows(unpacked(revision, tmp_path), "SELECT version_num FROM alembic_version") == [(revision,)]


def test_there_are_no_other_stores() -> None:
    assert sorted(path.name.removesuffix(".tar.xz") for path in STORES.iterdir()) == REVISIONS


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What an account sees that has been at this version all the time, at each stage of the story."""
    with served(tmp_path_factory.mktemp("lived")) as client:
        story = Story(client)
        story.begins()
        return told(story)


def told(story: Story) -> dict[str, dict[str, Any]]:
    """The second half."""
    story.goes_on()
    found = {"after the upgrade": story.seen()}
    story.ends()
    return found | {"at the end": story.seen(with_webhooks=False)}


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_store_of_every_schema_goes_on_as_if_it_had_always_been_of_this_one(
    revision: str, tmp_path: Path, lived: dict[str, dict[str, Any]]
) -> None:
    """Tags, history, events, webhooks, windows that are open and tags that are to go."""
    folder = unpacked(revision, tmp_path)
    with served(folder) as client:
        assert told(Story(client)) == lived
    findings = check_folder(folder, lambda _: None)
    assert findings.is_clean, findings.differences


@pytest.mark.parametrize("revision", REVISIONS)
def test_what_is_pending_stays_pending_and_messages_are_remembered(revision: str, tmp_path: Path) -> None:
    """H4, E8: with the same ids, bytes and next attempts."""
    folder = unpacked(revision, tmp_path)
    before = rows(folder, PENDING)
    assert before
    remembered = rows(folder, "SELECT account_id, message_id, seq FROM message_ids ORDER BY 1, 2")
    assert remembered
    open_store(folder).close()
    assert rows(folder, PENDING) == before
    assert rows(folder, "SELECT account_id, message_id, seq FROM message_ids ORDER BY 1, 2") == remembered


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_store_of_every_schema_is_laid_out_as_a_new_one(revision: str, tmp_path: Path) -> None:
    folder = unpacked(revision, tmp_path)
    open_store(folder).close()
    open_store(tmp_path / "new").close()
    assert layout(folder) == layout(tmp_path / "new")


def layout(folder: Path) -> set[str]:
    """Whatever the order of columns and constraints."""
    return {
        " ".join(sorted(sql.replace(",", " ").split()))
        for (sql,) in rows(folder, "SELECT sql FROM sqlite_schema")
        if sql
    }


@pytest.mark.parametrize("revision", INTERRUPTED)
def test_a_migration_that_ends_at_any_step_is_finished_by_the_next_start(
    revision: str, tmp_path: Path, machine: Machine
) -> None:
    """Killed, or without power: nothing is lost of what was there."""
    disk, chance = failing_disk(machine.folder), Random(revision)
    folder = unpacked(revision, disk.folder)
    found, expected = Disk(), rows(folder, PENDING)
    for step in steps_to(disk.folder):
        found.take(step)
    ended = machine.start("python", "-c", OPENING, str(folder), via=disk.via()[:-2]).end()
    assert ended.code == 0, ended.stderr
    done = disk.steps()
    first, looked_at = chance.randrange(EVERY), 0
    for number, step in enumerate(done):
        found.take(step)
        if number % EVERY == first:
            for write in (found.seen, found.cut, lambda where: found.cut(where, chance)):
                write(tmp_path / "after")
                assert_whole(tmp_path / "after" / "data", expected)
                shutil.rmtree(tmp_path / "after")
                looked_at += 1
    print(f"{len(done)} steps, {looked_at} disks")
    assert looked_at


def steps_to(folder: Path) -> Iterator[Step]:
    """What it takes that a disk holds what a folder does, for good."""
    places = sorted(folder.rglob("*"))
    for place in places:
        path = str(place.relative_to(folder))
        yield Step(0, "mkdir" if place.is_dir() else "create", path, "", 0, b"")
        if place.is_file():
            yield Step(0, "write", path, "", 0, place.read_bytes())
            yield Step(0, "sync", path, "", 0, b"")
    for parent in (folder, *places):
        if parent.is_dir():
            yield Step(0, "sync", str(parent.relative_to(folder)), "", 0, b"")


def assert_whole(folder: Path, pending: list[tuple[Any, ...]]) -> None:
    open_store(folder).close()
    assert rows(folder, PENDING) == pending
    assert rows(folder, "SELECT version_num FROM alembic_version") == [(HEAD,)]
    octy = Octy(open_store(folder), ManualClock(parse_instant(START)))
    octy.start()
    octy.stop()
    findings = check_folder(folder, lambda _: None)
    assert findings.is_clean, findings.differences
