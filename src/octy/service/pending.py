"""Accepted events of one account that wait for the end of their group."""

import numpy as np
from sqlalchemy import Connection

from octy.engine.batch import EventBatch
from octy.service.tenant import Tenant
from octy.store import message_ids

EventRow = tuple[int, int, int, int, int, int, str | None]
"""seq, account_id, profile_key, type_id, created_us, accepted_us, properties as JSON."""


class PendingEvents:
    """The rows for the store, and beside them what the engine needs to see of the same events."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.rows: list[EventRow] = []
        self.codes: list[int] = []
        self.properties: list[dict[str, object] | None] = []
        self.message_ids: dict[str, int] = {}
        """The seq of each message id that came first in this group (E8)."""
        self.charged: set[int] = set()
        """Profiles with a `charged` event (E4)."""

    def batch(self) -> EventBatch:
        """The events as the engine takes them."""
        _, _, profile, _, created_us, accepted_us, _ = zip(*self.rows, strict=True)
        return EventBatch(
            np.array(profile, np.int32),
            np.array(self.codes, np.int32),
            np.array(created_us, np.int64),
            np.array(accepted_us, np.int64),
            self.properties,
        )

    def store_message_ids(self, connection: Connection) -> None:
        """Remembers the message ids together with their events (E8)."""
        if self.message_ids:
            accepted_us = self.rows[-1][5]
            rows = [(message_id, seq) for message_id, seq in self.message_ids.items()]
            message_ids.add_many(connection, self.tenant.account_id, rows, accepted_us)
