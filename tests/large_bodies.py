"""Bodies of just the size that is taken, all of which is stored (C27): for the tests, and for `bench hostile`."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from octy.model.limits import BODY_BYTES_MAX, PROPERTIES_MAX

COUNT = 500
TEXT = "x" * 4_500
EMOJI = f"{TEXT[12:]}\N{CAT FACE}"
"""Of which Python keeps four bytes a character."""
SHORT = 22
"""Characters of a text of which an event holds as many as it may."""
EVENTS = "/v1/retention/events/create/batch"


class Large(NamedTuple):
    """A body of one kind."""

    path: str
    field: str
    one: Callable[[str, str], Mapping[str, Any]]
    """An object, by a profile's id and by a name of its own."""


def _event(profile_id: str, properties: Mapping[str, str]) -> dict[str, Any]:
    return {"event_type": "charged", "profile_id": profile_id, "event_properties": properties}


BODIES = {
    "events": Large(
        EVENTS, "events", lambda profile_id, _: _event(profile_id, {"item_id": TEXT, "payment_method": TEXT})
    ),
    "events with emoji": Large(
        EVENTS,
        "events",
        lambda profile_id, _: _event(profile_id, {"item_id": EMOJI, "payment_method": EMOJI}),
    ),
    "events of short texts": Large(
        EVENTS,
        "events",
        lambda profile_id, name: _event(profile_id, {f"{name} {at}": "x" * SHORT for at in range(PROPERTIES_MAX)}),
    ),
    "profiles": Large(
        "/v1/retention/profiles/create",
        "profiles",
        lambda _, name: {"customer_id": name, "profile_data": {"a": TEXT, "b": TEXT}},
    ),
    "items": Large(
        "/v1/retention/items/create",
        "items",
        lambda _, name: {"item_id": name, "item_price": 1, "item_name": TEXT, "item_description": TEXT},
    ),
}


def large_body(kind: str, profile_id: str, turn: int) -> bytes:
    """As long as a body may be. No two turns name the same profiles or items."""
    large = BODIES[kind]
    objects = [large.one(profile_id, f"{turn} {number}") for number in range(COUNT)]
    body = json.dumps({large.field: objects}).encode().ljust(BODY_BYTES_MAX)
    assert len(body) == BODY_BYTES_MAX
    return body
