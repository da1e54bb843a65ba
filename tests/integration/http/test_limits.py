"""Each limit of what a request holds: one less and just so much is accepted, one more refused (C27, docs/limits.md).

Those of addresses, headers and chunked bodies are in `test_transport`, of an event's bytes in `test_events`, of an
account's segments in `test_segments`.
"""

import gzip
import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from octy.http.body import read_json
from octy.http.routes.events import read_event, read_events
from octy.model import limits
from octy.model.errors import Refused
from tests.hostile_bodies import HOSTILE
from tests.integration.http.world import Api, error_of, live, message_of, past

ONE = "/v1/retention/events/create"
BATCH = "/v1/retention/events/create/batch"
PROFILES = "/v1/retention/profiles/create"
ITEMS = "/v1/retention/items/create"
TYPES = "/v1/retention/events/types/create"
SEGMENTS = "/v1/retention/segments/create"
CPU_SECONDS_MAX = 0.5
"""What no hostile body may take of the thread that reads it: ten times what it takes."""


class Limit(NamedTuple):
    """What is asked for so many of something."""

    what: str
    most: int
    path: str
    body: Callable[[int], Any]


def event(properties: object) -> dict[str, Any]:
    return {"event_type": "viewed", "profile_id": "ana", "event_properties": properties}


def profile(**data: object) -> dict[str, Any]:
    return {"profiles": [{"customer_id": "eve", "profile_data": data}]}


def nested(levels: int) -> Any:
    value: Any = 1
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


def steps(count: int) -> dict[str, Any]:
    step = {"event_type": "viewed", "exp_timeframe": 0, "action_inaction": "action"}
    return past("s") | {"event_sequence": [step | {"event_properties": {"x": n}} for n in range(count)]}


def keys(count: int) -> dict[str, int]:
    return dict.fromkeys((f"k{n}" for n in range(count)), 1)


def padded(size: int) -> bytes:
    body = json.dumps(profile()).encode()
    return body + b" " * (size - len(body))


def of_values(count: int) -> dict[str, Any]:
    """One value for each comma, and for each list or object that begins."""
    text = json.dumps(event(None) | {"y": [[0]]})
    return event(None) | {"y": [[0] * (count - sum(map(text.count, ",[{")) + 1)]}


TEXT, KEY, ID = limits.STRING_CHARACTERS_MAX, limits.PROPERTY_KEY_CHARACTERS_MAX, limits.ID_CHARACTERS_MAX
LIMITS = [
    Limit("events", limits.EVENTS_PER_BATCH_MAX, BATCH, lambda n: {"events": [event(None)] * n}),
    Limit("profiles", 500, PROFILES, lambda n: {"profiles": [{"customer_id": str(k)} for k in range(n)]}),
    Limit("items", 500, ITEMS, lambda n: {"items": [{"item_id": str(k), "item_price": 1} for k in range(n)]}),
    Limit("event types", 500, TYPES, lambda n: {"event_types": [{"event_type": f"t{k}"} for k in range(n)]}),
    Limit("bytes of a body", limits.BODY_BYTES_MAX, PROFILES, padded),
    Limit("elements of a list that nobody reads", limits.LIST_MAX, ONE, lambda n: event(None) | {"y": [{"a": 1}] * n}),
    Limit("values of a body", limits.VALUES_MAX, ONE, of_values),
    Limit("levels of an event", limits.JSON_DEPTH_MAX, ONE, lambda n: event({"x": nested(n - 1)})),
    Limit("properties of an event", limits.PROPERTIES_MAX, ONE, lambda n: event(keys(n))),
    Limit("properties of an event type", 255, TYPES, lambda n: {"event_types": [{"event_type": "t"} | _names(n)]}),
    Limit("properties of a profile", limits.PROPERTIES_MAX, PROFILES, lambda n: profile(**keys(n))),
    Limit("keys of an object that nobody reads", limits.PROPERTIES_MAX, ONE, lambda n: event(None) | {"y": keys(n)}),
    Limit("characters of an event's text", TEXT, ONE, lambda n: event({"x": "é" * n})),
    Limit("characters of a profile's text", TEXT, PROFILES, lambda n: profile(x="é" * n)),
    Limit("characters of a condition", TEXT, SEGMENTS, lambda n: live("s", x="x" * n)),
    Limit("characters of an event's key", KEY, ONE, lambda n: event({"🦑" * n: 1})),
    Limit("characters of a profile's key", KEY, PROFILES, lambda n: profile(**{"é" * n: 1})),
    Limit("characters of a customer id", ID, PROFILES, lambda n: {"profiles": [{"customer_id": "é" * n}]}),
    Limit("characters of a segment's name", limits.NAME_CHARACTERS_MAX, SEGMENTS, lambda n: live("é" * n)),
    Limit("characters of a message id", 64, ONE, lambda n: event(None) | {"message_id": "m" * n}),
    Limit("steps", limits.STEPS_MAX, SEGMENTS, steps),
    Limit("days of a window", limits.WINDOW_DAYS_MAX, SEGMENTS, lambda n: past("s", days=n)),
]


