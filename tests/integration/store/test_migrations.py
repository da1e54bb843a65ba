"""Do the migrations build exactly what `schema.py` says, and does everything that was stored come along?"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect

from octy.model.accounts import AccountConfiguration
from octy.model.tags import Cause, ChangeKind
from octy.store import accounts, events, meta, outbox, receivers, tags, told_matches, webhook_sequences
from octy.store.archive.archive import Archive
from octy.store.blocks import EVENT_BLOCKS
from octy.store.event_runs import accepted_after
from octy.store.folder import Store, open_store
from octy.store.migrate import HEAD, _config, migrate
from octy.store.schema import metadata
from octy.store.sqlite import writing_engine
from octy.store.tags import StoredChange
from octy.store.told_matches import NOTHING, ToldMatch
from tests.integration.store.making import MINUTE_US, NOON_US, EventRow, delivery, event


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Connection]:
    with writing_engine(tmp_path / "empty.db").connect() as connection:
        yield connection


@pytest.fixture
def migrated(empty: Connection) -> Iterator[Connection]:
    """By all migrations from the first one on, as no new store is."""
    with empty.begin():
        upgrade_to(empty, "head")
        yield empty


def script_directory() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def layout(connection: Connection) -> set[str]:
    """How everything in the database was made, whatever the order of constraints in a table and of columns."""
    rows = connection.exec_driver_sql("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")
    return {" ".join(sorted(sql.replace(",", " ").split())) for (sql,) in rows}


def rows_in(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables that have any."""
    tables = inspect(connection).get_table_names()
    found = {table: connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in tables}
    return {table: [tuple(row) for row in rows] for table, rows in found.items() if rows}


def test_alembic_finds_no_difference_between_a_migrated_store_and_the_schema(migrated: Connection) -> None:
    assert compare_metadata(MigrationContext.configure(migrated), metadata) == []


def test_a_new_store_is_laid_out_exactly_as_all_migrations_would_do_it(migrated: Connection, store: Store) -> None:
    """Also what Alembic does not compare: names of constraints, tables without row ids, keys that are never reused."""
    with store.reading() as snapshot:
        assert layout(snapshot) == layout(migrated)


def test_a_new_store_holds_what_one_that_was_migrated_empty_holds(migrated: Connection) -> None:
    """The revision, and no row else."""
    with create_engine("sqlite://").begin() as new:
        migrate(new)
        assert rows_in(new) == rows_in(migrated) == {"alembic_version": [(HEAD,)]}


def test_the_last_revision_is_the_one_that_is_named() -> None:
    assert script_directory().get_current_head() == HEAD


@pytest.mark.parametrize("bring_up", [migrate, lambda connection: upgrade_to(connection, "head")], ids=["new", "old"])
def test_a_migration_that_is_interrupted_leaves_nothing(
    empty: Connection, bring_up: Callable[[Connection], None]
) -> None:
    with empty.begin() as transaction:
        bring_up(empty)
        transaction.rollback()
    with empty.begin():
        assert inspect(empty).get_table_names() == []


def test_migrating_again_changes_nothing(empty: Connection) -> None:
    with empty.begin():
        migrate(empty)
        before = layout(empty)
    with empty.begin():
        migrate(empty)
        assert layout(empty) == before


# 0002: the logs become blocks

ROWS_PER_BLOCK = 4_096


