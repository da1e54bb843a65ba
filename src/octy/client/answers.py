"""Which shapes do whole answers have? What `views` describes, under the keys of wire.md section 3.

Lists have `rows`; answers to several objects have `done` and `failed`, whatever the keys of their kind are.
"""

from typing import Any, Protocol, TypeVar

from msgspec import Raw, Struct, field

from octy.client.envelope import FailedObject, Meta
from octy.client.views import (
    AccountData,
    AlgorithmView,
    AttemptView,
    ChurnReportView,
    DatasetView,
    DeliveryView,
    DigestedChangeView,
    EventTypeView,
    EventView,
    MetadataView,
    ProfileView,
    ReceiptView,
    ReceiverView,
    SecretView,
    SegmentView,
    StopView,
    TagChangeView,
    TrainingView,
)
from octy.model.items import Item

Row = TypeVar("Row")


class Rows(Protocol[Row]):
    """A page of a list."""

    request_meta: Meta

    @property
    def rows(self) -> list[Row]:
        """What is on the page."""


class AccountAnswer(Struct):
    """`GET …/configurations/account`."""

    account_data: AccountData = field(default_factory=AccountData)
    webhook_receiver: ReceiverView = field(default_factory=ReceiverView)
    webhook_stops: list[StopView] = []


class AlgorithmsAnswer(Struct):
    """`GET …/configurations/retention/algorithms`."""

    configurations: list[AlgorithmView] = []


class EventTypesAnswer(Struct):
    """A page of event types."""

    event_types: list[EventTypeView]
    request_meta: Meta = field(default_factory=Meta)

    @property
    def rows(self) -> list[EventTypeView]:
        """The event types."""
        return self.event_types


class SegmentsAnswer(Struct):
    """A page of segments."""

    segments: list[SegmentView]
    request_meta: Meta = field(default_factory=Meta)

    @property
    def rows(self) -> list[SegmentView]:
        """The segments."""
        return self.segments


class ReceiptsAnswer(Struct):
    """A page of receipts."""

    receipts: list[ReceiptView]
    request_meta: Meta = field(default_factory=Meta)

    @property
    def rows(self) -> list[ReceiptView]:
        """The receipts."""
        return self.receipts


class ProfilesAnswer(Struct):
    """A page of profiles."""

    profiles: list[ProfileView]
    request_meta: Meta = field(default_factory=Meta)

    @property
    def rows(self) -> list[ProfileView]:
        """The profiles."""
        return self.profiles


class ItemsAnswer(Struct):
    """A page of items."""

    items: list[Item]
    request_meta: Meta = field(default_factory=Meta)

    @property
    def rows(self) -> list[Item]:
        """The items."""
        return self.items


class MetadataAnswer(Struct):
    """`GET …/profiles/metadata`."""

    profiles_meta: list[MetadataView]


class HistoryAnswer(Struct):
    """`GET …/profiles/history`."""

    segment_tag_history: list[TagChangeView]


class StoryAnswer(Struct):
    """`GET …/profiles/events`."""

    events: list[EventView]


class ChurnReportAnswer(Struct):
    """`GET …/churn_prediction/report`."""

    churn_prediction_report: ChurnReportView


class TrainingStartedAnswer(Struct):
    """`POST …/training/start`."""

    training_job: TrainingView


class TrainingsAnswer(Struct):
    """`GET …/training`."""

    training_jobs: list[TrainingView]
    request_meta: Meta = field(default_factory=Meta)

    @property
    def rows(self) -> list[TrainingView]:
        """The trainings."""
        return self.training_jobs


class SecretsAnswer(Struct):
    """`GET …/webhooks/secrets`."""

    webhook_secrets: list[SecretView] = []


class RotationAnswer(Struct):
    """`POST …/webhooks/secrets/rotate`."""

    previous_expires_at: str | None = None


class DeliveriesAnswer(Struct):
    """`GET …/webhooks/deliveries`."""

    deliveries: list[DeliveryView] = []
    next_before: str | None = None


