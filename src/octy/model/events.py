"""Events: their types (E1), what a sender says of one, and the instance that is stored (E2)."""

from typing import Any

from msgspec import Struct

CHARGED = "charged"
SYSTEM_EVENT_TYPES = {CHARGED: ("item_id", "payment_method")}
"""Event types that every account has, with their properties (E1)."""


class EventType(Struct, frozen=True):
    """A name, and the property keys that definitions may use (E3)."""

    event_type_id: str
    event_type: str
    event_properties: tuple[str, ...]
    created_us: int
    is_system: bool


class EventTypeDraft(Struct, frozen=True):
    """An event type that an account wants."""

    event_type: str
    event_properties: tuple[str, ...] = ()


class EventDraft(Struct):
    """An event as a sender describes it, of the right JSON types and not yet judged further.

    Not frozen: it is built half a million times a second, and a frozen one costs more to build.
    """

    event_type: str
    profile_id: str
    event_properties: dict[str, Any] | None = None
    created_at: str | None = None
    message_id: str | None = None


class EventInstance(Struct):
    """A stored event, as its sender is told of it."""

    event_id: str
    event_type_id: str
    event_type: str
    profile_id: str
    event_properties: dict[str, Any] | None
    created_us: int
    duplicate: bool = False
    """Whether it had been stored before, under the same `message_id` (E8)."""
