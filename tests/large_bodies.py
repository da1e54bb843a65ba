"""Bodies of just the size that is taken, most of which is stored (C27): for the tests, and for `bench hostile`."""

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
    one: Callable[[str, str], dict[str, Any]]
    """An object, by a profile's id and by a name of its own."""
    spoil: Callable[[list[dict[str, Any]]], None] = lambda _: None
    """Makes some of the objects such as fail, or such as are not like nearly all."""
    stored: int = COUNT
    """How many of them do not fail."""


def _event(profile_id: str, properties: Mapping[str, str]) -> dict[str, Any]:
    return {"event_type": "charged", "profile_id": profile_id, "event_properties": properties}


def _with_emoji(profile_id: str, _: str) -> dict[str, Any]:
    return _event(profile_id, {"item_id": EMOJI, "payment_method": EMOJI})


def _of_short_texts(profile_id: str, name: str) -> dict[str, Any]:
    return _event(profile_id, {f"{name} {at}": "x" * SHORT for at in range(PROPERTIES_MAX)})


def _one_list(events: list[dict[str, Any]]) -> None:
    """In the last, which is stored like the others."""
    _give_last(events, [1])


def _one_half(events: list[dict[str, Any]]) -> None:
    """Of a character, in the last."""
    _give_last(events, "\ud800")


def _give_last(events: list[dict[str, Any]], value: object) -> None:
    properties = events[-1]["event_properties"]
    properties[next(iter(properties))] = value


def _half_of_nobody(events: list[dict[str, Any]]) -> None:
    """Every second is told back to its sender."""
    for event in events[::2]:
        event["profile_id"] = "nobody"


BODIES = {
    "events": Large(
        EVENTS, "events", lambda profile_id, _: _event(profile_id, {"item_id": TEXT, "payment_method": TEXT})
    ),
    "events with emoji": Large(EVENTS, "events", _with_emoji),
    "events with emoji, one with a list": Large(EVENTS, "events", _with_emoji, _one_list),
    "events with emoji, one with half a character": Large(EVENTS, "events", _with_emoji, _one_half, COUNT - 1),
    "events with emoji, every second of nobody": Large(EVENTS, "events", _with_emoji, _half_of_nobody, COUNT // 2),
    "events of short texts": Large(EVENTS, "events", _of_short_texts),
    "events of short texts, one with a list": Large(EVENTS, "events", _of_short_texts, _one_list),
    "events of short texts, one with half a character": Large(EVENTS, "events", _of_short_texts, _one_half, COUNT - 1),
    "events of short texts, every second of nobody": Large(
        EVENTS, "events", _of_short_texts, _half_of_nobody, COUNT // 2
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
    large.spoil(objects)
    body = json.dumps({large.field: objects}).encode().ljust(BODY_BYTES_MAX)
    assert len(body) == BODY_BYTES_MAX
    return body
