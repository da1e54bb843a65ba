"""Accounts may say how long their events are kept. Those that there are keep everything, as before."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Adds the columns."""
    op.add_column("accounts", sa.Column("retention_days", sa.Integer, nullable=False, server_default="0"))
    op.add_column("accounts", sa.Column("aged_us", sa.BigInteger, nullable=False, server_default="0"))
