"""Do the migrations build exactly what `schema.py` says?"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect

import octy.store
from octy.store.folder import Store
from octy.store.migrate import HEAD, migrate
from octy.store.schema import metadata
from octy.store.sqlite import writing_engine


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Connection]:
    with writing_engine(tmp_path / "empty.db").connect() as connection:
        yield connection


def layout(connection: Connection) -> set[str]:
    """How everything in the database was made, whatever the order of constraints in a table and of columns."""
    rows = connection.exec_driver_sql("SELECT sql FROM sqlite_schema WHERE sql NOT LIKE '%alembic_version%'")
    return {" ".join(sorted(sql.replace(",", " ").split())) for (sql,) in rows}


def test_alembic_finds_no_difference_between_a_store_and_the_schema(store: Store) -> None:
    with store.reading() as snapshot:
        assert compare_metadata(MigrationContext.configure(snapshot), metadata) == []


def test_a_store_is_laid_out_exactly_as_the_schema_would_be(store: Store) -> None:
    """Also what Alembic does not compare: names of constraints, tables without row ids, keys that are never reused."""
    with store.reading() as snapshot:
        migrated = layout(snapshot)
    with create_engine("sqlite://").begin() as fresh:
        metadata.create_all(fresh)
        assert migrated == layout(fresh)


def test_the_last_revision_is_the_one_that_is_named() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(octy.store.__path__[0]) / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_a_migration_that_is_interrupted_leaves_nothing(empty: Connection) -> None:
    with empty.begin() as transaction:
        migrate(empty)
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
