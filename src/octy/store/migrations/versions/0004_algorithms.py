"""Accounts get configurations of algorithms, kept for neighbouring products."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Makes their table."""
    op.create_table(
        "algorithms",
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.account_id"), primary_key=True),
        sa.Column("algorithm_name", sa.Text, primary_key=True),
        sa.Column("recommend_interacted_items", sa.Boolean, nullable=False),
        sa.Column("item_id_stop_list", sa.Text, nullable=False),
        sa.Column("profile_features", sa.Text, nullable=False),
        sa.Column("updated_us", sa.BigInteger, nullable=False),
    )
