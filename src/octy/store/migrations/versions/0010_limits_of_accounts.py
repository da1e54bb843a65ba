"""How much an account may ask for in a second. Those that there are may what the server lets all."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Adds what is not set."""
    for name in ("requests_per_second", "events_per_second"):
        op.add_column("accounts", sa.Column(name, sa.Integer))
