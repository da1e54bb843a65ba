"""Long work has a table: training datasets, and what is trained on them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"


def upgrade() -> None:
    """Makes the table, empty."""
    op.create_table(
        "jobs",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("job_id", sa.Text, nullable=False),
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.account_id"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("parameters", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("progress", sa.Float, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("requested_us", sa.BigInteger, nullable=False),
        sa.Column("started_us", sa.BigInteger),
        sa.Column("ended_us", sa.BigInteger),
        sa.Column("error", sa.Text),
        sa.Column("file", sa.Text),
        sa.Column("file_bytes", sa.BigInteger),
        sa.Column("file_sha256", sa.Text),
        sa.Column("result", sa.Text),
        sa.Column("segments", sa.Text, nullable=False),
        sa.Column("last_seq", sa.BigInteger),
        sa.UniqueConstraint("job_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(None, "jobs", ["account_id", "number"])
