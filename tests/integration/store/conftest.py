"""A fresh store, its writer in a transaction, and an account in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from octy.store import accounts
from octy.store.archive.archive import Archive
from octy.store.folder import Store, open_store
from tests.integration.store.making import NOON_US


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    opened = open_store(folder)
    yield opened
    opened.close()


@pytest.fixture
def writer(store: Store) -> Iterator[Connection]:
    with store.writer.begin():
        yield store.writer


@pytest.fixture
def archive(store: Store) -> Archive:
    return store.archive


@pytest.fixture
def account(writer: Connection) -> int:
    return accounts.create(writer, "ours", NOON_US)


@pytest.fixture
def stranger(writer: Connection) -> int:
    return accounts.create(writer, "theirs", NOON_US)