class OldStore:
    """A store of the first schema, of two accounts, filled by plain SQL."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        upgrade_to(connection, "0001")
        for account in (1, 2):
            self.insert("accounts", (account, f"pk_{account}", bytes(32), NOON_US, 5, "", "", "", "", ""))

    def insert(self, table: str, *rows: tuple[Any, ...]) -> None:
        if rows:
            places = ", ".join("?" * len(rows[0]))
            self.connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({places})", list(rows))


@pytest.fixture
def old(empty: Connection) -> Iterator[OldStore]:
    with empty.begin():
        yield OldStore(empty)


@pytest.fixture
def no_archive(tmp_path: Path) -> Archive:
    """One without files: a migration makes none."""
    return Archive(tmp_path / "archive")


def upgrade_to(connection: Connection, revision: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def old_events(count: int) -> list[EventRow]:
    """Of both accounts by turns of three, and some profiles, some with properties."""
    texts = (None, '{"größe":"44 ✓"}', "{}", '{"text":"two\\nlines","n":9223372036854775807}')
    return [
        event(seq, 1 + seq // 3 % 2, seq % 4, 1 + seq % 2, at=-seq, properties=texts[seq % 4])
        for seq in range(1, count + 1)
    ]


@pytest.mark.parametrize("count", [0, 1, 30, 2 * ROWS_PER_BLOCK + 9])
def test_every_event_of_an_old_store_is_in_a_block(old: OldStore, no_archive: Archive, count: int) -> None:
    # T2
    rows = old_events(count)
    old.insert("events", *rows)
    migrate(old.connection)
    for account in (1, 2):
        mine = [row for row in rows if row.account_id == account]
        found = accepted_after(old.connection, no_archive, account, 0)
        columns = (found.seq, found.profile, found.type_id, found.created_us, found.accepted_us)
        assert list(zip(*(column.tolist() for column in columns), strict=True)) == [
            (row.seq, row.profile_key, row.type_id, row.created_us, row.accepted_us) for row in mine
        ]
        assert [line.decode() for line in found.properties] == [row.properties or "null" for row in mine]
        for profile in range(4):
            seqs = [one.seq for one in events.of_profile(old.connection, no_archive, account, profile, count)]
            assert seqs == [row.seq for row in mine if row.profile_key == profile]
    assert events.last_seq(old.connection) == count


def test_an_old_accounts_events_are_in_blocks_of_many_whoevers_are_between_them(old: OldStore) -> None:
    rows = [event(seq, 2 if seq == 5 else 1) for seq in range(1, 2 * ROWS_PER_BLOCK + 3)]
    old.insert("events", *rows)
    migrate(old.connection)
    blocks = old.connection.exec_driver_sql(
        "SELECT account_id, first_seq, last_seq, row_count FROM event_blocks ORDER BY 1, 2"
    )
    assert [tuple(row) for row in blocks] == [
        (1, 1, ROWS_PER_BLOCK + 1, ROWS_PER_BLOCK),
        (1, ROWS_PER_BLOCK + 2, 2 * ROWS_PER_BLOCK + 1, ROWS_PER_BLOCK),
        (1, 2 * ROWS_PER_BLOCK + 2, 2 * ROWS_PER_BLOCK + 2, 1),
        (2, 5, 5, 1),
    ]
    assert EVENT_BLOCKS.counts(old.connection) == {1: 2 * ROWS_PER_BLOCK + 1, 2: 1}


def test_every_change_of_an_old_store_is_in_the_history_also_of_a_segment_that_is_gone(
    old: OldStore, no_archive: Archive
) -> None:
    # G5
    old.insert("segments", (7, 1, "segment_7", "buyers", "{}", "active", NOON_US, 0, None))
    old.insert("segments", (9, 2, "segment_9", "nobody yet", "{}", "active", NOON_US, 0, None))
    named = {3: ("segment_3", "gone"), 7: ("segment_7", "buyers")}
    rows = [
        (number, 1 + number // 3 % 2, number % 3, key, *named[key], 1 + number % 3, number, number + 5, cause, seq)
        for number in range(1, 6_000)
        for key, cause, seq in [(3, 1, number * 10) if number % 2 else (7, 2, None)]
    ]
    old.insert("tag_history", *rows)
    migrate(old.connection)
    for account in (1, 2):
        for profile in range(3):
            assert tags.history(old.connection, no_archive, account, profile) == [
                StoredChange(key, id_, name, ChangeKind(kind), effective_us, recorded_us, Cause(cause), seq)
                for _, whose, who, key, id_, name, kind, effective_us, recorded_us, cause, seq in rows
                if (whose, who) == (account, profile)
            ]
    names = old.connection.exec_driver_sql("SELECT * FROM segment_names ORDER BY segment_key")
    assert [tuple(row) for row in names] == [
        (3, "segment_3", "gone"),
        (7, "segment_7", "buyers"),
        (9, "segment_9", "nobody yet"),
    ]
    assert tags.last_change_id(old.connection) == 5_999


@pytest.mark.parametrize("stored", [0, 6])
def test_numbers_whose_rows_were_gone_before_are_not_given_again(
    old: OldStore, no_archive: Archive, stored: int
) -> None:
    """T2: of deleted profiles the first schema remembered how far their places had gone."""
    old.insert("events", *(event(seq, 2) for seq in range(1, stored + 1)))
    old.insert("meta", ("event_places_through", "8"), ("change_places_through", "3"), ("now_us", "17"))
    migrate(old.connection)
    assert (events.last_seq(old.connection), tags.last_change_id(old.connection)) == (8, 3)
    assert accepted_after(old.connection, no_archive, 2, 0).seq.tolist() == list(range(1, stored + 1))
    assert meta.get_value(old.connection, "now_us") == "17"
    assert meta.get_value(old.connection, "event_places_through") is None


@pytest.mark.parametrize("through", ["5", "6"])
def test_places_that_are_behind_the_last_row_move_no_number(old: OldStore, through: str) -> None:
    old.insert("events", *(event(seq, 2) for seq in range(1, 7)))
    old.insert("meta", ("event_places_through", through))
    migrate(old.connection)
    assert events.last_seq(old.connection) == 6
    assert EVENT_BLOCKS.counts(old.connection) == {2: 6}


def test_an_old_store_is_laid_out_as_a_new_one(old: OldStore, store: Store) -> None:
    old.insert("events", *old_events(5))
    migrate(old.connection)
    with store.reading() as snapshot:
        assert layout(old.connection) == layout(snapshot)


def test_a_folder_of_the_first_schema_is_opened_like_any_other(folder: Path) -> None:
    folder.mkdir()
    with writing_engine(folder / "octy.db").connect() as connection, connection.begin():
        OldStore(connection).insert("events", *old_events(9))
    opened = open_store(folder)
    with opened.reading() as snapshot:
        assert events.last_seq(snapshot) == 9
        mine = [row.seq for row in old_events(9) if row.account_id == 1]
        assert accepted_after(snapshot, opened.archive, 1, 0).seq.tolist() == mine
    opened.close()


# 0003: webhooks get lanes, numbers and receivers


def old_delivery(number: int, profile: int, state: str, *, account: int = 1, segment: int = 7) -> tuple[Any, ...]:
    """A row of the first two schemas' outbox, due so many minutes after noon."""
    at_us = NOON_US + number * MINUTE_US
    body = b'{"number":%d}' % number
    return (number, f"msg_{number}", account, profile, segment, body, at_us, state, 2, at_us + 5, "answered 500", None)


