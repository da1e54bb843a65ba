"""What does the server show? Each kind of thing as its answers describe it (wire.md 3), as far as a client reads it.

Unknown keys are ignored and missing ones have defaults, as the contract says; a key of a wrong type is an error that
names it. Instants are texts: RFC 1123 where the contract has them so, else ISO 8601 to the microsecond.
"""

from typing import Any

from msgspec import Struct, field

from octy.model.churn import Baseline, CalibrationBin, Candidate, DroppedColumn, Measures


class AccountData(Struct):
    """What an account has configured (wire.md 3.2)."""

    contact_name: str | None = None
    contact_surname: str | None = None
    contact_email_address: str | None = None
    webhook_url: str | None = None
    authenticated_id_key: str | None = None
    webhook_events: list[str] = []
    webhook_causes: list[str] = []
    webhooks_per_minute: int = 0
    webhook_breaker_share: float = 0.0
    retention_days: int = 0


class StoppedItem(Struct):
    """An item that is never recommended."""

    item_id: str


class AlgorithmFields(Struct):
    """What is configured of an algorithm."""

    recommend_interacted_items: bool | None = None
    item_id_stop_list: list[StoppedItem] | None = None
    profile_features: list[str] | None = None
    event_type: str | None = None
    horizon_days: int | None = None
    training_every_days: int | None = None


class AlgorithmView(Struct):
    """An algorithm as configured (wire.md 3.3)."""

    algorithm_name: str
    configurations: AlgorithmFields


class ReceiverView(Struct):
    """How the account's receiver of webhooks fares."""

    enabled: bool = True
    disabled_at: str | None = None
    disabled_reason: str | None = None
    failing_since: str | None = None


class EventTypeView(Struct):
    """An event type (wire.md 3.4)."""

    event_type_id: str
    event_type: str
    event_properties: list[str] | None = None
    created_at: str | None = None


class StepView(Struct):
    """One event of a segment's sequence."""

    event_type: str
    exp_timeframe: int = 0
    """Minutes."""
    action_inaction: str = "action"
    event_properties: dict[str, Any] | None = None


class DependantsView(Struct):
    """Who uses a segment's tags: training jobs in flight, and those that have made a model."""

    training_jobs: list[str] = []
    models: list[str] = []


class SegmentView(Struct):
    """A segment (wire.md 3.5)."""

    segment_id: str
    segment_name: str
    segment_type: str = ""
    segment_sub_type: int = 0
    segment_timeframe: int = 0
    """Days."""
    event_sequence: list[StepView] = []
    profile_property_name: str | None = None
    profile_property_value: str | None = None
    segment_status: str | None = None
    profile_count: int = 0
    created_at: str | None = None
    delete_requested_at: str | None = None
    purge_at: str | None = None
    """When it goes at the latest, while it is pending deletion (X2)."""
    dependants: DependantsView = field(default_factory=DependantsView)


class ReceiptView(Struct):
    """What is left of a segment that was purged (X2)."""

    receipt_id: str
    segment_id: str
    segment_name: str = ""
    segment_type: str = ""
    segment_sub_type: int = 0
    segment_timeframe: int = 0
    """Days."""
    event_sequence: list[StepView] = []
    profile_property_name: str | None = None
    profile_property_value: str | None = None
    created_at: str | None = None
    delete_requested_at: str | None = None
    purged_at: str | None = None
    recorded_at: str | None = None
    cause: str = ""
    training_job_id: str | None = None
    models: list[str] = []
    tags_removed: int = 0
    tags_sha256: str = ""


class CreatedSegment(Struct):
    """A segment that was just created."""

    segment_id: str
    segment_name: str
    segment_status: str | None = None
    warnings: list[str] = []


class TagView(Struct):
    """A segment tag on a profile (G1)."""

    segment_tag: str
    created_at: str | None = None


class ProfileView(Struct):
    """A profile (wire.md 3.9)."""

    profile_id: str
    customer_id: str
    has_charged: bool = False
    profile_data: dict[str, Any] | None = None
    platform_info: dict[str, Any] | None = None
    segment_tags: list[TagView] | None = None
    rfm_score: float | None = None
    churn_probability: str | None = None
    churn_probability_value: float | None = None
    status: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class IdentityView(Struct):
    """The profile behind an id, if there is one."""

    profile_exists: bool = False
    profile_id: str | None = None
    customer_id: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class MetadataView(Struct):
    """What is known of one of the ids that were asked for."""

    provided_identifier: str
    profile: IdentityView
    merged_info: dict[str, Any] = {}


