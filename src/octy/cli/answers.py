"""What does the server answer? The shapes of wire.md section 3, as far as the client reads them.

Unknown keys are ignored and missing ones have defaults, as the contract says; a key of a wrong type is an error that
names it.
"""

from typing import Any

from msgspec import Raw, Struct, field
from msgspec.structs import replace


class Meta(Struct):
    """`request_meta` (wire.md 1)."""

    message: str = ""
    total: int = 0


class FailedObject(Struct):
    """An element of `failed_to_create` or `failed_to_delete`: which it was, and why it failed (wire.md 1.2)."""

    error_message: str = "no reason given"
    index: int | None = None
    """The object's position in the request, from 0."""


class ErrorLine(Struct):
    """An element of an error's `errors`: words, and from our own server also their parts."""

    error_message: str = ""
    index: int | None = None
    """Which object of the request, from 0, where all of several failed."""
    rule: str | None = None
    path: str | None = None
    """The field: `event_sequence[0].exp_timeframe`."""
    found: str | None = None
    wanted: str | None = None


class ErrorBody(Struct):
    """`error` (wire.md 1.1)."""

    reason: str = ""
    errors: list[ErrorLine] = []


class ErrorAnswer(Struct):
    """A body of any status from 400."""

    error: ErrorBody

    @property
    def lines(self) -> list[ErrorLine]:
        """At least one, each with a message."""
        reason = self.error.reason or "no reason given"
        lines = self.error.errors or [ErrorLine()]
        return [line if line.error_message else replace(line, error_message=reason) for line in lines]


class Done(Struct):
    """Success, whatever the body says."""


class AccountData(Struct):
    """What an account has configured (wire.md 3.2)."""

    contact_name: str | None = None
    contact_surname: str | None = None
    contact_email_address: str | None = None
    webhook_url: str | None = None
    authenticated_id_key: str | None = None


class ReceiverView(Struct):
    """How the account's receiver of webhooks fares."""

    enabled: bool = True
    disabled_at: str | None = None
    disabled_reason: str | None = None
    failing_since: str | None = None


class AccountAnswer(Struct):
    """`GET …/configurations/account`."""

    account_data: AccountData = field(default_factory=AccountData)
    webhook_receiver: ReceiverView = field(default_factory=ReceiverView)


class SecretView(Struct):
    """What webhooks are signed with."""

    secret: str
    created_at: str | None = None
    expires_at: str | None = None


class SecretsAnswer(Struct):
    """`GET …/webhooks/secrets`."""

    webhook_secrets: list[SecretView] = []


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


class AttemptView(Struct):
    """What came of one attempt."""

    number: int
    started_at: str = ""
    took_ms: int = 0
    status: int | None = None
    error: str | None = None
    answer: str = ""


class DeliveriesAnswer(Struct):
    """`GET …/webhooks/deliveries`."""

    deliveries: list[DeliveryView] = []
    next_before: str | None = None


class DeliveryAnswer(Struct):
    """One delivery, with its body and its attempts where it was asked for these."""

    delivery: DeliveryView
    body: Raw = Raw(b"null")
    attempt_log: list[AttemptView] = []


class ReplayAnswer(Struct):
    """`POST …/webhooks/deliveries/replay`."""

    replayed: int = 0
    next_after: str | None = None


class RotationAnswer(Struct):
    """`POST …/webhooks/secrets/rotate`."""

    previous_expires_at: str | None = None


class EventTypeView(Struct):
    """An event type as the server shows it (wire.md 3.4)."""

    event_type_id: str
    event_type: str
    event_properties: list[str] | None = None
    created_at: str | None = None


class EventTypesAnswer(Struct):
    """A page of event types, or those just created."""

    event_types: list[EventTypeView]
    request_meta: Meta = field(default_factory=Meta)
    failed_to_create: list[FailedObject] = []


class StepView(Struct):
    """One event of a segment's sequence."""

    event_type: str
    exp_timeframe: int = 0
    action_inaction: str = "action"
    event_properties: dict[str, Any] | None = None


class SegmentView(Struct):
    """A segment as the server shows it (wire.md 3.5)."""

    segment_id: str
    segment_name: str
    segment_type: str = ""
    segment_sub_type: int = 0
    segment_timeframe: int = 0
    event_sequence: list[StepView] = []
    profile_property_name: str | None = None
    profile_property_value: str | None = None
    segment_status: str | None = None
    profile_count: int = 0
    created_at: str | None = None


class SegmentsAnswer(Struct):
    """A page of segments."""

    segments: list[SegmentView]
    request_meta: Meta = field(default_factory=Meta)


class CreatedSegment(Struct):
    """The answer to the creation of one segment: its fields at the top."""

    segment_id: str
    segment_name: str
    segment_status: str | None = None
    warnings: list[str] = []


class TagView(Struct):
    """A segment tag on a profile (G1)."""

    segment_tag: str
    created_at: str | None = None


class ProfileView(Struct):
    """A profile as the server shows it (wire.md 3.9)."""

    profile_id: str
    customer_id: str
    has_charged: bool = False
    profile_data: dict[str, Any] | None = None
    platform_info: dict[str, Any] | None = None
    segment_tags: list[TagView] | None = None
    status: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class ProfilesAnswer(Struct):
    """A page of profiles."""

    profiles: list[ProfileView]
    request_meta: Meta = field(default_factory=Meta)


class DeletedEventType(Struct):
    """What remains of a deleted event type."""

    event_type_id: str


class DeletedSegment(Struct):
    """What remains of a deleted segment."""

    segment_id: str


class DeletionAnswer(Struct):
    """The answer to a deletion of either kind."""

    deleted_event_types: list[DeletedEventType] = []
    deleted_segments: list[DeletedSegment] = []
    failed_to_delete: list[FailedObject] = []


class CreatedObject(Struct):
    """An uploaded object that was accepted; all that the client wants to know is whether it was new (E8)."""

    duplicate: bool = False


class UploadAnswer(Struct):
    """The answer to a batch of profiles, items or events: each kind has its own key (wire.md 3.9 to 3.11)."""

    profiles: list[CreatedObject] = []
    items: list[CreatedObject] = []
    created_events: list[CreatedObject] = []
    failed_to_create: list[FailedObject] = []

    @property
    def created(self) -> list[CreatedObject]:
        """Whichever was uploaded."""
        return self.profiles or self.items or self.created_events