class DeliveryAnswer(Struct):
    """One delivery, with its body and its attempts where it was asked for these."""

    delivery: DeliveryView
    body: Raw = Raw(b"null")
    attempt_log: list[AttemptView] = []


class DigestAnswer(Struct):
    """`GET …/webhooks/deliveries/ID/changes`."""

    changes: list[DigestedChangeView] = []
    next_after: int | None = None


class ReleaseAnswer(Struct):
    """`POST …/webhooks/release`."""

    released: StopView


class ReplayAnswer(Struct):
    """`POST …/webhooks/deliveries/replay`."""

    replayed: int = 0
    next_after: str | None = None


class EnabledAnswer(Struct):
    """`POST …/webhooks/enable`."""

    webhook_receiver: ReceiverView = field(default_factory=ReceiverView)


class ClockAnswer(Struct):
    """`GET` and `POST …/sandbox/clock`."""

    now: str


class DatasetsAnswer(Struct):
    """`GET …/datasets`."""

    request_meta: Meta
    rows: list[DatasetView] = field(name="datasets", default_factory=list)


class DatasetAnswer(Struct):
    """`POST …/datasets`."""

    dataset: DatasetView


class DatasetsDeleted(Struct):
    """Datasets, deleted."""

    deleted_datasets: list[dict[str, str]] = []
    failed: list[FailedObject] = field(name="failed_to_delete", default_factory=list)

    @property
    def done(self) -> list[str]:
        """Their ids."""
        return [one["dataset_id"] for one in self.deleted_datasets]


class Several(Protocol[Row]):
    """What became of the objects of one request."""

    @property
    def done(self) -> list[Row]:
        """Those that were accepted."""

    @property
    def failed(self) -> list[FailedObject]:
        """Those that were not."""


def _named(key: str) -> Any:  # noqa: ANN401 - what msgspec gives
    return field(name=key, default_factory=list)


class EventTypesCreated(Struct):
    """Event types, created."""

    done: list[EventTypeView] = _named("event_types")
    failed: list[FailedObject] = _named("failed_to_create")


class EventTypesDeleted(Struct):
    """Event types, deleted."""

    deleted_event_types: list[dict[str, str]] = []
    failed: list[FailedObject] = _named("failed_to_delete")

    @property
    def done(self) -> list[str]:
        """Their ids."""
        return [one["event_type_id"] for one in self.deleted_event_types]


class SegmentsDeleted(Struct):
    """Segments, pending deletion (X1)."""

    deleted_segments: list[dict[str, str]] = []
    failed: list[FailedObject] = _named("failed_to_delete")

    @property
    def done(self) -> list[str]:
        """Their ids."""
        return [one["segment_id"] for one in self.deleted_segments]


class SegmentsRestored(Struct):
    """Segments whose deletion is cancelled."""

    restored_segments: list[dict[str, str]] = []
    failed: list[FailedObject] = _named("failed_to_restore")

    @property
    def done(self) -> list[str]:
        """Their ids."""
        return [one["segment_id"] for one in self.restored_segments]


class ProfilesCreated(Struct):
    """Profiles, created."""

    done: list[ProfileView] = _named("profiles")
    failed: list[FailedObject] = _named("failed_to_create")


class ProfilesUpdated(Struct):
    """Profiles, changed."""

    done: list[ProfileView] = _named("profiles")
    failed: list[FailedObject] = _named("failed_to_update")


class ProfilesDeleted(Struct):
    """Profiles, deleted."""

    deleted_profiles: list[dict[str, str]] = []
    failed: list[FailedObject] = _named("failed_to_delete")

    @property
    def done(self) -> list[str]:
        """Their ids."""
        return [one["profile_id"] for one in self.deleted_profiles]


class EventsCreated(Struct):
    """Events, stored."""

    done: list[EventView] = _named("created_events")
    failed: list[FailedObject] = _named("failed_to_create")


class ItemsCreated(Struct):
    """Items, created."""

    done: list[Item] = _named("items")
    failed: list[FailedObject] = _named("failed_to_create")


class ItemsUpdated(Struct):
    """Items, replaced."""

    done: list[Item] = _named("items")
    failed: list[FailedObject] = _named("failed_to_update")
