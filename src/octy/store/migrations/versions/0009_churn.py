"""What is foretold of profiles, and the trainings that foretell it. There are none yet."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Makes the tables, empty, and adds what is configured of trainings."""
    op.create_table(
        "predictions",
        sa.Column("account_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("profile_key", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("churn_probability", sa.Float, nullable=False),
        sa.Column("rfm_score", sa.Integer),
        sa.Column("training_job_id", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "profile_key"], ["profiles.account_id", "profiles.profile_key"], ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(None, "predictions", ["account_id", "churn_probability"])
    op.create_index(None, "predictions", ["account_id", "rfm_score"])
    op.create_table(
        "churn_trainings",
        sa.Column("training_job_id", sa.Text, primary_key=True),
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.account_id"), nullable=False),
        sa.Column("trained_us", sa.BigInteger, nullable=False),
        sa.Column("report", sa.Text, nullable=False),
        sa.Column("model", sa.LargeBinary),
    )
    op.create_index(None, "churn_trainings", ["account_id", "trained_us"])
    for name, kind in (("event_type", sa.Text), ("horizon_days", sa.Integer), ("training_every_days", sa.Integer)):
        op.add_column("algorithms", sa.Column(name, kind))
