"""What is stored, table by table. The migrations build exactly this, which a test checks.

Instants are microseconds since 1970 (`_us`). Ids that accounts see are text; what the program itself refers to is an
integer. JSON is plain text, so that every database keeps it as it came.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from octy.store.sqlite import RowId

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""What there is one of per store: `octy.store.meta`."""

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", RowId, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("next_profile_key", BigInteger, nullable=False),
    Column("contact_name", Text, nullable=False),
    Column("contact_surname", Text, nullable=False),
    Column("contact_email_address", Text, nullable=False),
    Column("webhook_url", Text, nullable=False),
    Column("authenticated_id_key", Text, nullable=False),
    Column("retention_days", Integer, nullable=False, server_default="0"),
    Column("aged_us", BigInteger, nullable=False, server_default="0"),
    Column("shut_us", BigInteger),
    Column("requests_per_second", Integer),
    Column("events_per_second", Integer),
    UniqueConstraint("name", name="uq_accounts_public_key"),
)
"""`next_profile_key` outlives the profiles, so that a key is never given twice. Events before `aged_us` may be gone.

An account's name was its public key once, as the constraint's name still tells.
"""

keys = Table(
    "keys",
    metadata,
    Column("public_key", Text, primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.account_id"), nullable=False),
    Column("secret_sha256", LargeBinary, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("ends_us", BigInteger),
    sqlite_with_rowid=False,
)
"""Those that have ended stay: a public key is never given twice."""

event_types = Table(
    "event_types",
    metadata,
    Column("type_id", RowId, primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.account_id"), nullable=False),
    Column("event_type_id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("properties", Text, nullable=False),  # JSON: an array of keys
    Column("is_system", Boolean, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    UniqueConstraint("account_id", "name"),
    sqlite_autoincrement=True,
)

profiles = Table(
    "profiles",
    metadata,
    Column("account_id", BigInteger, ForeignKey("accounts.account_id"), primary_key=True),
    Column("profile_key", BigInteger, primary_key=True),
    Column("profile_id", Text, nullable=False, unique=True),
    Column("customer_id", Text, nullable=False),
    Column("has_charged", Boolean, nullable=False),
    Column("profile_data", Text, nullable=False),  # JSON: an object of scalars
    Column("platform_info", Text, nullable=False),  # JSON: an object of scalars
    Column("status", Text, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("updated_us", BigInteger, nullable=False),
    UniqueConstraint("account_id", "customer_id"),
)
"""`profile_key` counts from 0 in each account: it indexes the engine's arrays."""

event_blocks = Table(
    "event_blocks",
    metadata,
    Column("first_seq", RowId, primary_key=True, autoincrement=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("row_count", Integer, nullable=False),
    Column("columns", LargeBinary, nullable=False),
    Column("properties", LargeBinary, nullable=False),  # JSON: a line for each event
    Index(None, "account_id", "first_seq"),
)
"""The log (T2), as far as it is not in the archive: a row for each account's events of one commit, or several where
they are large, as columns."""

archive_runs = Table(
    "archive_runs",
    metadata,
    Column("run_id", RowId, primary_key=True),
    Column("file", Text, nullable=False, unique=True),
    Column("log", Text, nullable=False),  # events, changes or standings
    Column("account_id", BigInteger, nullable=False),
    Column("first_number", BigInteger, nullable=False),
    Column("last_number", BigInteger, nullable=False),
    Column("row_count", BigInteger, nullable=False),
    Column("created_min_us", BigInteger, nullable=False),
    Column("created_max_us", BigInteger, nullable=False),
    Column("type_ids", Text, nullable=False),  # JSON: an array of integers
    Column("file_bytes", BigInteger, nullable=False),
    Column("file_sha256", LargeBinary, nullable=False),
    Index(None, "log", "account_id", "first_number"),
    sqlite_autoincrement=True,
)
"""The ledger of the archive (`octy.store.archive`): a row of a log is in a block, or in exactly one of these files."""

erasures = Table(
    "erasures",
    metadata,
    Column("account_id", BigInteger, primary_key=True),
    Column("profile_key", BigInteger, primary_key=True),
    Column("requested_us", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Deleted profiles (X3) of which the archive may still hold something."""

message_ids = Table(
    "message_ids",
    metadata,
    Column("account_id", BigInteger, primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Index(None, "seq"),
    Index(None, "created_us"),
    sqlite_with_rowid=False,
)
"""E8. Its indexes, for deleted profiles' ids and for forgotten ones, grow at their end only, which is cheap."""

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("account_id", BigInteger, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("idempotency_key", Text, primary_key=True),
    Column("body_sha256", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Index(None, "created_us"),
)
"""E5."""

segments = Table(
    "segments",
    metadata,
    Column("segment_key", RowId, primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.account_id"), nullable=False),
    Column("segment_id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("definition", Text, nullable=False),  # JSON: the wire's form
    Column("status", Text, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("created_seq", BigInteger, nullable=False),
    Column("delete_requested_us", BigInteger),
    Column("delete_requested_seq", BigInteger),
    Column("pauses", Text, nullable=False, server_default="[]"),  # JSON: an array of objects
    UniqueConstraint("account_id", "name"),
    sqlite_autoincrement=True,
)
"""`created_seq` is the last event's at the segment's creation, `delete_requested_seq` at the request to delete it.

`pauses` are the times in which a deletion was pending that was cancelled.
"""

training_uses = Table(
    "training_uses",
    metadata,
    Column("segment_key", BigInteger, primary_key=True, autoincrement=False),
    Column("job_id", Text, primary_key=True),
    Column("begun_us", BigInteger, nullable=False),
    Column("trained_us", BigInteger),
    Index(None, "job_id"),
    sqlite_with_rowid=False,
)
"""Which training jobs use a segment's tags; `trained_us` is NULL while one is in flight. They go with the segment."""

purge_receipts = Table(
    "purge_receipts",
    metadata,
    Column("number", RowId, primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.account_id"), nullable=False),
    Column("receipt_id", Text, nullable=False, unique=True),
    Column("segment_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("definition", Text, nullable=False),  # JSON: the wire's form
    Column("created_us", BigInteger, nullable=False),
    Column("requested_us", BigInteger, nullable=False),
    Column("purged_us", BigInteger, nullable=False),
    Column("recorded_us", BigInteger, nullable=False),
    Column("cause", Text, nullable=False),
    Column("job_id", Text),
    Column("models", Text, nullable=False),  # JSON: an array of job ids
    Column("tags_removed", BigInteger, nullable=False),
    Column("tags_sha256", LargeBinary, nullable=False),
    Index(None, "account_id", "number"),
    sqlite_autoincrement=True,
)
"""What is left of a segment that was purged (X2), for good: no profile is named, their tags are a checksum."""

tags = Table(
    "tags",
    metadata,
    Column("segment_key", BigInteger, primary_key=True, autoincrement=False),
    Column("profile_key", BigInteger, primary_key=True),
    Column("created_us", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Who bears which tag now, and since when (G1). One order for all: an account has few segments to look through."""

segment_names = Table(
    "segment_names",
    metadata,
    Column("segment_key", BigInteger, primary_key=True, autoincrement=False),
    Column("segment_id", Text, nullable=False),
    Column("name", Text, nullable=False),
)
"""What every segment that there ever was is called in the history of tags, which outlives it (G5)."""

change_blocks = Table(
    "change_blocks",
    metadata,
    Column("first_change_id", RowId, primary_key=True, autoincrement=False),
    Column("last_change_id", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("row_count", Integer, nullable=False),
    Column("columns", LargeBinary, nullable=False),
    Index(None, "account_id", "first_change_id"),
)
"""Every change of a tag (G5), as far as it is not in the archive: as `event_blocks`."""

webhook_choices = Table(
    "webhook_choices",
    metadata,
    Column("account_id", BigInteger, ForeignKey("accounts.account_id"), primary_key=True, autoincrement=False),
    Column("chosen", Text, nullable=False),  # JSON: an object of what is not as it is by default
)
"""What accounts want to be told of. One that has chosen nothing has no row."""

receivers = Table(
    "receivers",
    metadata,
    Column("account_id", BigInteger, ForeignKey("accounts.account_id"), primary_key=True, autoincrement=False),
    Column("failing_since_us", BigInteger),
    Column("disabled_us", BigInteger),
    Column("disabled_reason", Text),
    Column("dropped_through", BigInteger, nullable=False),
)
"""How each account's receiver of webhooks fares. Pending deliveries up to `dropped_through` are to be given up."""

webhook_secrets = Table(
    "webhook_secrets",
    metadata,
    Column("secret_id", RowId, primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.account_id"), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger),
    Index(None, "account_id"),
)
"""What webhooks are signed with, encrypted by `octy.store.vault`. One that has been replaced expires."""

webhook_sequences = Table(
    "webhook_sequences",
    metadata,
    Column("segment_key", BigInteger, primary_key=True, autoincrement=False),
    Column("profile_key", BigInteger, primary_key=True),
    Column("last_number", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""How many webhooks there ever were about each profile in each segment: outlives the deliveries."""

told_matches = Table(
    "told_matches",
    metadata,
    Column("segment_key", BigInteger, primary_key=True, autoincrement=False),
    Column("profile_key", BigInteger, primary_key=True),
    Column("webhook_id", Text),
    Column("at_us", BigInteger),
    sqlite_with_rowid=False,
)
"""The webhook that told last of a match, by segment and profile, and the match's instant; NULL where it was taken back.

Kept for accounts that want to be told of retractions: it outlives the deliveries.
"""

webhook_minutes = Table(
    "webhook_minutes",
    metadata,
    Column("segment_key", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, nullable=False),
    Column("begins_us", BigInteger, nullable=False),
    Column("changes", BigInteger, nullable=False),
    Column("told", BigInteger, nullable=False),
    Column("digest_id", Text),
    Column("digested", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""How much has happened in a segment in the present minute, of accounts that bound what they are told.

`changes` counts what the breaker counts, `told` what was told one by one; the rest goes out in a digest, whose webhook
id is known before it is made.
"""

webhook_stops = Table(
    "webhook_stops",
    metadata,
    Column("segment_key", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, nullable=False),
    Column("stopped_us", BigInteger, nullable=False),
    Column("withheld", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Segments of which nothing is told until their account says so; how many changes were not told since."""

digest_changes = Table(
    "digest_changes",
    metadata,
    Column("webhook_id", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("account_id", BigInteger, nullable=False),
    Column("profile_key", BigInteger, nullable=False),
    Column("event", Text, nullable=False),
    Column("cause", Integer, nullable=False),
    Column("effective_us", BigInteger, nullable=False),
    Column("recorded_us", BigInteger, nullable=False),
    Index(None, "account_id", "profile_key"),
    Index(None, "recorded_us"),
    sqlite_with_rowid=False,
)
"""What digests tell of, also those that are not made yet; `number` counts from 1 in each."""

outbox = Table(
    "outbox",
    metadata,
    Column("delivery_id", RowId, primary_key=True),
    Column("webhook_id", Text, nullable=False, unique=True),
    Column("account_id", BigInteger, ForeignKey("accounts.account_id"), nullable=False),
    Column("profile_key", BigInteger, nullable=False),
    Column("segment_key", BigInteger, nullable=False),
    Column("event", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("attempts_before", Integer, nullable=False),
    Column("next_attempt_us", BigInteger, nullable=False),
    Column("last_error", Text),
    Column("finished_us", BigInteger),
    Index(None, "account_id", "created_us"),
    Index(None, "account_id", "state", "delivery_id"),
    Index(None, "account_id", "segment_key", "delivery_id"),
    Index(None, "account_id", "profile_key", "state", "delivery_id"),
    Index(None, "account_id", "profile_key", "state", "next_attempt_us"),
    Index(None, "finished_us"),
    Index(
        "ix_outbox_account_id_event_delivery_id",
        "account_id",
        "event",
        "delivery_id",
        sqlite_where=text("event <> 'live_segment.matched'"),
    ),
    sqlite_autoincrement=True,
)
"""Webhooks (H3, H4). Ids are never given twice: a delivery in flight may outlive its row.

`attempts_before` were made before the delivery was last put in the queue. `profile_key` is negative where a delivery
is about no profile, `segment_key` 0 where it is about no segment. The index by event leaves out the event that most
are about: it costs nothing where there is no other, and finds the others among them.
"""

outbox_lanes = Table(
    "outbox_lanes",
    metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("profile_key", BigInteger, primary_key=True, autoincrement=False),
    Column("due_us", BigInteger, nullable=False),
    Index(None, "account_id", "due_us"),
    sqlite_with_rowid=False,
)
"""The queue: a row for each profile with pending deliveries, due when the first of those is."""

webhook_attempts = Table(
    "webhook_attempts",
    metadata,
    Column(
        "delivery_id",
        BigInteger,
        ForeignKey("outbox.delivery_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("started_us", BigInteger, nullable=False),
    Column("took_ms", Integer, nullable=False),
    Column("status", Integer),
    Column("error", Text),
    Column("excerpt", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""What came of each attempt to deliver; `number` counts from 1."""

items = Table(
    "items",
    metadata,
    Column("account_id", BigInteger, ForeignKey("accounts.account_id"), primary_key=True),
    Column("item_id", Text, primary_key=True),
    Column("item_category", Text, nullable=False),
    Column("item_name", Text, nullable=False),
    Column("item_description", Text, nullable=False),
    Column("item_price", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("updated_us", BigInteger, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("number", RowId, primary_key=True),
    Column("job_id", Text, nullable=False, unique=True),
    Column("account_id", BigInteger, ForeignKey("accounts.account_id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("parameters", Text, nullable=False),  # JSON
    Column("status", Text, nullable=False),
    Column("progress", Float, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("requested_us", BigInteger, nullable=False),
    Column("started_us", BigInteger),
    Column("ended_us", BigInteger),
    Column("error", Text),
    Column("file", Text),
    Column("file_bytes", BigInteger),
    Column("file_sha256", Text),
    Column("result", Text),  # JSON
    Column("segments", Text, nullable=False),  # JSON: an array of ids
    Column("last_seq", BigInteger),
    Index(None, "account_id", "number"),
    sqlite_autoincrement=True,
)
"""Long work in processes of its own (`octy.service.jobs`); `number` is the order in which it was asked for.

`file` is what was made, in a folder of the data folder, as long as it is there; `segments` are those whose tags were
used; `last_seq` the last event's that was known.
"""

algorithms = Table(
    "algorithms",
    metadata,
    Column("account_id", BigInteger, ForeignKey("accounts.account_id"), primary_key=True),
    Column("algorithm_name", Text, primary_key=True),
    Column("recommend_interacted_items", Boolean, nullable=False),
    Column("item_id_stop_list", Text, nullable=False),  # JSON: an array of ids
    Column("profile_features", Text, nullable=False),  # JSON: an array of keys
    Column("updated_us", BigInteger, nullable=False),
    Column("event_type", Text),
    Column("horizon_days", Integer),
    Column("training_every_days", Integer),
)
"""The last three are churn's, and NULL in what was configured before there were trainings."""

predictions = Table(
    "predictions",
    metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("profile_key", BigInteger, primary_key=True, autoincrement=False),
    Column("churn_probability", Float, nullable=False),
    Column("rfm_score", Integer),
    Column("training_job_id", Text, nullable=False),
    ForeignKeyConstraint(
        ["account_id", "profile_key"], ["profiles.account_id", "profiles.profile_key"], ondelete="CASCADE"
    ),
    Index(None, "account_id", "churn_probability"),
    Index(None, "account_id", "rfm_score"),
    sqlite_with_rowid=False,
)
"""What the last training that knew a profile foretells of it; goes with the profile (X3).

Beside the profiles and not among their columns, so that no prediction rewrites a profile.
"""

churn_trainings = Table(
    "churn_trainings",
    metadata,
    Column("training_job_id", Text, primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.account_id"), nullable=False),
    Column("trained_us", BigInteger, nullable=False),
    Column("report", Text, nullable=False),  # JSON: `octy.model.churn.ChurnReport`
    Column("model", LargeBinary),
    Index(None, "account_id", "trained_us"),
)
"""Every training that came to an end: its report, and the model where it is one of the last."""