@pytest.fixture
def deliveries(old: OldStore) -> OldStore:
    """Of two profiles of one account and one of another; the last one that there ever was is gone."""
    old.insert(
        "outbox",
        old_delivery(1, 0, "delivered"),
        old_delivery(2, 0, "pending"),
        old_delivery(3, 1, "pending"),
        old_delivery(4, 0, "pending"),
        old_delivery(5, 0, "failed", account=2, segment=9),
        old_delivery(8, 0, "pending"),
    )
    old.connection.exec_driver_sql("DELETE FROM outbox WHERE delivery_id = 8")
    migrate(old.connection)
    return old


def test_deliveries_of_an_old_store_are_as_they_were(deliveries: OldStore) -> None:
    # H4
    question = (
        "SELECT delivery_id, webhook_id, account_id, profile_key, segment_key, body, created_us, state, attempts, "
        "next_attempt_us, last_error, finished_us FROM outbox ORDER BY delivery_id"
    )
    assert [tuple(row) for row in deliveries.connection.exec_driver_sql(question)] == [
        old_delivery(1, 0, "delivered"),
        old_delivery(2, 0, "pending"),
        old_delivery(3, 1, "pending"),
        old_delivery(4, 0, "pending"),
        old_delivery(5, 0, "failed", account=2, segment=9),
    ]
    events_ = deliveries.connection.exec_driver_sql("SELECT DISTINCT event, attempts_before FROM outbox").all()
    assert [tuple(row) for row in events_] == [("live_segment.matched", 0)]


def test_what_was_pending_in_an_old_store_is_due_in_its_order(deliveries: OldStore) -> None:
    connection = deliveries.connection
    found = outbox.due(connection, NOON_US + 10 * MINUTE_US, 10, 10)
    assert [one.webhook_id for one in found] == ["msg_2", "msg_3"]
    assert outbox.next_due_us(connection) == NOON_US + 2 * MINUTE_US + 5


def test_a_number_that_a_delivery_of_an_old_store_once_had_is_not_given_again(deliveries: OldStore) -> None:
    outbox.add(deliveries.connection, [delivery(1, 99)], wait_us=MINUTE_US)
    assert deliveries.connection.exec_driver_sql("SELECT max(delivery_id) FROM outbox").scalar_one() == 9


def test_sequences_go_on_after_the_deliveries_that_an_old_store_has(deliveries: OldStore) -> None:
    assert webhook_sequences.take(deliveries.connection, [(7, 0), (7, 1), (9, 0), (9, 1)]) == [4, 2, 2, 1]


def test_every_account_of_an_old_store_has_a_receiver(deliveries: OldStore) -> None:
    for account in (1, 2):
        assert receivers.of_account(deliveries.connection, account).disabled_us is None


def test_an_old_store_without_a_delivery_begins_at_1(old: OldStore) -> None:
    migrate(old.connection)
    outbox.add(old.connection, [delivery(1, 99)], wait_us=MINUTE_US)
    assert old.connection.exec_driver_sql("SELECT max(delivery_id) FROM outbox").scalar_one() == 1


# 0004: accounts choose what they are told of


def test_an_account_of_an_old_store_has_chosen_nothing(deliveries: OldStore) -> None:
    for account in (1, 2):
        assert accounts.by_id(deliveries.connection, account).configuration == AccountConfiguration()


# 0008: a match that was told is known by its instant


def test_of_a_match_that_an_old_store_has_told_the_instant_is_the_tags(old: OldStore) -> None:
    """One whose tag is gone is taken back by nothing, like one that was taken back."""
    upgrade_to(old.connection, "0004")
    old.insert("tags", (7, 0, NOON_US), (8, 1, NOON_US + 1))
    old.insert("told_matches", (7, 0, "msg_1"), (7, 1, "msg_2"), (8, 1, None))
    migrate(old.connection)
    found = told_matches.told(old.connection, 1, dict.fromkeys([(7, 0), (7, 1), (8, 1), (8, 2)], NOON_US))
    assert found == {
        (7, 0): ToldMatch("msg_1", NOON_US),
        (7, 1): ToldMatch("msg_2", None),
        (8, 1): NOTHING,
        (8, 2): NOTHING,
    }


def test_a_webhook_of_an_old_store_that_has_no_meta_is_not_taken_for_the_match_of_an_instant(
    deliveries: OldStore,
) -> None:
    assert told_matches.told(deliveries.connection, 1, {(7, 0): NOON_US}) == {(7, 0): NOTHING}
