"""The answer to a batch is what its documented type encodes to, byte for byte, whatever is in it (wire.md 3.10)."""

from typing import Any

import msgspec
import pytest

from octy.http.answers import encode, success
from octy.http.wire.created import encode_created
from octy.http.wire.events import CreatedEvent, EventFailure, EventsCreated
from octy.model.events import EventInstances

META = success("2 events created.", 2, 3)
FAILED = [EventFailure("viewed", {"a": 'quo"te'}, "nobody", "profile_id: expected another", 1)]


def instances(*properties: dict[str, Any] | None, names: tuple[str, ...] = ("viewed",)) -> EventInstances:
    """Every second event is a repeat, and each happened a minute after the last."""
    count = len(properties)
    lines = b"".join(encode(one) + b"\n" for one in properties)
    return EventInstances(
        [f"event_{place:016x}" for place in range(count)],
        [f"event_type_{place % len(names)}" for place in range(count)],
        [names[place % len(names)] for place in range(count)],
        [f"profile_{place}" for place in range(count)],
        lines,
        [1_700_000_000_000_000 + place * 60_000_000 for place in range(count)],
        [place % 2 == 1 for place in range(count)],
    )


def as_documented(events: EventInstances, failed: list[EventFailure]) -> bytes:
    dates = ["Tue, 14 Nov 2023 22:13:20 GMT", "Tue, 14 Nov 2023 22:14:20 GMT", "Tue, 14 Nov 2023 22:15:20 GMT"]
    shown = [
        CreatedEvent(
            one.event_id, one.profile_id, one.event_type_id, one.event_type, one.event_properties, date, one.duplicate
        )
        for one, date in zip(events, dates, strict=False)
    ]
    return encode(EventsCreated(META, shown, failed))


@pytest.mark.parametrize(
    "properties",
    [
        (None,),
        ({}, None),
        ({"a": "x"}, {"a": 1.5, "b": True, "c": None}, {"d": -(2**63)}),
        ({'quo"te': "back\\slash\nand\tmore\u2028 \x7f <&> ä 😀"},),
    ],
)
def test_properties_are_answered_as_they_are_encoded(properties: tuple[dict[str, Any] | None, ...]) -> None:
    events = instances(*properties)
    assert encode_created(META, events, []) == as_documented(events, [])


@pytest.mark.parametrize("name", ['say "hi"', "back\\slash", "new\nline", "ä 😀", "</script>"])
def test_the_name_of_an_event_type_may_need_escapes(name: str) -> None:
    events = instances({"a": 1}, None, {}, names=(name, "viewed"))
    assert encode_created(META, events, FAILED) == as_documented(events, FAILED)


def test_the_answer_is_of_the_documented_type() -> None:
    answer = msgspec.json.decode(encode_created(META, instances({"a": 1}, {"b": 2}), FAILED), type=EventsCreated)
    assert [one.duplicate for one in answer.created_events] == [False, True]
    assert answer.failed_to_create == FAILED
