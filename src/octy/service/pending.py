"""Accepted events of one account that wait for the end of their group."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from sqlalchemy import Connection

from octy.engine.batch import EventBatch
from octy.model.events import CHARGED
from octy.service.tenant import KnownType, Tenant
from octy.store import message_ids
from octy.store.events import EventRow

NO_PROPERTIES = ("null", "{}")
"""What the store keeps nothing of."""


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
        self._texts: list[str] = []
        """The properties as JSON."""

    def add(
        self,
        seqs: Iterable[int],
        profiles: Iterable[int],
        types: Iterable[KnownType],
        created_us: Iterable[int],
        accepted_us: Iterable[int],
        properties: Iterable[dict[str, Any] | None],
        texts: Iterable[str],
    ) -> None:
        """More events, in the order of their numbers. `profiles` are keys, `texts` the properties as JSON."""
        self.seqs += seqs
        self._profiles += profiles
        self._types += types
        self._created_us += created_us
        self._accepted_us += accepted_us
        self._properties += properties
        self._texts += texts

    def batch(self) -> EventBatch:
        """The events as the engine takes them."""
        return EventBatch(
            np.array(self._profiles, np.int32),
            np.array([known.code for known in self._types], np.int32),
            np.array(self._created_us, np.int64),
            np.array(self._accepted_us, np.int64),
            self._properties,
        )

    def rows(self) -> list[EventRow]:
        """The events as the store keeps them."""
        texts = [None if text in NO_PROPERTIES else text for text in self._texts]
        type_ids = [known.type_id for known in self._types]
        account_ids = [self.tenant.account_id] * len(self.seqs)
        columns = (self.seqs, account_ids, self._profiles, type_ids, self._created_us, self._accepted_us, texts)
        return list(zip(*columns, strict=True))

    def charged(self) -> list[int]:
        """Profiles with a `charged` event (E4)."""
        charged = self.tenant.types[CHARGED]
        return sorted({profile for profile, known in zip(self._profiles, self._types, strict=True) if known is charged})

    def store_message_ids(self, connection: Connection) -> None:
        """Remembers the message ids together with their events (E8)."""
        if self.message_ids:
            rows = list(self.message_ids.items())
            message_ids.add_many(connection, self.tenant.account_id, rows, self._accepted_us[-1])
