"""Events: their types (E1), what a sender says of one, and the instance that is stored (E2)."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Annotated, Any, TypeAlias, cast, overload

import msgspec
from msgspec import Meta, Struct

from octy.model import limits

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


class EventDraft(Struct, gc=False):
    """An event as a sender describes it, of the right JSON types and not yet judged further.

    Not frozen: it is built half a million times a second, and a frozen one costs more to build. The collector does not
    look at it: what is decoded from JSON never refers to itself.
    """

    event_type: str
    profile_id: str
    event_properties: dict[str, Any] | None = None
    created_at: str | None = None
    message_id: str | None = None


_Key: TypeAlias = Annotated[str, Meta(min_length=1, max_length=limits.PROPERTY_KEY_CHARACTERS_MAX)]
_Text: TypeAlias = Annotated[str, Meta(max_length=limits.STRING_CHARACTERS_MAX)]
_Integer: TypeAlias = Annotated[int, Meta(ge=limits.INTEGER_MIN, le=limits.INTEGER_MAX)]
_Properties: TypeAlias = Annotated[
    dict[_Key, _Text | _Integer | float | bool | None], Meta(max_length=limits.PROPERTIES_MAX)
]


class PlainEventDraft(EventDraft):
    """An event like nearly all: flat and within every limit by its type, so that nobody need look at its texts again.

    Whoever decodes it sees to it that no NUL and no lone surrogate is in it.
    """

    event_properties: _Properties | None = None
    message_id: Annotated[str, Meta(min_length=1, max_length=limits.MESSAGE_ID_CHARACTERS_MAX)] | None = None


class PackedProperties:
    """The properties of an event that came in a large body, as JSON: as objects they can take several times as much.

    They stand in a draft's place of properties, and are unpacked event by event where somebody asks for them.
    """

    __slots__ = ("line",)

    def __init__(self, line: bytes | memoryview) -> None:
        self.line = line


def share_lines(properties: Iterable[Any], lines: bytes) -> None:
    """Those of the properties that are packed refer to their lines in all of these, instead of each having its own."""
    whole, begin = memoryview(lines), 0
    for one in properties:
        end = lines.index(b"\n", begin)
        if type(one) is PackedProperties:
            one.line = whole[begin:end]
        begin = end + 1


def pack(draft: EventDraft) -> None:
    """Packs a draft's properties, unless it has none."""
    if draft.event_properties is not None:
        draft.event_properties = cast("Any", PackedProperties(msgspec.json.encode(draft.event_properties)))


def unpacked(properties: Any) -> dict[str, Any] | None:  # noqa: ANN401 - whatever stands in a draft's place of properties
    """The properties of a draft, packed or not."""
    found: dict[str, Any] | None = properties
    return _decode_properties(properties.line) if type(properties) is PackedProperties else found


class Unpacking(Sequence[dict[str, Any] | None]):
    """The properties of events, some of which are packed: each is unpacked whenever it is asked for."""

    def __init__(self, properties: Sequence[Any]) -> None:
        self._properties = properties

    def __len__(self) -> int:
        return len(self._properties)

    @overload
    def __getitem__(self, index: int) -> dict[str, Any] | None: ...

    @overload
    def __getitem__(self, index: slice) -> "Unpacking": ...

    def __getitem__(self, index: int | slice) -> "dict[str, Any] | Unpacking | None":
        found = self._properties[index]
        return Unpacking(found) if isinstance(index, slice) else unpacked(found)


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


_decode_properties = msgspec.json.Decoder(dict[str, Any] | None).decode


class EventInstances(Sequence[EventInstance]):
    """The event instances of a batch as columns: nearly all that is done with them, is done with all of them."""

    def __init__(
        self,
        event_id: Sequence[str],
        event_type_id: Sequence[str],
        event_type: Sequence[str],
        profile_id: Sequence[str],
        properties_lines: bytes,
        created_us: Sequence[int],
        duplicate: Sequence[bool],
    ) -> None:
        """Columns of equal length, named like the fields of an `EventInstance`; the properties are a line of JSON each.

        They are not kept as objects beside it, which take as much memory once more.
        """
        self.event_id = event_id
        self.event_type_id = event_type_id
        self.event_type = event_type
        self.profile_id = profile_id
        self.properties_lines = properties_lines
        self.created_us = created_us
        self.duplicate = duplicate

    @cached_property
    def _lines(self) -> list[bytes]:
        """Made when one of them is first asked for."""
        return self.properties_lines.split(b"\n")[:-1]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.event_id)

    @overload
    def __getitem__(self, index: int) -> EventInstance: ...

    @overload
    def __getitem__(self, index: slice) -> list[EventInstance]: ...

    def __getitem__(self, index: int | slice) -> EventInstance | list[EventInstance]:
        """One of them, or some."""
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        return EventInstance(
            self.event_id[index],
            self.event_type_id[index],
            self.event_type[index],
            self.profile_id[index],
            _decode_properties(self._lines[index]),
            self.created_us[index],
            self.duplicate[index],
        )
