"""One server for all tests of this folder, a process of its own; each test has an account of its own on it."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from octy.model.churn import Prediction
from octy.model.definitions import from_wire
from octy.model.events import EventTypeDraft
from octy.model.keys import Keys
from octy.model.lifetimes import Lifetime
from octy.model.limits import EVENT_TYPES_PER_REQUEST_MAX
from octy.model.profiles import ProfileDraft
from octy.service.clock import SystemClock
from octy.service.ids import new_id
from octy.service.keys import new_keys
from octy.service.octy import Octy
from octy.store import churn_trainings, predictions, segments
from octy.store.folder import open_store
from octy.store.segments import StoredSegment
from tests.acceptance.nursery import spawn
from tests.acceptance.processes import Machine, Server
from tests.integration.http.world import live
from tests.unit.model.churn_reports import report
from tests.wire.clients import GoClient
from tests.wire.shop import Shop

LENGTHS = (0, 3, 250, 5_000)
"""How many event types and segments the accounts have whose lists are looked at."""


class Served(NamedTuple):
    """The server, accounts that nobody has used yet, those with lists, and one whose churn model has been trained."""

    server: Server
    unused: Iterator[Keys]
    lists: Mapping[int, Keys]
    trained: Keys


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Served]:
    """Its store is filled before it starts, which is faster than by requests."""
    machine = Machine(tmp_path_factory.mktemp("wire"), spawn)
    tests = [item for item in request.session.items if isinstance(item, pytest.Function)]
    count = sum(item.fixturenames.count(name) for item in tests for name in ("shop", "other"))
    data = machine.folder / "data"
    octy = Octy(open_store(data), SystemClock())
    octy.start()
    unused, of_lists, (trained,) = _accounts(octy, count), _accounts(octy, len(LENGTHS)), _accounts(octy, 1)
    lists = dict(zip(LENGTHS, of_lists, strict=True))
    ids = {_with_event_types(octy, keys, length): length for length, keys in lists.items()}
    trained_id = _with_a_customer(octy, trained)
    octy.stop()
    _store_segments(data, ids)
    _store_training(data, trained_id)
    try:
        yield Served(machine.serve("--failures-per-minute", "0"), iter(unused), lists, trained)
    finally:
        machine.close()


def _accounts(octy: Octy, count: int) -> list[Keys]:
    keys = [new_keys() for _ in range(count)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(octy.create_account, keys))
    return keys


def _with_event_types(octy: Octy, keys: Keys, length: int) -> int:
    """The id of the account with the keys, which has so many event types from now on."""
    account = octy.credentials.caller(keys.public_key, keys.secret_key)
    assert account is not None
    drafts = [EventTypeDraft(f"type {number}", ("page",)) for number in range(length)]
    for first in range(0, length, EVENT_TYPES_PER_REQUEST_MAX):
        octy.create_event_types(account.account_id, drafts[first : first + EVENT_TYPES_PER_REQUEST_MAX]).result()
    return account.account_id


def _with_a_customer(octy: Octy, keys: Keys) -> int:
    """The id of the account with the keys, which has one profile from now on."""
    account = octy.credentials.caller(keys.public_key, keys.secret_key)
    assert account is not None
    octy.create_profiles(account.account_id, [ProfileDraft("ana")]).result()
    return account.account_id


def _store_training(data: Path, account_id: int) -> None:
    """A report, and what is foretold of the account's only profile."""
    store = open_store(data)
    with store.writer.begin():
        churn_trainings.add(store.writer, account_id, report("training_1"), b"")
        predictions.put(store.writer, account_id, {0: Prediction(0.9, 344, "training_1")})
    store.close()


def _store_segments(data: Path, lengths: Mapping[int, int]) -> None:
    """So many segments for each account."""
    store = open_store(data)
    now_us = SystemClock().now_us()
    with store.writer.begin():
        for account_id, length in lengths.items():
            for number in range(length):
                definition, _ = from_wire(live(f"segment {number}", f"type {number}"))
                stored = StoredSegment(
                    segment_key=0,
                    account_id=account_id,
                    segment_id=new_id("segment"),
                    definition=definition,
                    created_us=now_us,
                    created_seq=0,
                    lifetime=Lifetime.begun(is_live=True),
                )
                segments.insert(store.writer, stored)
    store.close()


@pytest.fixture
def shop(served: Served) -> Iterator[Shop]:
    """An account that nothing has been done with."""
    shop = Shop(served.server, next(served.unused))
    yield shop
    shop.close()


@pytest.fixture
def other(served: Served) -> Iterator[Shop]:
    """Another one."""
    shop = Shop(served.server, next(served.unused))
    yield shop
    shop.close()


@pytest.fixture
def nobody(served: Served) -> Iterator[GoClient]:
    """Who sends no Authorization."""
    client = GoClient(served.server.port, None)
    yield client
    client.close()
