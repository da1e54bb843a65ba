"""What is told and how long events are kept is the account's choice; algorithms have configurations.

Who has chosen nothing has no rows, and the accounts that there are keep everything, as before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Makes the tables, empty, and adds the columns."""
    _algorithms()
    _choices()
    _bounds()
    _retention()


def _algorithms() -> None:
    op.create_table(
        "algorithms",
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.account_id"), primary_key=True),
        sa.Column("algorithm_name", sa.Text, primary_key=True),
        sa.Column("recommend_interacted_items", sa.Boolean, nullable=False),
        sa.Column("item_id_stop_list", sa.Text, nullable=False),
        sa.Column("profile_features", sa.Text, nullable=False),
        sa.Column("updated_us", sa.BigInteger, nullable=False),
    )


def _choices() -> None:
    op.create_table(
        "webhook_choices",
        sa.Column(
            "account_id", sa.BigInteger, sa.ForeignKey("accounts.account_id"), primary_key=True, autoincrement=False
        ),
        sa.Column("chosen", sa.Text, nullable=False),
    )
    op.create_table(
        "told_matches",
        sa.Column("segment_key", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("profile_key", sa.BigInteger, primary_key=True),
        sa.Column("webhook_id", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_outbox_account_id_event_delivery_id",
        "outbox",
        ["account_id", "event", "delivery_id"],
        sqlite_where=sa.text("event <> 'live_segment.matched'"),
    )


def _bounds() -> None:
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


def _retention() -> None:
    op.add_column("accounts", sa.Column("retention_days", sa.Integer, nullable=False, server_default="0"))
    op.add_column("accounts", sa.Column("aged_us", sa.BigInteger, nullable=False, server_default="0"))
