"""Webhooks get secrets, sequence numbers, lanes for each profile, and a log of attempts.

The outbox is made anew with the columns that it lacks; whatever was pending stays in its order. Each account gets a
receiver; its secret is made when the store is next served.
"""

import sqlalchemy as sa
from alembic import op

from octy.store.sqlite import RowId

revision = "0003"
down_revision = "0002"

MATCHED = "live_segment.matched"
MOVE_DELIVERIES = (
    "INSERT INTO outbox SELECT delivery_id, webhook_id, account_id, profile_key, segment_key, ?, body, created_us, "
    "state, attempts, 0, next_attempt_us, last_error, finished_us FROM old_outbox"
)
MAKE_LANES = (
    "INSERT INTO outbox_lanes SELECT account_id, profile_key, min(next_attempt_us) FROM outbox "
    "WHERE state = 'pending' GROUP BY account_id, profile_key"
)
KEEP_COUNTING = (
    "DELETE FROM sqlite_sequence WHERE name = 'outbox'",
    "INSERT INTO sqlite_sequence SELECT 'outbox', seq FROM sqlite_sequence WHERE name = 'old_outbox'",
)
"""A delivery's number is never given twice, also where the last ones are gone."""
MAKE_RECEIVERS = "INSERT INTO receivers SELECT account_id, NULL, NULL, NULL, 0 FROM accounts"
COUNT_DELIVERIES = (
    "INSERT INTO webhook_sequences SELECT segment_key, profile_key, count(*) FROM outbox "
    "GROUP BY segment_key, profile_key"
)


def upgrade() -> None:
    """Makes the new tables, and moves the outbox."""
    _make_tables()
    connection = op.get_bind()
    op.rename_table("outbox", "old_outbox")
    _make_outbox()
    connection.exec_driver_sql(MOVE_DELIVERIES, (MATCHED,))
    for statement in (*KEEP_COUNTING, MAKE_LANES, MAKE_RECEIVERS, COUNT_DELIVERIES):
        connection.exec_driver_sql(statement)
    op.drop_table("old_outbox")


def _make_tables() -> None:
    op.create_table(
        "receivers",
        sa.Column(
            "account_id", sa.BigInteger, sa.ForeignKey("accounts.account_id"), primary_key=True, autoincrement=False
        ),
        sa.Column("failing_since_us", sa.BigInteger),
        sa.Column("disabled_us", sa.BigInteger),
        sa.Column("disabled_reason", sa.Text),
        sa.Column("dropped_through", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "webhook_secrets",
        sa.Column("secret_id", RowId, primary_key=True),
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.account_id"), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("expires_us", sa.BigInteger),
    )
    op.create_index(None, "webhook_secrets", ["account_id"])
    op.create_table(
        "webhook_sequences",
        sa.Column("segment_key", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("profile_key", sa.BigInteger, primary_key=True),
        sa.Column("last_number", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outbox_lanes",
        sa.Column("account_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("profile_key", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("due_us", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index(None, "outbox_lanes", ["account_id", "due_us"])


def _make_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("delivery_id", RowId, primary_key=True),
        sa.Column("webhook_id", sa.Text, nullable=False),
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.account_id"), nullable=False),
        sa.Column("profile_key", sa.BigInteger, nullable=False),
        sa.Column("segment_key", sa.BigInteger, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("attempts_before", sa.Integer, nullable=False),
        sa.Column("next_attempt_us", sa.BigInteger, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.Column("finished_us", sa.BigInteger),
        sa.UniqueConstraint("webhook_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(None, "outbox", ["account_id", "created_us"])
    op.create_index(None, "outbox", ["account_id", "state", "delivery_id"])
    op.create_index(None, "outbox", ["account_id", "segment_key", "delivery_id"])
    op.create_index(None, "outbox", ["account_id", "profile_key", "state", "delivery_id"])
    op.create_index(None, "outbox", ["account_id", "profile_key", "state", "next_attempt_us"])
    op.create_index(None, "outbox", ["finished_us"])
    op.create_table(
        "webhook_attempts",
        sa.Column(
            "delivery_id",
            sa.BigInteger,
            sa.ForeignKey("outbox.delivery_id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("started_us", sa.BigInteger, nullable=False),
        sa.Column("took_ms", sa.Integer, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("error", sa.Text),
        sa.Column("excerpt", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
