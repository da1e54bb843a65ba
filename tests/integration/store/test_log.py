"""Are a profile's rows found whether they have their places by profile already or not?"""

import random

import pytest
from sqlalchemy import Connection

import octy.store.log
from octy.model.tags import ChangeKind
from octy.store import events, profiles, tags
from octy.store.events import EventRow
from tests.integration.store.making import change, event

ALL_TYPES = [1, 2]


@pytest.fixture(autouse=True)
def few_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows get their places ten at a time instead of tens of thousands."""
    monkeypatch.setattr(octy.store.log, "PLACES_LATE_MAX", 10)


def places(connection: Connection, table: str = "event_places") -> int:
    """How many rows have their places."""
    return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def check(connection: Connection, account: int, rows: list[EventRow], after_us: int) -> None:
    """Compares what the store says of every profile with the rows that should be there."""
    mine = [row for row in rows if row[1] == account]
    wanted = sorted((row[2], row[4], row[0]) for row in mine if row[4] > after_us)
    columns = events.read_profiles(connection, account, range(6), ALL_TYPES, after_us)
    found = zip(columns.profile.tolist(), columns.created_us.tolist(), columns.seq.tolist(), strict=True)
    assert list(found) == wanted
    for profile in range(6):
        latest = sorted(((row[4], row[0]) for row in mine if row[2] == profile), reverse=True)[:3]
        shown = events.of_profile(connection, account, profile, limit=3)
        assert [(one.created_us, one.seq) for one in shown] == latest


def test_rows_get_their_places_together(writer: Connection, account: int) -> None:
    counts = []
    for seq in range(1, 22):
        events.insert(writer, [event(seq, account)])
        counts.append(places(writer))
    assert counts == [0] * 9 + [10] * 10 + [20] * 2


def test_a_large_batch_gets_its_places_at_once(writer: Connection, account: int) -> None:
    events.insert(writer, [event(seq, account) for seq in range(1, 96)])
    assert places(writer) == 95


@pytest.mark.parametrize("seed", range(5))
def test_a_profiles_events_are_found_wherever_they_are(
    writer: Connection, account: int, stranger: int, seed: int
) -> None:
    chance = random.Random(seed)
    rows: list[EventRow] = []
    seq = 0
    for _ in range(60):
        size = chance.choice([1, 1, 2, 5, 30])
        batch = [
            event(seq + step, chance.choice([account, stranger]), chance.randrange(6), at=chance.randrange(50))
            for step in range(1, size + 1)
        ]
        seq += size + chance.choice([0, 0, 3])
        events.insert(writer, batch)
        rows += batch
        if chance.random() < 0.1:
            gone = chance.randrange(6)
            profiles.delete(writer, account, gone)
            rows = [row for row in rows if (row[1], row[2]) != (account, gone)]
        check(writer, account, rows, after_us=chance.choice([-1, event(0, 0, at=25)[4]]))
        check(writer, stranger, rows, after_us=-1)


def test_a_profiles_history_is_found_wherever_it_is(writer: Connection, account: int) -> None:
    # G5
    for seq in range(1, 46):
        tags.apply(writer, account, [change(ChangeKind.CREATED, seq % 3, seq=seq)])
        if seq == 20:
            profiles.delete(writer, account, 2)
    assert places(writer, "change_places") < 45 - 7
    for profile, gone in ((0, 0), (1, 0), (2, 20)):
        recorded = [one.event_seq for one in tags.history(writer, account, profile)]
        assert recorded == [seq for seq in range(gone + 1, 46) if seq % 3 == profile]


def test_a_number_whose_row_is_gone_is_not_given_to_a_change_again(writer: Connection, account: int) -> None:
    """Else a new line of history would be taken for one that has its place."""
    tags.apply(writer, account, [change(ChangeKind.CREATED, 0), change(ChangeKind.CREATED, 1)])
    profiles.delete(writer, account, 1)
    tags.apply(writer, account, [change(ChangeKind.REMOVED, 0)])
    assert [one.kind for one in tags.history(writer, account, 0)] == [ChangeKind.CREATED, ChangeKind.REMOVED]
