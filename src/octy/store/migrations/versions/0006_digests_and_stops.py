"""What is told of a segment is bounded: by the minute, with digests of the rest, and by a breaker."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Makes the tables, empty."""
    op.create_table(
        "webhook_minutes",
        sa.Column("segment_key", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.Column("begins_us", sa.BigInteger, nullable=False),
        sa.Column("changes", sa.BigInteger, nullable=False),
        sa.Column("told", sa.BigInteger, nullable=False),
        sa.Column("digest_id", sa.Text),
        sa.Column("digested", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "webhook_stops",
        sa.Column("segment_key", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.Column("stopped_us", sa.BigInteger, nullable=False),
        sa.Column("withheld", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "digest_changes",
        sa.Column("webhook_id", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.Column("profile_key", sa.BigInteger, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("cause", sa.Integer, nullable=False),
        sa.Column("effective_us", sa.BigInteger, nullable=False),
        sa.Column("recorded_us", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index(None, "digest_changes", ["account_id", "profile_key"])
    op.create_index(None, "digest_changes", ["recorded_us"])
