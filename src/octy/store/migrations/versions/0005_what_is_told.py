"""Accounts choose what they are told of; a webhook that takes a match back names the one that told of it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Makes the tables, empty: who has chosen nothing has no row."""
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
