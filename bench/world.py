"""The bench's shop: profiles, event types, 20 segments of all kinds, and events as they would come."""

import random
from typing import Any

from bench.server import Running

PROFILES = 10_000
EVENT_TYPES = 12
BATCH = 500


def event_type(number: int) -> str:
    """An event type's name."""
    return f"event_{number:02}"


def step(kind: str, number: int, minutes: int = 0, properties: dict[str, Any] | None = None) -> dict[str, Any]:
    """One event of a definition."""
    return {
        "event_type": event_type(number),
        "exp_timeframe": minutes,
        "action_inaction": kind,
        "event_properties": properties,
    }


def definitions(count: int) -> list[dict[str, Any]]:
    """Segments of all kinds in turn; a third ask for an event property."""
    made = []
    for number in range(count):
        a, b, c = (number * 5 % EVENT_TYPES, (number * 5 + 1) % EVENT_TYPES, (number * 5 + 2) % EVENT_TYPES)
        wanted = {"plan": "gold"} if number % 3 == 0 else None
        segment_type, sub_type, days, sequence = [
            ("live", 1, 0, [step("action", a, 0, wanted)]),
            ("live", 2, 0, [step("action", a, 5, wanted), step("inaction", b)]),
            ("past", 1, 30, [step("action", a, 0, wanted), step("action", b)]),
            ("past", 2, 30, [step("action", a, 0, wanted), step("inaction", c)]),
            ("past", 1, 60, [step("action", a, 0, wanted), step("action", b), step("action", c)]),
        ][number % 5]
        made.append(
            {
                "segment_name": f"segment {number}",
                "segment_type": segment_type,
                "segment_sub_type": sub_type,
                "segment_timeframe": days,
                "event_sequence": sequence,
            }
        )
    return made


def furnish(server: Running, segments: int) -> list[str]:
    """Creates everything but events; returns the profile ids."""
    types = [{"event_type": event_type(n), "event_properties": ["plan", "page"]} for n in range(EVENT_TYPES)]
    server.post("/v1/retention/events/types/create", {"event_types": types})
    ids: list[str] = []
    for first in range(0, PROFILES, BATCH):
        drafts = [
            {"customer_id": f"customer {n}", "has_charged": False, "profile_data": {}, "platform_info": {}}
            for n in range(first, first + BATCH)
        ]
        answer = server.post("/v1/retention/profiles/create", {"profiles": drafts})
        ids += [profile["profile_id"] for profile in answer["profiles"]]
    for definition in definitions(segments):
        server.post("/v1/retention/segments/create", definition)
    return ids


def events(profile_ids: list[str], count: int, seed: int) -> list[dict[str, Any]]:
    """Events without a time of their own: they happen when they arrive."""
    chance = random.Random(seed)
    return [
        {
            "event_type": event_type(chance.randrange(EVENT_TYPES)),
            "profile_id": chance.choice(profile_ids),
            "event_properties": {
                "plan": chance.choice(("gold", "silver", "free")),
                "page": f"/p/{chance.randrange(500)}",
            },
        }
        for _ in range(count)
    ]
