"""What clients ask for. Each request can be sent, as often as it takes, and says what it does to the truth.

`happens` answers with what the sender must be told; `answered` puts what the server said into the same words.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Protocol

from msgspec import Struct

from octy.model.accounts import AccountConfiguration
from octy.model.definitions import to_wire
from octy.model.events import EventDraft, EventInstance, PlainEventDraft
from octy.model.instants import iso
from octy.model.outcomes import Outcome
from octy.model.profiles import ProfileDraft, ProfileUpdate
from octy.model.segments import SegmentDefinition
from octy.service.ids import EventIds
from octy.service.octy import Octy
from tests.property.happenings import Doing
from tests.simulation.truth import Truth

WEBHOOK_URL = "https://hooks.example.org/octy"


class Names(Struct):
    """What the server calls the things that clients know by names of their own."""

    account: int
    event_ids: EventIds
    profile_ids: dict[str, str]
    """By customer id."""
    keys: dict[str, int]
    """By profile id, of all that ever were seen: the number that store and truth know it by."""
    segment_ids: dict[str, str]
    """By name."""


class Request(Protocol):
    """One call."""

    def send(self, octy: Octy, names: Names) -> "Future[Any]":
        """Asks the server."""

    def happens(self, truth: Truth, names: Names) -> object:
        """It is durable; what the sender must be told."""

    def answered(self, answer: Any, names: Names) -> object:
        """What the sender was told."""


class NewCustomer(Struct, frozen=True):
    """A profile is created."""

    name: str
    data: Mapping[str, Any]

    def send(self, octy: Octy, names: Names) -> "Future[Any]":
        return octy.create_profiles(names.account, [ProfileDraft(self.name, profile_data=_set(self.data))])

    def happens(self, truth: Truth, names: Names) -> object:  # noqa: ARG002 - others need it
        return truth.gets_customer(self.name, self.data)

    def answered(self, answer: Any, names: Names) -> object:  # noqa: ARG002 - others need it
        return _is_done(answer)


class Learns(Struct, frozen=True):
    """A profile's data changes."""

    name: str
    data: Mapping[str, Any]

    def send(self, octy: Octy, names: Names) -> "Future[Any]":
        return octy.update_profiles(names.account, [ProfileUpdate(customer_id=self.name, profile_data=dict(self.data))])

    def happens(self, truth: Truth, names: Names) -> object:  # noqa: ARG002 - others need it
        return truth.learns(self.name, self.data)

    def answered(self, answer: Any, names: Names) -> object:  # noqa: ARG002 - others need it
        return _is_done(answer)


class Leaves(Struct, frozen=True):
    """A profile is deleted."""

    name: str

    def send(self, octy: Octy, names: Names) -> "Future[Any]":
        return octy.delete_profiles(names.account, [self.name])

    def happens(self, truth: Truth, names: Names) -> object:  # noqa: ARG002 - others need it
        return truth.loses_customer(self.name)

    def answered(self, answer: Any, names: Names) -> object:  # noqa: ARG002 - others need it
        return _is_done(answer)


class NewSegment(Struct, frozen=True):
    """A segment is created; its name is its number."""

    key: int
    definition: SegmentDefinition

    def send(self, octy: Octy, names: Names) -> "Future[Any]":
        return octy.create_segment(names.account, to_wire(self.definition) | {"segment_name": str(self.key)})

    def happens(self, truth: Truth, names: Names) -> object:  # noqa: ARG002 - others need it
        return truth.gets_segment(self.key, self.definition)

    def answered(self, answer: Any, names: Names) -> object:  # noqa: ARG002 - others need it
        return not isinstance(answer, Exception)


class EndOfSegment(Struct, frozen=True):
    """A segment's deletion is requested."""

    key: int

    def send(self, octy: Octy, names: Names) -> "Future[Any]":
        return octy.delete_segments(names.account, [names.segment_ids.get(str(self.key), "segment_unknown")])

    def happens(self, truth: Truth, names: Names) -> object:  # noqa: ARG002 - others need it
        return truth.loses_segment(self.key)

    def answered(self, answer: Any, names: Names) -> object:  # noqa: ARG002 - others need it
        return _is_done(answer)


