"""Everything that is derived from the store and lives in memory: a tenant per account, and the last event's number."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Connection

from octy.engine.batch import EventBatch, HistoryRequest
from octy.model.clock import Clock
from octy.model.instants import NEVER
from octy.service.ids import EventIds
from octy.service.tenant import Tenant
from octy.store import events
from octy.store.events import EventColumns

_decode_properties = msgspec.json.Decoder(dict[str, Any]).decode


class World:
    """What the writer knows. Only its thread touches it."""

    def __init__(self, clock: Clock, event_ids: EventIds, now_us: int, last_seq: int) -> None:
        self.clock = clock
        self.event_ids = event_ids
        self.now_us = now_us
        """The instant through which everything is applied."""
        self.last_seq = last_seq
        self.tenants: dict[int, Tenant] = {}

    def due_us(self) -> int:
        """When time alone may next change something; NEVER where nothing is pending."""
        return min((tenant.due_us for tenant in self.tenants.values()), default=NEVER)

    def history(self, connection: Connection, tenant: Tenant, request: HistoryRequest) -> EventBatch:
        """The stored events that an engine asks for, ordered by profile, created_us and seq (P7)."""
        type_ids = tenant.type_ids(set(request.event_types.tolist()))
        columns = events.read_profiles(
            connection, tenant.account_id, request.profiles.tolist(), type_ids, request.after_us
        )
        return as_batch(tenant, columns, tenant.engine.watched_types())


def as_batch(tenant: Tenant, columns: EventColumns, watched: set[int]) -> EventBatch:
    """Stored events in the engine's terms; properties are decoded only where some definition looks at them."""
    codes = _codes(tenant, columns)
    return EventBatch(
        columns.profile,
        codes,
        columns.created_us,
        columns.accepted_us,
        _properties(columns.properties, codes.tolist(), watched),
    )


def _codes(tenant: Tenant, columns: EventColumns) -> np.ndarray[Any, np.dtype[np.int32]]:
    highest = int(columns.type_id.max(initial=0))
    table = np.full(highest + 1, -1, np.int32)
    for type_id, code in list(tenant.codes.items()):  # another thread may add one
        if type_id <= highest:
            table[type_id] = code
    return table[columns.type_id]


def _properties(
    texts: Sequence[str | bytes | None], codes: Sequence[int], watched: set[int]
) -> list[dict[str, Any] | None]:
    if not watched:
        return [None] * len(texts)
    return [
        _decode_properties(text) if text is not None and code in watched else None
        for text, code in zip(texts, codes, strict=True)
    ]
