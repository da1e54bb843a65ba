"""Accepted events of one account that wait for the end of their group."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from sqlalchemy import Connection

from octy.engine.batch import EventBatch
from octy.model.events import CHARGED, PackedProperties, Unpacking
from octy.service.tenant import KnownType, Tenant
from octy.store import message_ids
from octy.store.log_shape import Columns


class PendingEvents:
    """Columns: what the store is to keep and what the engine needs to see."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.seqs: list[int] = []
        self.message_ids: dict[str, int] = {}
        """The seq of each message id that came first in this group (E8)."""
        self._profiles: list[int] = []
        self._types: list[KnownType] = []
        self._created_us: list[int] = []
        self._accepted_us: list[int] = []
        self._properties: list[dict[str, Any] | None] = []
        self._has_packed = False
        self._lines: list[bytes] = []

    def add(
        self,
        seqs: Iterable[int],
        profiles: Iterable[int],
        types: Iterable[KnownType],
        created_us: Iterable[int],
        accepted_us: Iterable[int],
        properties: Iterable[dict[str, Any] | None],
        lines: bytes,
    ) -> None:
        """More events, in the order of their numbers. `profiles` are keys, `lines` the properties, as JSON each."""
        self.seqs += seqs
        self._profiles += profiles
        self._types += types
        self._created_us += created_us
        self._accepted_us += accepted_us
        some = list(properties)
        self._properties += some
        self._has_packed |= PackedProperties in set(map(type, some))
        self._lines.append(lines)

    def batch(self) -> EventBatch:
        """The events as the engine takes them."""
        return EventBatch(
            np.array(self._profiles, np.int32),
            np.array([known.code for known in self._types], np.int32),
            np.array(self._created_us, np.int64),
            np.array(self._accepted_us, np.int64),
            Unpacking(self._properties) if self._has_packed else self._properties,
            np.array(self.seqs, np.int64),
        )

    def columns(self) -> Columns:
        """The events' integers as the store keeps them."""
        return {
            "seq": np.array(self.seqs, np.int64),
            "created_us": np.array(self._created_us, np.int64),
            "accepted_us": np.array(self._accepted_us, np.int64),
            "profile_key": np.array(self._profiles, np.int32),
            "type_id": np.array([known.type_id for known in self._types], np.int32),
        }

    def lines(self) -> bytes:
        """The events' properties as the store keeps them: a line of JSON each."""
        return b"".join(self._lines)

    def charged(self) -> list[int]:
        """Profiles with a `charged` event, the first since the start (E4)."""
        charged = self.tenant.types[CHARGED]
        those = {profile for profile, known in zip(self._profiles, self._types, strict=True) if known is charged}
        return sorted(those - self.tenant.charged)

    def store_message_ids(self, connection: Connection) -> None:
        """Remembers the message ids together with their events (E8)."""
        if self.message_ids:
            rows = list(self.message_ids.items())
            message_ids.add_many(connection, self.tenant.account_id, rows, self._accepted_us[-1])