def _names(count: int) -> dict[str, list[str]]:
    return {"event_properties": [f"k{n}" for n in range(count)]}


@pytest.mark.parametrize("limit", LIMITS, ids=[limit.what for limit in LIMITS])
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_so_much_is_accepted_and_no_more(api: Api, limit: Limit, more: int) -> None:
    api.has_event_types(viewed=["x"])
    (ana,) = api.has_profiles("ana")
    body = limit.body(limit.most + more)
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = api.post(limit.path, sent.replace(b'"profile_id": "ana"', f'"profile_id": "{ana}"'.encode()))
    if more <= 0:
        assert answer.status_code == 201, answer.text[:500]
    else:
        error_of(answer, 413 if limit.what == "bytes of a body" else 400)
        assert api.get("/v1/retention/profiles/events?id=ana").json()["events"] == []


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bodies_take_next_to_no_time(body: bytes) -> None:
    """C27: 50 ms of CPU each. Here ten times that, so that no noise fails it."""
    began = time.thread_time()
    for read in (read_event, read_events):
        with pytest.raises(Refused):
            read_json([], body, read)
    assert time.thread_time() - began < 2 * CPU_SECONDS_MAX


def test_objects_that_cannot_be_read_are_told_of_without_a_look_at_the_whole_body_for_each() -> None:
    """500 of them in five megabytes took half a second, now 15 ms."""
    wrong = [{"event_type": 1, "event_properties": {"a": "x" * 4_900, "b": "x" * 4_900}}] * 500
    body = json.dumps({"events": wrong}).encode()
    began = time.thread_time()
    sent = read_events(body)
    assert [sent.fields(index).text("event_type") for index in range(500)] == ["1"] * 500
    assert time.thread_time() - began < CPU_SECONDS_MAX / 2


@pytest.mark.parametrize("path", [BATCH, PROFILES, ITEMS, TYPES, SEGMENTS])
@pytest.mark.parametrize("field", ["events", "profiles", "items", "event_types", "event_sequence", None])
def test_a_list_without_end_is_refused_before_anything_is_made_of_it(api: Api, path: str, field: str | None) -> None:
    """Two million numbers in the place of a segment's events once took 1.4 GB, a line of the answer for each."""
    numbers = b"[%s0]" % (b"0,[1,2]," * limits.LIST_MAX)
    body = numbers if field is None else b'{"x":{"y":1},"%s":%s}' % (field.encode(), numbers)
    told = message_of(api.post(path, body), 400)
    assert told == f"(body): expected lists of at most {limits.LIST_MAX}; found a list of {2 * limits.LIST_MAX + 1}"


def test_what_is_compressed_is_not_unpacked_to_see_how_much_it_is(api: Api) -> None:
    """So no limit is needed on how much it becomes: 1,028 bytes for one would be the most that gzip does."""
    bomb = gzip.compress(b" " * 4_000_000)
    error_of(api.post(BATCH, bomb, {"Content-Encoding": "gzip"}), 415)
    error_of(api.post(BATCH, bomb), 400)
