"""Everything that is derived from the store and lives in memory: a tenant per account, and the last numbers given."""

from collections.abc import Sequence, Set
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Connection

from octy.engine.batch import EventBatch, HistoryRequest, Ints
from octy.model.accounts import Account
from octy.model.clock import Clock
from octy.model.errors import Unavailable
from octy.model.instants import NEVER
from octy.service.counts import Counts
from octy.service.ids import EventIds
from octy.service.tenant import Tenant
from octy.service.tracing import Traces
from octy.store.archive.archive import Archive
from octy.store.archive.parquet import NOTHING
from octy.store.erasure_ledger import store_name
from octy.store.event_runs import EventsOfProfiles, WantedEvents, archived_of_profiles
from octy.store.tallies import Given

SET_ASIDE_RETRY_SECONDS = 60

_decode_properties = msgspec.json.Decoder(dict[str, Any]).decode


class World:
    """What the writer knows. Only its thread touches it."""

    def __init__(self, clock: Clock, archive: Archive, id_secret: str, now_us: int, last: Given) -> None:
        self.clock = clock
        self.archive = archive
        self.event_ids = EventIds(id_secret)
        self.store_name = store_name(id_secret)
        self.now_us = now_us
        """The instant through which everything is applied."""
        self.last_seq = last.seq
        self.last_change_id = last.change_id
        self.tenants: dict[int, Tenant] = {}
        self.set_aside: dict[int, Account] = {}
        """Those whose segments could not be evaluated: they are no tenants until the world is brought back again."""
        self.counts = Counts()
        """What the group that is under way has come to so far."""
        self.traces = Traces()

    def tenant(self, account_id: int) -> Tenant:
        """The account at work; Unavailable where it is set aside."""
        if account_id in self.set_aside:
            raise Unavailable(
                "The account's segments cannot be evaluated, for a fault of the server that its log tells of. "
                "Nothing was stored; send the request again when that is mended.",
                SET_ASIDE_RETRY_SECONDS,
            )
        return self.tenants[account_id]

    def accounts(self) -> list[Account]:
        """All that there are."""
        return [*(tenant.account for tenant in self.tenants.values()), *self.set_aside.values()]

    def due_us(self) -> int:
        """When time alone may next change something; NEVER where nothing is pending."""
        return min((tenant.due_us for tenant in self.tenants.values()), default=NEVER)

    def history(
        self, connection: Connection, tenant: Tenant, request: HistoryRequest, watched: Set[int] | None = None
    ) -> EventBatch:
        """The stored events that an engine, or a backfill, asks for, ordered by profile, created_us and seq (P7).

        `watched` are the codes of the types whose properties it needs; those that the engine watches unless told.
        """
        types = set(request.event_types.tolist())
        watched = tenant.engine.watched_types() if watched is None else watched
        wanted = WantedEvents(
            request.profiles,
            frozenset(tenant.type_ids(types)),
            request.after_us,
            with_properties=not watched.isdisjoint(types),
        )
        parts = archived_of_profiles(connection, self.archive, tenant.account_id, wanted)
        parts.append(tenant.recent.of_profiles(wanted))
        return as_batch(tenant, EventsOfProfiles.joined_in_order(parts), watched)


def as_batch(tenant: Tenant, columns: EventsOfProfiles, watched: Set[int]) -> EventBatch:
    """Stored events in the engine's terms; properties are decoded only where some definition looks at them."""
    codes = _codes(tenant, columns)
    return EventBatch(
        columns.profile,
        codes,
        columns.created_us,
        columns.accepted_us,
        _properties(columns.properties, codes.tolist(), watched),
    )


def _codes(tenant: Tenant, columns: EventsOfProfiles) -> Ints:
    highest = int(columns.type_id.max(initial=0))
    table = np.full(highest + 1, -1, np.int32)
    for type_id, code in list(tenant.codes.items()):  # another thread may add one
        if type_id <= highest:
            table[type_id] = code
    return table[columns.type_id]


def _properties(lines: Sequence[bytes], codes: Sequence[int], watched: Set[int]) -> list[dict[str, Any] | None]:
    if not watched:
        return [None] * len(lines)
    return [
        _decode_properties(line) if code in watched and line not in NOTHING else None
        for line, code in zip(lines, codes, strict=True)
    ]
