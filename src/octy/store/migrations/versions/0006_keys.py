"""An account has several pairs of keys, each with a role and perhaps an end; it has a name of its own, and can be shut.

The keys that there are may do everything, as before, and the public one is the account's name.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Moves the keys into a table of theirs."""
    op.create_table(
        "keys",
        sa.Column("public_key", sa.Text, primary_key=True),
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.account_id"), nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("ends_us", sa.BigInteger),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO keys (public_key, account_id, secret_sha256, role, created_us) "
        "SELECT public_key, account_id, secret_sha256, 'full', created_us FROM accounts"
    )
    op.drop_column("accounts", "secret_sha256")
    op.execute("ALTER TABLE accounts RENAME COLUMN public_key TO name")
    op.add_column("accounts", sa.Column("shut_us", sa.BigInteger))
