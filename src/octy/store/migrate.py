"""Which revision is a store at, can this version serve it, and how does it get to the last one?"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, inspect, select
from sqlalchemy.schema import CreateIndex, CreateTable

from octy.model.errors import StoreError
from octy.store.schema import metadata

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0010"
"""The last revision. Named here so that a start with nothing to migrate need not load Alembic, which takes a while."""
_REVISION = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""Alembic's own table, as it would make it."""


def needs_migration(connection: Connection) -> bool:
    """Whether the store is empty, or of an earlier version. StoreError where it is of a newer one, or none of ours."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return True
    revision = _revision(connection) if _REVISION.name in tables else None
    if revision is None:
        raise StoreError("it holds a database that Octy did not make")
    if revision == HEAD:
        return False
    require_known(revision)
    return True


def require_known(revision: str) -> None:
    """StoreError where a store at that revision is of a newer version."""
    if revision != HEAD and revision not in _known_revisions():
        raise StoreError(f"it was written by a newer version of Octy (schema {revision}; this one knows up to {HEAD})")


def migrate(connection: Connection) -> None:
    """Brings the store to `HEAD`, all in the transaction that is open on the connection.

    An empty one is made at once as `octy.store.schema` says, which is where all migrations lead: without Alembic.
    """
    if not inspect(connection).get_table_names():
        _make(connection)
        return
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _make(connection: Connection) -> None:
    """In one order, which `create_all` does not keep: equal stores have equal files."""
    for table in [*metadata.sorted_tables, _REVISION]:
        connection.execute(CreateTable(table))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(CreateIndex(index))
    connection.execute(_REVISION.insert().values(version_num=HEAD))


def _revision(connection: Connection) -> str | None:
    revision: str | None = connection.scalar(select(_REVISION.c.version_num))
    return revision


def _known_revisions() -> set[str]:
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config
