"""What the clients decode, by the letter of wire.md 3: s is `str`, i is `int`, f is `float`, b is `bool`.

As in Go, a field of another type fails the whole answer: `30.0` where an integer is wanted, 25 where a string is.
Unknown keys are ignored. Stricter than Go: a field without a mark of wire.md must be there, and must not be null.
"""

from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from tests.acceptance.raw import Reply

T = TypeVar("T")


class Meta(Struct):
    """`request_meta` (wire.md 1)."""

    request_status: str
    message: str
    count: int
    total: int


class Answer(Struct):
    """Any success but a format."""

    request_meta: Meta


class Account(Struct):
    contact_name: str | None
    contact_surname: str | None
    contact_email_address: str | None
    webhook_url: str | None
    authenticated_id_key: str | None


class AccountShown(Answer):
    account_data: Account


class StoppedItem(Struct):
    item_id: str


class AlgorithmFields(Struct):
    recommend_interacted_items: bool | None
    item_id_stop_list: list[StoppedItem] | None
    profile_features: list[str] | None


class Algorithm(Struct):
    algorithm_name: str
    configurations: AlgorithmFields


class Algorithms(Answer):
    configurations: list[Algorithm]


class EventType(Struct):
    event_type_id: str
    event_type: str
    event_properties: list[str]
    created_at: str


class EventTypeList(Answer):
    event_types: list[EventType]


class EventTypeFailure(Struct):
    event_type: str
    error_message: str


class EventTypesCreated(Answer):
    event_types: list[EventType]
    failed_to_create: list[EventTypeFailure]


class DeletedEventType(Struct):
    event_type_id: str


class EventTypeDeleteFailure(Struct):
    event_type_id: str
    error_message: str


class EventTypesDeleted(Answer):
    deleted_event_types: list[DeletedEventType]
    failed_to_delete: list[EventTypeDeleteFailure]


class Step(Struct):
    event_type: str
    exp_timeframe: int
    action_inaction: str
    event_properties: dict[str, Any] | None = None


class Segment(Struct):
    segment_id: str
    segment_name: str
    segment_type: str
    segment_sub_type: int
    segment_timeframe: int
    event_sequence: list[Step]
    profile_count: int
    created_at: str
    profile_property_name: str | None = None
    profile_property_value: str | None = None


class SegmentList(Answer):
    segments: list[Segment]


class SegmentCreated(Answer):
    segment_id: str
    segment_name: str
    segment_type: str
    segment_sub_type: int
    segment_status: str


class DeletedSegment(Struct):
    segment_id: str


class SegmentDeleteFailure(Struct):
    segment_id: str
    error_message: str


class SegmentsDeleted(Answer):
    deleted_segments: list[DeletedSegment]
    failed_to_delete: list[SegmentDeleteFailure]


class ProfileWritten(Struct):
    profile_id: str
    customer_id: str
    profile_data: dict[str, Any]
    platform_info: dict[str, Any]
    has_charged: bool
    status: str
    created_at: str


class ProfileUpdated(ProfileWritten):
    last_updated: str


class ProfileFailure(Struct):
    customer_id: str
    error_message: str


class ProfilesCreated(Answer):
    profiles: list[ProfileWritten]
    failed_to_create: list[ProfileFailure]


class ProfilesUpdated(Answer):
    profiles: list[ProfileUpdated]
    failed_to_update: list[ProfileFailure]


class Tag(Struct):
    segment_tag: str
    created_at: str


class ProfileShown(ProfileWritten):
    rfm_score: float | None
    updated_at: str
    segment_tags: list[Tag] | None = None
    churn_probability: str | None = None


class ProfileList(Answer):
    profiles: list[ProfileShown]


class Identity(Struct):
    profile_exists: bool
    profile_id: str | None = None
    customer_id: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class TrainingJobData(Struct):
    training_job_id: str
    model_accuracy: float
    training_job_date: str


class FeatureOfImportance(Struct):
    feature_name: str
    feature_importance: float


class ChurnData(Struct):
    current_churn_percentage: float
    churn_direction_indication: str
    churn_percentage_difference: float
    features_of_importance: list[FeatureOfImportance]


class ChurnPredictionReport(Struct):
    training_job_data: TrainingJobData
    churn_data: ChurnData


class ChurnReport(Answer):
    churn_prediction_report: ChurnPredictionReport


class Parent(Struct):
    parent_profile_id: str | None = None
    parent_customer_id: str | None = None


class Child(Struct):
    profile_id: str
    customer_id: str


class Merged(Struct):
    was_merged: bool
    parent_or_child: str | None
    parent_profile: Parent
    merged_at: str | None = None
    authenticated_id_key: str | None = None
    authenticated_id_value: str | None = None
    merged_child_profiles: list[Child] | None = None


class ProfileMeta(Struct):
    provided_identifier: str
    profile: Identity
    merged_info: Merged


class ProfileMetaList(Answer):
    profiles_meta: list[ProfileMeta]


class Event(Struct):
    event_id: str
    profile_id: str
    event_type: str
    event_properties: dict[str, Any] | None
    created_at: str


class EventCreated(Event):
    request_meta: Meta


class EventInBatch(Event):
    event_type_id: str


class EventFailure(Struct):
    event_type: str
    event_properties: dict[str, Any] | None
    profile_id: str
    error_message: str


class EventsCreated(Answer):
    created_events: list[EventInBatch]
    failed_to_create: list[EventFailure]


class Item(Struct):
    item_id: str
    item_category: str
    item_name: str
    item_description: str
    item_price: int


class ItemFailure(Struct):
    item_id: str
    error_message: str


class ItemsCreated(Answer):
    items: list[Item]
    failed_to_create: list[ItemFailure]


class ItemsUpdated(Answer):
    items: list[Item]


class Asset(Struct):
    id: int
    name: str
    created_at: str
    updated_at: str
    browser_download_url: str


class Version(Struct):
    id: str
    release_id: str
    version_tag: str
    version_name: str
    version_int: int
    change_log: str
    assets: list[Asset]
    published_at: str
    updated_at: str


class Versioning(Answer):
    application_type: str
    current_version: Version


def decoded(reply: Reply, status: int, kind: type[T]) -> T:
    """The answer as its client reads it; the status must be the one that the client takes for a success."""
    assert reply.status == status, f"{reply.status} {reply.content[:2000]!r}"
    assert reply.headers["content-type"] == "application/json"
    return msgspec.json.decode(reply.content, type=kind)