class Restoring(Struct, frozen=True):
    """A segment's deletion is cancelled."""

    key: int

    def send(self, octy: Octy, names: Names) -> "Future[Any]":
        return octy.restore_segments(names.account, [names.segment_ids.get(str(self.key), "segment_unknown")])

    def happens(self, truth: Truth, names: Names) -> object:  # noqa: ARG002 - others need it
        return truth.restores_segment(self.key)

    def answered(self, answer: Any, names: Names) -> object:  # noqa: ARG002 - others need it
        return _is_done(answer)


class Enables(Struct, frozen=True):
    """The receiver is said to work again."""

    replay: bool

    def send(self, octy: Octy, names: Names) -> "Future[Any]":
        return octy.enable_webhooks(names.account, replay=self.replay)

    def happens(self, truth: Truth, names: Names) -> object:  # noqa: ARG002 - others need it
        return None

    def answered(self, answer: Any, names: Names) -> object:  # noqa: ARG002 - others need it
        return answer.disabled_us


class Rotates(Struct, frozen=True):
    """Webhooks get another secret."""

    overlap_hours: int

    def send(self, octy: Octy, names: Names) -> "Future[Any]":
        return octy.rotate_webhook_secret(names.account, self.overlap_hours)

    def happens(self, truth: Truth, names: Names) -> object:  # noqa: ARG002 - others need it
        return 2 if self.overlap_hours else 1

    def answered(self, answer: Any, names: Names) -> object:  # noqa: ARG002 - others need it
        return len(answer)


class Chooses(Struct, frozen=True):
    """The account says what it wants to be told of."""

    events: tuple[str, ...]
    causes: tuple[str, ...]

    def send(self, octy: Octy, names: Names) -> "Future[Any]":
        wanted = AccountConfiguration(webhook_url=WEBHOOK_URL, webhook_events=self.events, webhook_causes=self.causes)
        return octy.configure(names.account, wanted)

    def happens(self, truth: Truth, names: Names) -> object:  # noqa: ARG002 - others need it
        truth.chooses(self.events, self.causes)
        return self.events, self.causes

    def answered(self, answer: Any, names: Names) -> object:  # noqa: ARG002 - others need it
        configured = answer.account.configuration
        return configured.webhook_events, configured.webhook_causes


class Said(Struct, frozen=True):
    """An event, as its sender tells it."""

    name: str
    doing: Doing
    created_us: int | None
    message_id: str
    told_us: int
    """When it was told first, by the server's clock."""

    def draft(self, names: Names) -> EventDraft:
        """As it is sent."""
        properties = self.doing.properties
        is_flat = not any(isinstance(value, dict | list) for value in (properties or {}).values())
        return (PlainEventDraft if is_flat else EventDraft)(
            event_type=self.doing.event_type,
            profile_id=names.profile_ids.get(self.name, "profile_unknown"),
            event_properties=properties,
            created_at=None if self.created_us is None else iso(self.created_us),
            message_id=self.message_id,
        )


class Batch(Struct, frozen=True):
    """Events are sent."""

    events: Sequence[Said]

    def send(self, octy: Octy, names: Names) -> "Future[Any]":
        return octy.ingest(names.account, [event.draft(names) for event in self.events])

    def happens(self, truth: Truth, names: Names) -> object:
        found = [
            truth.accepts(one.name, one.doing.event_type, one.doing.properties, one.created_us, one.message_id)
            for one in self.events
        ]
        return [None if one is None else (names.event_ids.of(one[0]), one[1]) for one in found]

    def answered(self, answer: Outcome[EventInstance], names: Names) -> object:  # noqa: ARG002 - others need it
        refused = {failure.index for failure in answer.failed}
        done = iter([(event.event_id, event.duplicate) for event in answer.done])
        return [None if index in refused else next(done) for index in range(len(self.events))]


def _is_done(answer: Any) -> bool:
    return not isinstance(answer, Exception) and not answer.failed


def _set(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value is not None}
