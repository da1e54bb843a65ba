"""A deletion can be cancelled until the purge, which leaves a receipt; training jobs say which segments they use.

Of a deletion that was asked for before, nobody knows which events came after it: `delete_requested_seq` stays NULL.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Makes the tables, empty, and adds the columns."""
    op.add_column("segments", sa.Column("delete_requested_seq", sa.BigInteger))
    op.add_column("segments", sa.Column("pauses", sa.Text, nullable=False, server_default="[]"))
    op.create_table(
        "training_uses",
        sa.Column("segment_key", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("job_id", sa.Text, primary_key=True),
        sa.Column("begun_us", sa.BigInteger, nullable=False),
        sa.Column("trained_us", sa.BigInteger),
        sqlite_with_rowid=False,
    )
    op.create_index(None, "training_uses", ["job_id"])
    op.create_table(
        "purge_receipts",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.account_id"), nullable=False),
        sa.Column("receipt_id", sa.Text, nullable=False, unique=True),
        sa.Column("segment_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("requested_us", sa.BigInteger, nullable=False),
        sa.Column("purged_us", sa.BigInteger, nullable=False),
        sa.Column("recorded_us", sa.BigInteger, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("job_id", sa.Text),
        sa.Column("models", sa.Text, nullable=False),
        sa.Column("tags_removed", sa.BigInteger, nullable=False),
        sa.Column("tags_sha256", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index(None, "purge_receipts", ["account_id", "number"])
