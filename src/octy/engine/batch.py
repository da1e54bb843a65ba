"""What goes into an engine and what comes out of it: columns of events, columns of tag changes."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Bools: TypeAlias = NDArray[np.bool_]
Bytes: TypeAlias = NDArray[np.int8]
Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int32]
Longs: TypeAlias = NDArray[np.int64]
Octets: TypeAlias = NDArray[np.uint8]
Words: TypeAlias = NDArray[np.uint64]


class EventBatch(NamedTuple):
    """Events of one account, in the order of their acceptance unless said otherwise."""

    profile: Ints
    """The profiles' keys."""
    event_type: Ints
    """Codes of event types, from `Engine.event_type_code`."""
    created_us: Longs
    accepted_us: Longs
    """Never decreasing, and never before `created_us` (T4)."""
    properties: Sequence[Mapping[str, Any] | None]
    seq: Longs | None = None
    """Their numbers, by which a live 2 match names its action; None where nobody asks."""

    @classmethod
    def of(cls, rows: Sequence[tuple[int, int, int, int, Mapping[str, Any] | None]]) -> "EventBatch":
        """A batch from rows of (profile, event type, created_us, accepted_us, properties)."""
        profile, event_type, created_us, accepted_us, properties = zip(*rows, strict=True) if rows else ((),) * 5
        return cls(
            np.array(profile, np.int32),
            np.array(event_type, np.int32),
            np.array(created_us, np.int64),
            np.array(accepted_us, np.int64),
            properties,
        )


class HistoryRequest(NamedTuple):
    """Which stored events an engine needs before it can take a batch with late events in it (P7)."""

    profiles: Ints
    after_us: int
    """Only events later than this matter."""
    event_types: Ints
    """Codes; no other type matters."""


class Changes(NamedTuple):
    """Tag changes in the order in which they were recorded (G5)."""

    segment: Longs
    """The segments' keys."""
    profile: Ints
    kind: Bytes
    """`ChangeKind`."""
    cause: Bytes
    """`Cause`."""
    effective_us: Longs
    recorded_us: Longs
    event: Ints
    """Index into the batch that was applied; -1 where no event is the cause."""
    opener: Longs
    """The seq of the event that opened the window whose end is the cause (L5); 0 everywhere else."""

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.segment)


NO_CHANGES = Changes(
    np.empty(0, np.int64),
    np.empty(0, np.int32),
    np.empty(0, np.int8),
    np.empty(0, np.int8),
    np.empty(0, np.int64),
    np.empty(0, np.int64),
    np.empty(0, np.int32),
    np.empty(0, np.int64),
)
