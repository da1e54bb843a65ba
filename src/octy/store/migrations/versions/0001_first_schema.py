"""The first schema."""

import sqlalchemy as sa
from alembic import op

from octy.store.sqlite import RowId

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes all tables."""
    _accounts()
    _catalogue()
    _profiles()
    _log()
    _tags()
    _outbox()


def _accounts() -> None:
    op.create_table(
        "meta",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "accounts",
        sa.Column("account_id", RowId, primary_key=True),
        sa.Column("public_key", sa.Text, nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("next_profile_key", sa.BigInteger, nullable=False),
        sa.Column("contact_name", sa.Text, nullable=False),
        sa.Column("contact_surname", sa.Text, nullable=False),
        sa.Column("contact_email_address", sa.Text, nullable=False),
        sa.Column("webhook_url", sa.Text, nullable=False),
        sa.Column("authenticated_id_key", sa.Text, nullable=False),
        sa.UniqueConstraint("public_key"),
    )


def _catalogue() -> None:
    op.create_table(
        "event_types",
        sa.Column("type_id", RowId, primary_key=True),
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.account_id"), nullable=False),
        sa.Column("event_type_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("properties", sa.Text, nullable=False),
        sa.Column("is_system", sa.Boolean, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("account_id", "name"),
        sa.UniqueConstraint("event_type_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "segments",
        sa.Column("segment_key", RowId, primary_key=True),
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.account_id"), nullable=False),
        sa.Column("segment_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("created_seq", sa.BigInteger, nullable=False),
        sa.Column("delete_requested_us", sa.BigInteger),
        sa.UniqueConstraint("account_id", "name"),
        sa.UniqueConstraint("segment_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "items",
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.account_id"), primary_key=True),
        sa.Column("item_id", sa.Text, primary_key=True),
        sa.Column("item_category", sa.Text, nullable=False),
        sa.Column("item_name", sa.Text, nullable=False),
        sa.Column("item_description", sa.Text, nullable=False),
        sa.Column("item_price", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("updated_us", sa.BigInteger, nullable=False),
    )


def _profiles() -> None:
    op.create_table(
        "profiles",
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.account_id"), primary_key=True),
        sa.Column("profile_key", sa.BigInteger, primary_key=True),
        sa.Column("profile_id", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("has_charged", sa.Boolean, nullable=False),
        sa.Column("profile_data", sa.Text, nullable=False),
        sa.Column("platform_info", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("updated_us", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("account_id", "customer_id"),
        sa.UniqueConstraint("profile_id"),
    )


def _log() -> None:
    op.create_table(
        "events",
        sa.Column("seq", RowId, primary_key=True, autoincrement=False),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.Column("profile_key", sa.BigInteger, nullable=False),
        sa.Column("type_id", sa.BigInteger, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("accepted_us", sa.BigInteger, nullable=False),
        sa.Column("properties", sa.Text),
    )
    op.create_table(
        "event_places",
        sa.Column("account_id", sa.BigInteger, primary_key=True),
        sa.Column("profile_key", sa.BigInteger, primary_key=True),
        sa.Column("created_us", sa.BigInteger, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "message_ids",
        sa.Column("account_id", sa.BigInteger, primary_key=True),
        sa.Column("message_id", sa.Text, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index(None, "message_ids", ["seq"])
    op.create_index(None, "message_ids", ["created_us"])
    op.create_table(
        "idempotency_keys",
        sa.Column("account_id", sa.BigInteger, primary_key=True),
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("idempotency_key", sa.Text, primary_key=True),
        sa.Column("body_sha256", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
    )
    op.create_index(None, "idempotency_keys", ["created_us"])


def _tags() -> None:
    op.create_table(
        "tags",
        sa.Column("segment_key", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("profile_key", sa.BigInteger, primary_key=True),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tag_history",
        sa.Column("change_id", RowId, primary_key=True, autoincrement=False),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.Column("profile_key", sa.BigInteger, nullable=False),
        sa.Column("segment_key", sa.BigInteger, nullable=False),
        sa.Column("segment_id", sa.Text, nullable=False),
        sa.Column("segment_tag", sa.Text, nullable=False),
        sa.Column("kind", sa.Integer, nullable=False),
        sa.Column("effective_us", sa.BigInteger, nullable=False),
        sa.Column("recorded_us", sa.BigInteger, nullable=False),
        sa.Column("cause", sa.Integer, nullable=False),
        sa.Column("event_seq", sa.BigInteger),
    )
    op.create_table(
        "change_places",
        sa.Column("account_id", sa.BigInteger, primary_key=True),
        sa.Column("profile_key", sa.BigInteger, primary_key=True),
        sa.Column("change_id", sa.BigInteger, primary_key=True),
        sqlite_with_rowid=False,
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("delivery_id", RowId, primary_key=True),
        sa.Column("webhook_id", sa.Text, nullable=False),
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.account_id"), nullable=False),
        sa.Column("profile_key", sa.BigInteger, nullable=False),
        sa.Column("segment_key", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_attempt_us", sa.BigInteger, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.Column("finished_us", sa.BigInteger),
        sa.UniqueConstraint("webhook_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(None, "outbox", ["state", "next_attempt_us"])
    op.create_index(None, "outbox", ["account_id", "profile_key"])
