"""A small account at a server: three customers who view something every minute, half an hour long."""

from pathlib import Path
from typing import Any

from tests.acceptance.account import CONTACT, step
from tests.acceptance.processes import Server
from tests.logs import opened

EVENTS = 30
EVENTS_PER_BATCH = 5


def lives(server: Server, *, retention_days: int) -> list[str]:
    """An account that keeps so many days, with tags that outlive their events and others that do not; its segments."""
    segments = []
    asks(server, "configurations/account/set", CONTACT | {"retention_days": retention_days})
    asks(server, "retention/events/types/create", {"event_types": [{"event_type": "view", "event_properties": []}]})
    for name, kind, sub_type, days, steps in (
        ("idle", "live", 2, 0, [step("view", minutes=5), step("charged", "inaction")]),
        ("viewed", "past", 1, 1, [step("view")]),
    ):
        body = {"segment_name": name, "segment_type": kind, "segment_sub_type": sub_type, "segment_timeframe": days}
        created = asks(server, "retention/segments/create", body | {"event_sequence": steps})
        segments.append(created["segment_id"])
    drafts: list[dict[str, Any]] = [
        {"customer_id": one, "profile_data": {}, "platform_info": {}} for one in ("ana", "bob", "cyd")
    ]
    profiles = asks(server, "retention/profiles/create", {"profiles": drafts})["profiles"]
    for first in range(0, EVENTS, EVENTS_PER_BATCH):
        events = [
            {
                "event_type": "view",
                "profile_id": profiles[number % 3]["profile_id"],
                "created_at": f"2024-01-01T12:{number:02}:00Z",
            }
            for number in range(first, first + EVENTS_PER_BATCH)
        ]
        asks(server, "retention/events/create/batch", {"events": events})
    return segments


def asks(server: Server, path: str, body: object) -> Any:
    """The answer."""
    with server.client() as client:
        return client.post(f"/v1/{path}", json=body).raise_for_status().json()


def rows(folder: Path, question: str) -> list[tuple[Any, ...]]:
    """Of the store in a folder."""
    with opened(folder) as connection:
        return connection.execute(question).fetchall()
