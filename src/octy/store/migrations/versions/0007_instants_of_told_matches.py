"""A match that was told is known by its instant, so that no later one of the same profile is taken for it.

Of an earlier store, a tag that is there dates from the match that was told last; where there is none, that is gone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Adds the column, and looks up the instants."""
    op.add_column("told_matches", sa.Column("at_us", sa.BigInteger))
    op.execute(
        "UPDATE told_matches SET at_us = (SELECT created_us FROM tags"
        " WHERE tags.segment_key = told_matches.segment_key AND tags.profile_key = told_matches.profile_key)"
        " WHERE webhook_id IS NOT NULL"
    )