class TagChangeView(Struct):
    """One change of one tag of a profile (G5)."""

    segment_id: str
    segment_tag: str
    kind: str
    """`created`, `updated` or `removed`."""
    effective_at: str
    recorded_at: str
    cause: str
    event_id: str | None = None


class EventView(Struct):
    """An event instance that is stored (wire.md 3.10)."""

    event_id: str
    profile_id: str
    event_type: str
    event_type_id: str = ""
    event_properties: dict[str, Any] | None = None
    created_at: str | None = None
    occurred_at: str | None = None
    """`created_at` to the microsecond, where a profile's story tells of it."""
    duplicate: bool = False
    """Whether it had been stored before, under the same `message_id` (E8)."""


class SecretView(Struct):
    """What webhooks are signed with."""

    secret: str
    created_at: str | None = None
    expires_at: str | None = None


class DeliveryView(Struct):
    """A webhook, and what became of it."""

    delivery_id: str
    event: str = ""
    state: str = ""
    profile_id: str | None = None
    segment_id: str | None = None
    created_at: str | None = None
    attempts: int = 0
    next_attempt_at: str | None = None
    finished_at: str | None = None
    last_error: str | None = None


class StopView(Struct):
    """A segment whose webhooks have stopped, because too many profiles flipped at once."""

    segment_id: str
    segment_tag: str = ""
    stopped_at: str = ""
    withheld: int = 0


class DigestedChangeView(Struct):
    """A change of a tag that a digest tells."""

    number: int
    profile_id: str
    event: str = ""
    cause: str = ""
    at: str = ""


class AttemptView(Struct):
    """What came of one attempt."""

    number: int
    started_at: str = ""
    took_ms: int = 0
    status: int | None = None
    error: str | None = None
    answer: str = ""


class TrainingJobView(Struct):
    """A training of the churn model, and how far the model can be trusted (wire.md 3.8)."""

    training_job_id: str
    model_accuracy: float = 0.0
    """From 0 to 100; what follows is from 0 to 1."""
    training_job_date: str = ""
    dataset_id: str = ""
    segment_ids: list[str] = []
    event_type: str = ""
    horizon_days: int = 0
    train_rows: int = 0
    test_rows: int = 0
    test_from: str = ""
    measures: Measures | None = None
    baselines: list[Baseline] = []
    candidates: list[Candidate] = []
    calibration: list[CalibrationBin] = []
    dropped_columns: list[DroppedColumn] = []
    versions: dict[str, str] = {}


class FeatureView(Struct):
    """How much a feature matters, in percentage points."""

    feature_name: str
    feature_importance: float = 0.0
    spread: float = 0.0


class ChurnAtView(Struct):
    """How much churn there is from an instant on, from 0 to 100."""

    as_of: str
    profiles: int = 0
    churn_percentage: float | None = None
    predicted_churn_percentage: float | None = None


class ChurnDataView(Struct):
    """How much churn there is, from 0 to 100, and what it hangs on."""

    current_churn_percentage: float = 0.0
    churn_direction_indication: str = ""
    churn_percentage_difference: float = 0.0
    features_of_importance: list[FeatureView] = []
    churn_over_time: list[ChurnAtView] = []


class ChurnReportView(Struct):
    """What the last training learnt (wire.md 3.8)."""

    training_job_data: TrainingJobView
    churn_data: ChurnDataView


class TrainingView(Struct):
    """A training, and how far it is."""

    training_job_id: str
    status: str = ""
    """`queued`, `running`, `completed` or `failed`."""
    progress: float = 0.0
    """From 0 to 1; it waits for its dataset."""
    dataset_id: str = ""
    event_type: str = ""
    horizon_days: int = 0
    requested_at: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    error: str | None = None
    segment_ids: list[str] = []

    @property
    def has_ended(self) -> bool:
        """Whether nothing more becomes of it."""
        return self.status in ("completed", "failed")


class LeakView(Struct):
    """A column of a dataset that knows too much, and why."""

    column: str
    kind: str = ""
    reason: str = ""


class DatasetView(Struct):
    """A dataset, and how far it is."""

    dataset_id: str
    status: str = ""
    progress: float = 0.0
    requested_at: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    error: str | None = None
    asked: dict[str, str | bool] = {}
    rows: int | None = None
    columns: list[str] = []
    leaks: list[LeakView] = []
    bytes: int | None = None
    sha256: str | None = None
    segment_ids: list[str] = []

    @property
    def has_ended(self) -> bool:
        """Whether nothing more becomes of it."""
        return self.status in ("completed", "failed")
